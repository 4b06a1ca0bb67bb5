import { HandfulError } from "../../base/errors.ts";
import type { ModelTable } from "../model-table.ts";
import type { ServedModel } from "../served-model.ts";

/**
 * The model that an address of the Open Inference Protocol names, in the version it names, if any.
 *
 * @throws E_MODEL_UNKNOWN, E_MODEL_VERSION_UNKNOWN
 */
export const modelIn = (models: ModelTable, params: Readonly<Record<string, string>>): ServedModel => {
  const model = models.find(params.model!);
  const { version } = params;
  if (version !== undefined && model.info !== null && model.info.version !== version)
    throw new HandfulError(
      "missing",
      "E_MODEL_VERSION_UNKNOWN",
      `the model "${model.name}" is here in version ${model.info.version} only`,
    );
  return model;
};
