import { modelMetadata, type ModelMetadata } from "../../api/inference.ts";
import { HandfulError } from "../../base/errors.ts";
import type { Route } from "../route.ts";
import { modelIn } from "./_version.ts";

const datatypes = { float32: "FP32", int64: "INT64" } as const;

export const route: Route = {
  method: "GET",
  paths: ["/v2/models/:model", "/v2/models/:model/versions/:version"],
  scope: "classify",
  works: false,
  summary: "Open Inference Protocol: what a model takes and gives.",
  bodies: {},
  answers: { "application/json": modelMetadata },
  handle: ({ models }, { params }) => {
    const { name, info } = modelIn(models, params);
    if (info === null)
      throw new HandfulError("interrupted", "E_MODEL_NOT_READY", `the model "${name}" is being restarted`);
    const body: ModelMetadata = {
      name,
      versions: [info.version],
      platform: "onnx",
      inputs: [{ name: "pixels", datatype: "UINT8", shape: [-1, info.height, info.width, 3] }],
      outputs: info.outputs.map((output) => ({
        name: output.name,
        datatype: datatypes[output.dtype],
        shape: [-1, ...output.shape],
      })),
    };
    return Promise.resolve({ body });
  },
};
