import { realpath } from "node:fs/promises";
import { isAbsolute, relative, resolve, sep } from "node:path";
import { HandfulError } from "../../base/errors.ts";
import { loadAnswer, loadRequest } from "../../api/models.ts";
import { readJson } from "../read-pictures.ts";
import type { Parts, Route } from "../route.ts";
import { requestError } from "../statuses.ts";

/** A file inside the folder of models, whatever its path and links say. */
const fileInside = async (folder: string | null, file: string): Promise<string> => {
  if (folder === null)
    throw requestError(
      "E_MODEL_FILE",
      "files are not loaded by path here",
      "Start the server with --models-folder <folder>.",
    );
  const outside = requestError("E_MODEL_FILE", "wanted a path inside the folder of models");
  if (isAbsolute(file) || file.includes("\0") || file.split(/[\\/]/).includes("..")) throw outside;
  const path = await realpath(resolve(folder, file)).catch(() => {
    throw new HandfulError("missing", "E_MODEL_MISSING", "no such file in the folder of models");
  });
  const inside = relative(await realpath(folder), path);
  if (inside === "" || inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside)) throw outside;
  return path;
};

const pathOf = async ({ models, modelsFolder }: Parts, name: string, file: string | undefined): Promise<string> =>
  file === undefined ? models.find(name).path : fileInside(modelsFolder, file);

export const route: Route = {
  method: "POST",
  paths: ["/v1/models/load"],
  scope: "admin",
  works: false,
  summary: "Load a model, or the newest version of one; when its file is unsound, the version before stays.",
  bodies: { "application/json": loadRequest },
  answers: { "application/json": loadAnswer },
  handle: async (parts, { body }) => {
    const { name, file } = readJson(body, loadRequest);
    const path = await pathOf(parts, name, file);
    try {
      const { version, labels } = await parts.models.load(name, path);
      return { body: { name, version, labels } };
    } catch (thrown) {
      // What is wrong with the file is the answer to the request, and no failure of the server.
      if (thrown instanceof HandfulError && thrown.kind === "damaged")
        throw new HandfulError("data", thrown.code, thrown.message.replaceAll(path, file ?? "the model's file"), {
          hint: "The version that was there before, if any, still answers.",
          cause: thrown,
        });
      throw thrown;
    }
  },
};
