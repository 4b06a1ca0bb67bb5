// The public surface of `handful`. Names are frozen in test/surface.json.

// Errors
export { HandfulError, type ErrorKind } from "./base/errors.ts";

// Photos
export { auditDataset, type Audit } from "./data/audit.ts";
export type { DataSet, Item } from "./data/dataset.ts";
export { writeDemoSet } from "./data/demo.ts";
export { preprocessImage } from "./data/preprocess.ts";
export { scanDataset } from "./data/scan.ts";
export type { Preprocess } from "./base/preprocess.ts";

// Training
export { openBackbone, type Backbone } from "./pipeline/backbone.ts";
export { resolveBackbone, type ResolvedBackbone } from "./pipeline/resolve-backbone.ts";
export { makeRunFolder } from "./pipeline/run-folder.ts";
export { train, type TrainOptions, type TrainResult } from "./pipeline/train.ts";
export type { Evidence } from "./evaluate/evidence.ts";

// The model
export { loadModel, type Model, type Prediction } from "./artifact/load.ts";
export { cacheDirectory, openModel } from "./pipeline/open-model.ts";
export { picturesOf, predictPictures, type Answer, type Picture } from "./pipeline/predict.ts";
export { scoreModel, type Score } from "./pipeline/score.ts";
