import type { ModelTable } from "./model-table.ts";
import type { ServedModel } from "./served-model.ts";
import { requestError } from "./statuses.ts";

/** What a request says of who is to answer. */
export interface Asked {
  readonly model: string | null;
  /** Who asks. */
  readonly key: string | null;
}

/** Which model answers a request. Must give the same model for the same key as long as nothing else changes. */
export type Choose = (asked: Asked, models: ModelTable) => ServedModel;

/** The model asked for by name, or the only one there is. */
export const chooseByName: Choose = ({ model }, models) => {
  if (model !== null) return models.find(model);
  const [only, ...more] = models.all;
  if (only === undefined) return models.find("");
  if (more.length > 0)
    throw requestError(
      "E_MODEL_NAME",
      `which model? There are ${models.all.map(({ name }) => name).join(", ")}`,
      "Name one: ?model=<name>",
    );
  return only;
};
