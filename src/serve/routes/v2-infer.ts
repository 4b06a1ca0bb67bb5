import { inferAnswer, inferRequest, type InferAnswer } from "../../api/inference.ts";
import { HandfulError } from "../../base/errors.ts";
import { nearestName } from "../../base/nearest-name.ts";
import { askPictures } from "../ask-pictures.ts";
import type { Route } from "../route.ts";
import { requestError } from "../statuses.ts";
import type { OutputInfo } from "../wire.ts";
import { modelIn } from "./_version.ts";

const datatypes = { float32: "FP32", int64: "INT64" } as const;

const chosen = (outputs: readonly OutputInfo[], names: readonly string[] | null): readonly OutputInfo[] =>
  names === null
    ? outputs
    : names.map((name) => {
        const found = outputs.find((output) => output.name === name);
        if (found) return found;
        const known = outputs.map((output) => output.name);
        const near = nearestName(name, known);
        throw requestError(
          "E_TENSOR",
          `no output ${JSON.stringify(name.slice(0, 64))}; known: ${known.join(", ")}`,
          near === undefined ? undefined : `Did you mean "${near}"?`,
        );
      });

const HEADER = "inference-header-content-length";

export const route: Route = {
  method: "POST",
  paths: ["/v2/models/:model/infer", "/v2/models/:model/versions/:version/infer"],
  scope: "classify",
  works: true,
  summary: "Open Inference Protocol: run a model on pixels that are ready.",
  bodies: {
    "application/json": inferRequest,
    "application/octet-stream": "JSON and behind it the pixels as bytes; Inference-Header-Content-Length says where.",
  },
  answers: { "application/json": inferAnswer },
  handle: async ({ models, json, settings, metrics }, ask) => {
    const model = modelIn(models, ask.params);
    const { info } = model;
    if (info === null)
      throw new HandfulError("interrupted", "E_MODEL_NOT_READY", `the model "${model.name}" is being restarted`);
    const length = ask.header(HEADER);
    const jsonLength = length === undefined ? null : Number(length);
    const { height, width } = info;
    const { maxPictures } = settings;
    const asked = await json.infer({ body: ask.body, jsonLength, height, width, maxPictures });
    const outputs = chosen(info.outputs, asked.outputs);
    const names = outputs.map(({ name }) => name);
    const questions = asked.pictures.map((picture) => ({ picture, ready: true, outputs: names }));
    const answers = await askPictures(model, questions, { remainingMs: ask.remainingMs(), signal: ask.signal });
    const rows = answers.map((answer) => {
      const outcome = (a: typeof answer): string =>
        a instanceof HandfulError ? a.code : a.prediction.label === null ? "unknown" : "known";
      metrics.picture(model.name, outcome(answer));
      if (answer instanceof HandfulError) throw answer;
      return answer;
    });
    const body: InferAnswer = {
      model_name: model.name,
      model_version: rows[0]!.version,
      ...(asked.id !== null && { id: asked.id }),
      outputs: outputs.map(({ name, dtype, shape }) => ({
        name,
        shape: [rows.length, ...shape],
        datatype: datatypes[dtype],
        data: rows.flatMap((row) => [...row.outputs[name]!]),
      })),
    };
    return { body };
  },
};
