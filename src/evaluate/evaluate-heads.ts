import type { Matrix } from "../base/matrix.ts";
import { unknownName } from "../base/nearest-name.ts";
import type { Random } from "../base/random.ts";
import { openAlgebra, type Algebra } from "../methods/algebra.ts";
import { fewShotMethods } from "../methods/few-shot/index.ts";
import { hasManyScores } from "../methods/many-classes.ts";
import type { Method, Support } from "../methods/method.ts";
import { rotate } from "../methods/rotate.ts";
import { transductiveError } from "../methods/transductive.ts";
import { emitUnknown, everyRow, fitUnknown, scoreUnknown, type UnknownDetector } from "../methods/unknown.ts";
import { probabilitiesOf } from "./calibrate.ts";
import { crossScores, type Candidate, type HeldOutScores } from "./cross-validate.ts";
import type { Evidence } from "./evidence.ts";
import { gatherEvidence, type Findings } from "./gather-evidence.ts";
import { learningCurve } from "./learning-curve.ts";
import { roundWithMade, withMade, type Made } from "./made.ts";
import { nestedRound } from "./nested.ts";
import { planRounds, type Plan } from "./protocol.ts";
import { selectFinal } from "./select-final.ts";
import { evaluateUnknown } from "./unknown.ts";

export interface EvaluateHeadsOptions {
  /** Embeddings, [images, dim], finite. */
  readonly features: Matrix;
  /** Class index of every image; every class has at least one. */
  readonly labels: Int32Array;
  /** Group of every image: near-duplicates and declared groups, which never straddle a fold. */
  readonly groups: Int32Array;
  /** Rows made from the images, which help learning and are never asked. */
  readonly made?: Made | undefined;
  readonly classes: readonly string[];
  /** Identity of every image (a hash), so that folds do not depend on the order of images. */
  readonly keys?: readonly string[] | undefined;
  readonly random: Random;
  /** Names of methods that compete; all when absent. */
  readonly heads?: readonly string[] | undefined;
  /** Methods beside those of the shelf: learned together with the network. */
  readonly own?: readonly Method[] | undefined;
  /** How much an image of each class counts in learning, [classes]; all alike when absent. */
  readonly classWeights?: Float64Array;
  /** Threads of ONNX Runtime; one a core when absent. */
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
}

/** A head fitted on all images, with all that is known of it. */
export interface HeadResult {
  readonly evidence: Evidence;
  /** What the evidence was gathered from. */
  readonly findings: Findings;
  /** The heads that competed, from simple to flexible. */
  readonly candidates: readonly Candidate[];
  /** The images, then the rows made from them, of which `source` tells the image. */
  readonly learned: Support;
  readonly source: Int32Array;
  readonly method: Method;
  /** Plain data. */
  readonly state: unknown;
  readonly temperature: number;
  readonly unknown: UnknownDetector;
  /** Scores [n, classes] from the embedding [n, dim], as ONNX operators. */
  graph(...at: EmitArguments): ReturnType<Method["graph"]>;
  /** Unknown score [n] from the embedding [n, dim], as ONNX operators. */
  unknownGraph(...at: EmitArguments): ReturnType<Method["graph"]>;
  /** Answers for features of new images. */
  predict(features: Matrix): Promise<{ readonly probabilities: Matrix; readonly unknownScores: Float32Array }>;
}

/** Up to as many images one thread is fastest: products are so small that others would only wait for them. */
const ONE_THREAD_IMAGES = 512;

type EmitArguments = [Parameters<Method["graph"]>[0], Parameters<Method["graph"]>[2]];

/**
 * The candidates that compete, from simple to flexible; of very many images and classes those of one pass. A method
 * without candidates competes where it is asked for by name, with its defaults; a transductive one never.
 *
 * @throws E_OPTION for an unknown name; E_TRANSDUCTIVE
 */
const candidatesOf = ({ heads, own = [] }: Pick<EvaluateHeadsOptions, "heads" | "own">, many: boolean): Candidate[] => {
  const methods = [...fewShotMethods, ...own];
  const names = methods.map((method) => method.name);
  const wrong = heads?.find((name) => !names.includes(name));
  if (wrong !== undefined) throw unknownName("head", wrong, names);
  const together = methods.find(({ name, transductive }) => transductive && heads?.includes(name));
  if (together) throw transductiveError(together.name);
  return methods
    .filter(({ name, onePass, transductive }) => (heads ? heads.includes(name) : !transductive && (onePass || !many)))
    .sort((a, b) => a.complexity - b.complexity)
    .flatMap((method) => {
      const tried = heads && method.candidates.length === 0 ? [method.defaults] : method.candidates;
      return tried.map((options) => ({ method, options }));
    });
};

interface Crossed {
  readonly candidates: readonly Candidate[];
  /** [rounds][candidates] */
  readonly scores: readonly (readonly HeldOutScores[])[];
}

const cross = async (
  plan: Plan,
  candidates: readonly Candidate[],
  supportFor: (method: Method) => Support,
  tick: () => void,
  algebra: Algebra,
): Promise<Crossed> => {
  const scores: HeldOutScores[][] = [];
  for (const round of plan.rounds) {
    const own: HeldOutScores[] = [];
    for (const candidate of candidates) {
      const support = supportFor(candidate.method);
      own.push(await crossScores(candidate, { support, round, pairs: plan.canSelect }, algebra));
      tick();
    }
    scores.push(own);
  }
  return { candidates, scores };
};

/** What a fitted head does. */
export const answering = (
  { method, state, temperature, unknown }: Pick<HeadResult, "method" | "state" | "temperature" | "unknown">,
  threads: number | undefined,
): Pick<HeadResult, "graph" | "unknownGraph" | "predict"> => ({
  graph: (g, embedding) => method.graph(g, state, embedding),
  unknownGraph: (g, embedding) => emitUnknown(g, unknown, embedding),
  predict: async (features) => {
    const own = openAlgebra(threads);
    try {
      const scores = await method.predict(state, features, own);
      return {
        probabilities: probabilitiesOf(scores, temperature),
        unknownScores: await scoreUnknown(unknown, features, own),
      };
    } finally {
      await own.close();
    }
  },
});

const resultOf = async (
  known: Pick<HeadResult, "evidence" | "findings" | "candidates" | "learned" | "source">,
  { photos, threads }: { readonly photos: Support; readonly threads: number | undefined },
  algebra: Algebra,
): Promise<HeadResult> => {
  const { chosen, temperature } = known.findings.final;
  const { method, options } = known.candidates[chosen]!;
  const state = await method.fit(known.learned, options, algebra);
  const unknown = (await fitUnknown(photos, [everyRow(photos)], algebra))[0]!;
  const head = { method, state, temperature, unknown };
  return { ...known, ...head, ...answering(head, threads) };
};

/** Images, folds and labels as those who judge see them: of the asked images alone, where the plan names a sample. */
const askedOf = (
  plan: Plan,
  { labels, groups }: Pick<EvaluateHeadsOptions, "labels" | "groups">,
): Pick<Findings, "labels" | "groups" | "plan" | "sample"> => {
  const rows = plan.rounds[0]?.asked;
  if (!rows) return { labels, groups, plan };
  const pick = (values: Int32Array): Int32Array => Int32Array.from(rows, (row) => values[row]!);
  const rounds = plan.rounds.map(({ folds, count }) => ({ folds: pick(folds), count }));
  return {
    labels: pick(labels),
    groups: pick(groups),
    plan: { ...plan, rounds },
    sample: { labels, groups, rows },
  };
};

/** The same in as few columns as there are rows. */
const rotated = async (support: Support, algebra: Algebra): Promise<Support> => ({
  ...support,
  features: (await rotate(support.features, algebra)).features,
  ambientDim: support.features.columns,
});

const evaluate = async (options: EvaluateHeadsOptions, algebra: Algebra): Promise<HeadResult> => {
  const { features, labels, groups, classes, random, threads, onProgress, classWeights } = options;
  const ways = classes.length;
  const source = options.made?.source ?? new Int32Array(0);
  const photos: Support = { features, labels, ways, ...(classWeights && { classWeights }) };
  const learned = withMade(photos, options.made);
  const few = await rotated(photos, algebra);
  const fewLearned = learned === photos ? few : await rotated(learned, algebra);
  const supportFor = ({ seesAxes }: Method): Support => (seesAxes ? learned : fewLearned);
  const plan = planRounds({ labels, groups, ways, keys: options.keys }, random.fork("folds"));
  const wanted = candidatesOf(options, hasManyScores(labels.length, ways));
  const candidates = plan.canSelect ? wanted : wanted.slice(0, 1);
  const total = plan.rounds.length * candidates.length + 2;
  let done = 0;
  const tick = (): void => onProgress?.(++done, total);
  const rounds = plan.rounds.map((round) => roundWithMade(round, source));
  const { scores } = await cross({ ...plan, rounds }, candidates, supportFor, tick, algebra);
  const asked = askedOf(plan, options);
  const nested = asked.plan.rounds.map((round, r) => nestedRound({ ...asked, round, scores: scores[r]! }));
  const final = selectFinal({ ...asked, candidates, scores });
  const candidate = candidates[final.chosen]!;
  const unknown = plan.kind === "none" || ways < 2 ? null : await evaluateUnknown(few, plan.rounds[0]!, algebra);
  tick();
  const findings: Findings = { ...asked, classes, nested, final, unknown };
  const evidence = await gatherEvidence(findings, (estimate) =>
    learningCurve(
      {
        support: supportFor(candidate.method),
        source,
        groups,
        candidate,
        estimate,
        random: random.fork("learning curve"),
      },
      algebra,
    ),
  );
  tick();
  return resultOf({ evidence, findings, candidates, learned, source }, { photos, threads }, algebra);
};

/**
 * From labelled features to a head with evidence of how far it can be trusted.
 *
 * Nested, repeated, stratified group cross-validation over all candidate heads; the accuracy is that of the whole
 * selecting procedure. Then the head is chosen on all images and fitted on all of them. Of very many images of very
 * many classes (`hasManyScores`) a random sample is asked, and the simplest heads compete. Folds are planned on the
 * images alone: with and without `made` every image is asked in the same fold, and what is said of strangers is the same.
 * @throws E_FEATURE_NAN naming the row; E_CLASS_EMPTY; E_OPTION for an unknown head; E_TRANSDUCTIVE for one that answers
 *   its queries together
 */
export const evaluateHeads = async (options: EvaluateHeadsOptions): Promise<HeadResult> => {
  const rows = options.features.rows + (options.made?.features.rows ?? 0);
  const algebra = openAlgebra(rows <= ONE_THREAD_IMAGES ? 1 : options.threads);
  try {
    return await evaluate(options, algebra);
  } finally {
    await algebra.close();
  }
};
