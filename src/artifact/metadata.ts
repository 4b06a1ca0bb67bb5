import { z } from "zod";
import { artifactError } from "../base/errors.ts";

/** Version of the layout of the file's metadata; raised when an older reader could not understand it. */
export const FORMAT = 1;

const colour = z.tuple([z.number(), z.number(), z.number()]);
const preprocess = z.object({
  height: z.int().positive(),
  width: z.int().positive(),
  fit: z.enum(["crop", "squash", "pad"]),
  resizeTo: z.int().positive(),
  background: colour,
  mean: colour,
  std: colour,
  channels: z.enum(["RGB", "BGR"]),
  window: z.object({ low: z.number(), high: z.number() }).optional(),
  depth: z.int().positive().optional(),
  spacing: z.number().positive().optional(),
});

const interval = z.tuple([z.number(), z.number()]);

/** What one picture of the test vectors must give; the picture itself is drawn from `seed`. */
const testVector = z.object({
  seed: z.int(),
  probabilities: z.array(z.number()),
  unknownScore: z.number(),
  /** The first entries of the embedding. */
  embedding: z.array(z.number()),
});

const metadata = z.object({
  labels: z.array(z.string()).min(2),
  preprocess,
  thresholds: z.object({
    /** Pictures with a higher `unknown_score` are answered "unknown"; null where it could not be set. */
    unknown: z.number().nullable(),
    /** The prediction set is every class with at least this probability, and always the likeliest; null: not set. */
    setProbability: z.number().nullable(),
    /** Wanted share of prediction sets that hold the truth. */
    setLevel: z.number(),
  }),
  backbone: z.object({
    name: z.string(),
    sha256: z.string(),
    source: z.string(),
    licence: z.string().nullable(),
    features: z.string(),
  }),
  head: z.object({
    name: z.string(),
    options: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
    temperature: z.number().positive(),
    /** Whether classes of unlike size counted alike in learning it. */
    classWeights: z.enum(["balanced", "none"]).optional(),
    /** The class of each column of its scores, -1: none any more; absent: column i is class i. */
    columns: z.array(z.int()).optional(),
  }),
  /** What the unknown score measures. */
  detector: z.object({ distance: z.enum(["indicator", "cosine"]) }).optional(),
  /** The headline of the evidence; null accuracy: it could not be estimated. */
  evidence: z.object({
    accuracy: z.number().nullable(),
    interval: interval.nullable(),
    balancedAccuracy: z.number().nullable(),
    method: z.string(),
    images: z.int(),
    falseAcceptRate: z.number().nullable(),
    falseRejectRate: z.number().nullable(),
  }),
  dataset: z.object({ version: z.string(), counts: z.array(z.int()) }),
  /** Training pictures behind rows of `neighbour_index`, in order. */
  training: z.object({
    names: z.array(z.string()),
    labels: z.array(z.int()),
    /** Lengths of their embeddings, which the file holds scaled to length 1. */
    lengths: z.array(z.number().positive()).optional(),
    /** Group of each: near-duplicates and declared groups, which are never told apart in a measurement. */
    groups: z.array(z.int()).optional(),
    /** Rows the head learned from: pictures that are not kept, varied or made ones too. */
    learned: z.int().optional(),
  }),
  /** What was done to its classes since it was trained, in words, oldest first. */
  changes: z.array(z.string()).optional(),
  /** What storing it in fewer bits did to it; absent: its weights are as they were trained. */
  quantisation: z
    .object({
      weights: z.enum(["int8", "float16"]),
      /** How ranges of values were found, and whether layers were equalised first; null for float16. */
      calibration: z.enum(["min-max", "percentile", "entropy"]).nullable(),
      equalised: z.boolean(),
      layers: z.int(),
      floatLayers: z.array(z.string()),
      /** Measured on as many photos; `change` is the paired 95 % interval of the accuracy after less that before. */
      photos: z.int(),
      accuracyBefore: z.number(),
      accuracyAfter: z.number(),
      change: interval,
    })
    .optional(),
  vectors: z.array(testVector),
  producer: z.string(),
});

export type ArtifactMetadata = z.infer<typeof metadata>;

const PREFIX = "handful.";

/** Metadata as the string pairs of `metadata_props`: one JSON text a field, keys `handful.<field>`. */
export const metadataToProps = (data: ArtifactMetadata): Record<string, string> => ({
  [`${PREFIX}format`]: String(FORMAT),
  ...Object.fromEntries(Object.entries(data).map(([key, value]) => [PREFIX + key, JSON.stringify(value)])),
});

/**
 * Reads and checks the metadata of a model file.
 *
 * @throws artifactError E_ARTIFACT_* : no Handful model, a newer format, a field that is missing or wrong, by name
 */
export const metadataFromProps = (props: Readonly<Record<string, string>>): ArtifactMetadata => {
  const format = props[`${PREFIX}format`];
  if (format === undefined)
    throw artifactError("E_ARTIFACT_FOREIGN", "the file is an ONNX model, but not one that Handful wrote", {
      hint: "To train on it as a backbone: handful train <photos> --backbone <file>.",
    });
  if (Number(format) !== FORMAT)
    throw artifactError("E_ARTIFACT_FORMAT", `the model has format ${format}; this version reads format ${FORMAT}`, {
      hint: "Use the version of Handful that wrote it, or a newer one.",
    });
  const fields = Object.keys(metadata.shape).flatMap((key) => {
    const text = props[PREFIX + key];
    if (text === undefined) return [];
    try {
      return [[key, JSON.parse(text) as unknown] as const];
    } catch (cause) {
      throw artifactError("E_ARTIFACT_METADATA", `metadata "${PREFIX}${key}" is not JSON`, { cause });
    }
  });
  const checked = metadata.safeParse(Object.fromEntries(fields));
  if (!checked.success) {
    const issue = checked.error.issues[0]!;
    throw artifactError("E_ARTIFACT_METADATA", `metadata "${PREFIX}${issue.path.join(".")}": ${issue.message}`, {
      hint: "The file was changed or damaged; train it again or take the original.",
    });
  }
  checkConsistency(checked.data);
  return checked.data;
};

/** Whether a class name can stand in a model: markup is refused, since other programs may show it as such. */
export const isPlainLabel = (label: string): boolean => !/<[a-z/!][^>]*>/i.test(label);

const checkConsistency = ({ labels, head, dataset, training, vectors }: ArtifactMetadata): void => {
  const lie = (message: string) =>
    artifactError("E_ARTIFACT_METADATA", message, {
      hint: "The file was changed or damaged; train it again or take the original.",
    });
  const markup = labels.find((label) => !isPlainLabel(label));
  if (markup !== undefined) throw lie(`the class name ${JSON.stringify(markup)} holds markup`);
  if (new Set(labels).size !== labels.length) throw lie('metadata "handful.labels" names a class twice');
  if (dataset.counts.length !== labels.length)
    throw lie(
      `metadata "handful.dataset" counts ${dataset.counts.length} classes, "handful.labels" names ${labels.length}`,
    );
  if (training.names.length !== training.labels.length)
    throw lie(`metadata "handful.training" has ${training.names.length} names and ${training.labels.length} labels`);
  for (const list of [training.lengths, training.groups])
    if (list && list.length !== training.names.length)
      throw lie(`metadata "handful.training" has ${training.names.length} names and a list of ${list.length}`);
  if (head.columns?.some((column) => column < -1 || column >= labels.length))
    throw lie('metadata "handful.head" has a column that is no class');
  if (training.labels.some((label) => label < 0 || label >= labels.length))
    throw lie('metadata "handful.training" holds a label that is no class');
  const wrong = vectors.find((v) => v.probabilities.length !== labels.length);
  if (wrong)
    throw lie(`test vector ${wrong.seed} has ${wrong.probabilities.length} probabilities for ${labels.length} classes`);
  if (vectors.length === 0) throw lie("the model has no test vectors");
};
