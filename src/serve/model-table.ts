import { HandfulError } from "../base/errors.ts";
import { nearestName } from "../base/nearest-name.ts";
import { requestError } from "./statuses.ts";
import type { ServedModel } from "./served-model.ts";
import type { ModelInfo } from "./wire.ts";

export interface ModelTable {
  /** By name, in the order they came. */
  readonly all: readonly ServedModel[];
  /** @throws E_MODEL_UNKNOWN */
  find(name: string): ServedModel;
  /** Opens a model under a name, or replaces the one there; a file that fails changes nothing. */
  load(name: string, path: string): Promise<ModelInfo>;
  /** Takes a model out; what it was asked is still answered. @throws E_MODEL_UNKNOWN */
  unload(name: string): Promise<void>;
  close(): Promise<void>;
}

/** Names that can stand in an address. */
export const isModelName = (name: string): boolean => /^[A-Za-z0-9_][A-Za-z0-9._-]{0,63}$/.test(name);

const unknown = (name: string, known: readonly string[]): HandfulError => {
  const near = nearestName(name, known);
  const shown = JSON.stringify(name.slice(0, 64));
  return new HandfulError(
    "missing",
    "E_MODEL_UNKNOWN",
    `no model ${shown} here; known: ${known.join(", ") || "none"}`,
    {
      hint: near === undefined ? "Ask GET /v1/models." : `Did you mean "${near}"?`,
    },
  );
};

/** The models of a server. */
export const createModelTable = (open: (name: string, path: string) => Promise<ServedModel>): ModelTable => {
  const models = new Map<string, ServedModel>();
  /** Names that are being loaded: a second load of one would race the first. */
  const loading = new Set<string>();
  let closed = false;
  const find = (name: string): ServedModel => {
    const model = models.get(name);
    if (model === undefined) throw unknown(name, [...models.keys()]);
    return model;
  };
  const loadNow = async (name: string, path: string): Promise<ModelInfo> => {
    const there = models.get(name);
    if (there) return there.replace(path);
    const model = await open(name, path);
    if (closed) await model.close();
    else models.set(name, model);
    return model.info!;
  };
  return {
    get all() {
      return [...models.values()];
    },
    find,
    load: async (name, path) => {
      if (!isModelName(name))
        throw requestError(
          "E_MODEL_NAME",
          `wanted a model name of letters, digits, ".", "_" and "-", got ${JSON.stringify(name.slice(0, 64))}`,
        );
      if (loading.has(name))
        throw requestError("E_MODEL_LOADING", `the model "${name}" is being loaded already`, "Wait until it is done.");
      loading.add(name);
      try {
        return await loadNow(name, path);
      } finally {
        loading.delete(name);
      }
    },
    unload: async (name) => {
      const model = find(name);
      models.delete(name);
      await model.close();
    },
    close: async () => {
      closed = true;
      await Promise.all([...models.values()].map((model) => model.close()));
      models.clear();
    },
  };
};
