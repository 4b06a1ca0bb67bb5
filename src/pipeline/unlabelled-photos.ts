import { optionError } from "../base/errors.ts";
import { stackRows, takeRows, type Matrix } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import type { DataSet } from "../data/dataset.ts";
import { nearDuplicatesByEmbedding } from "../data/duplicates.ts";
import type { HeadResult } from "../evaluate/evaluate-heads.ts";
import type { UnlabelledEvidence } from "../evaluate/evidence.ts";
import type { PseudoLabels } from "../methods/semi-supervised-method.ts";
import { learnFromPool } from "../evaluate/learn-from-pool.ts";
import type { Embedded } from "./embed.ts";
import type { Lesson } from "./lesson.ts";
import { reviewedLabels, type Reviewed } from "./reviewed-labels.ts";
import { examples, plural, SAME_SCENE } from "./select-photos.ts";
import { isConsistency, semiMethods, teachingOf, type GivenOptions, type Teaching } from "./semi-methods.ts";

export interface UnlabelledOptions {
  /** Folder; labels, if any, are not looked at. */
  readonly folder: string;
  /** Name of a method, or "auto": those that compete. */
  readonly semi: string;
  /** Changes to the method's options. */
  readonly semiOptions?: GivenOptions;
  /** List of labels that a person has looked through, in the place of a method: photos not in it are left out. */
  readonly reviewed?: string;
}

/** An unlabelled photo that was given a label. */
export interface PseudoLabelled {
  readonly name: string;
  readonly sha256: string;
  /** In the data set of the pool. */
  readonly item: number;
  readonly label: string;
  /** From 1. */
  readonly round: number;
  /** In [0, 1]. */
  readonly confidence: number;
}

/** What became of the unlabelled photos. */
export interface UnlabelledFacts {
  /** Photos of the folder that can be read and are not photos already known. */
  readonly photos: number;
  /** Photos of the folder that were not looked at. */
  readonly leftOut: number;
  /** Photos too strange to belong to a class. */
  readonly keptOut: number;
  /** Name of the method, or "none". */
  readonly used: string;
  readonly labelled: number;
  /** For people. */
  readonly text: string;
}

/** Unlabelled photos that may teach something. */
export interface UnlabelledPool {
  readonly dataset: DataSet;
  /** Items of the data set; row i everywhere is `items[i]`. */
  readonly items: readonly number[];
  /** sha256 of every photo: its identity. */
  readonly keys: readonly string[];
  readonly names: readonly string[];
  readonly features: Matrix;
  /** Labels that a person gave to its photos; null: none did. */
  readonly reviewed: PseudoLabels | null;
  readonly leftOut: number;
  /** What was left out and why, each a sentence. */
  readonly notes: readonly string[];
}

/**
 * Refuses what does not go together with unlabelled photos, before any is read.
 *
 * @throws E_OPTION
 */
export const checkUnlabelled = (options: {
  readonly unlabelled?: UnlabelledOptions;
  readonly target?: string;
  readonly augment?: { readonly choose: boolean };
  readonly head: string;
  readonly fineTune?: unknown;
}): void => {
  const { unlabelled, target, augment, head, fineTune } = options;
  if (!unlabelled) return;
  const { semi, semiOptions } = unlabelled;
  semiMethods(semi, semiOptions);
  teachingOf(semi, "none", semiOptions);
  if (isConsistency(semi) && fineTune === undefined)
    throw optionError(`${semi} is a way in which the network learns, and it is not tuned`, {
      hint: "Add --fine-tune, or take a method for heads, such as --semi auto.",
    });
  if (target !== undefined)
    throw optionError("unlabelled photos can be learned from or aligned with, not both", {
      hint: "Leave one of the two out.",
    });
  if (augment?.choose)
    throw optionError("unlabelled photos go with one augmentation, not with the choice among several", {
      hint: "Give --augment a policy by name, or leave it out.",
    });
  if (unlabelled.semi === "voting" && head !== "auto")
    throw optionError(`voting needs several heads, got ${head} alone`, { hint: "Leave --head out." });
};

/** Left out: photos known already, by their bytes or as the same scene; copies; what cannot be read. */
export const unlabelledPool = (
  dataset: DataSet,
  embedded: Embedded,
  { selected, embedded: own }: Pick<Lesson, "selected" | "embedded">,
): UnlabelledPool => {
  const known = new Set(own.audit.facts.flatMap((facts) => (facts ? [facts.sha256] : [])));
  const hashOf = (item: number): string => embedded.audit.facts[item]!.sha256;
  const seen = new Set<string>();
  const [old, copies, rows]: [string[], string[], number[]] = [[], [], []];
  embedded.indices.forEach((item, row) => {
    const [hash, { name }] = [hashOf(item), dataset.items[item]!];
    if (known.has(hash)) old.push(name);
    else if (seen.has(hash)) copies.push(name);
    else rows.push(row);
    seen.add(hash);
  });
  const { training, heldOut } = selected;
  const photos = stackRows([training.features, ...(heldOut ? [heldOut.features] : [])]);
  const pairs = nearDuplicatesByEmbedding(stackRows([photos, takeRows(embedded.features, rows)]), SAME_SCENE);
  const near = new Set(pairs.flatMap(({ a, b }) => (a < photos.rows && b >= photos.rows ? [b - photos.rows] : [])));
  const kept = rows.filter((_, i) => !near.has(i));
  const nameOf = (row: number): string => dataset.items[embedded.indices[row]!]!.name;
  const reasons: [string, readonly string[]][] = [
    ["they are among the labelled ones", old],
    ["a labelled one shows the same scene", rows.filter((_, i) => near.has(i)).map(nameOf)],
    ["they are copies of others", copies],
    ["they cannot be read", [...dataset.skipped, ...embedded.audit.unreadable].map(({ name }) => name)],
  ];
  const told = reasons.filter(([, names]) => names.length > 0);
  const items = kept.map((row) => embedded.indices[row]!);
  return {
    dataset,
    items,
    keys: items.map(hashOf),
    names: kept.map(nameOf),
    features: takeRows(embedded.features, kept),
    reviewed: null,
    leftOut: told.reduce((sum, [, names]) => sum + names.length, 0),
    notes: told.map(([why, names]) => `unlabelled photos left out, ${why}: ${names.length} (${examples(names)})`),
  };
};

/** The photos of a pool whose labels a person has looked through: the others are left out. */
export const reviewedPool = (
  pool: UnlabelledPool,
  list: readonly Reviewed[],
  { classes }: Pick<Lesson, "classes">,
): UnlabelledPool => {
  const { labels, strays } = reviewedLabels(list, pool, classes);
  const rows = [...labels.rows];
  const gone = pool.names.filter((_, row) => !rows.includes(row));
  const told: [string, readonly string[]][] = [
    ["unlabelled photos left out, they are not in the list of labels", gone],
    ["labels left out, no unlabelled photo they are for", strays.map(({ photo, sha256 }) => photo || sha256)],
  ];
  return {
    ...pool,
    items: rows.map((row) => pool.items[row]!),
    keys: rows.map((row) => pool.keys[row]!),
    names: rows.map((row) => pool.names[row]!),
    features: takeRows(pool.features, rows),
    reviewed: { ...labels, rows: Int32Array.from(rows.keys()) },
    leftOut: pool.leftOut + gone.length,
    notes: [
      ...pool.notes,
      ...told.flatMap(([why, names]) => (names.length > 0 ? [`${why}: ${names.length} (${examples(names)})`] : [])),
    ],
  };
};

export interface LearnUnlabelledOptions extends Pick<UnlabelledOptions, "semi" | "semiOptions"> {
  readonly seed: number;
  readonly threads?: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** Unlabelled photos, and how the network is to learn from them. */
export interface TuningLesson {
  readonly pool: UnlabelledPool;
  readonly teaching: Teaching;
}

export interface LearnedUnlabelled {
  readonly head: HeadResult;
  readonly facts: UnlabelledFacts;
  readonly labels: readonly PseudoLabelled[];
  /** null: the network is to learn from the labelled photos alone. */
  readonly forTuning: TuningLesson | null;
}

/** What labels that a person has looked through are called in the place of a method. */
const REVIEWED = "reviewed labels";

/** The head as it is: there was nothing that could be proven to help. */
const asItIs = (head: HeadResult, { leftOut, names }: UnlabelledPool, text: string): LearnedUnlabelled => ({
  head,
  facts: { photos: names.length, leftOut, keptOut: 0, used: "none", labelled: 0, text },
  labels: [],
  forTuning: null,
});

/** Learns from unlabelled photos too where that proves a gain on the labelled ones. */
export const learnUnlabelled = async (
  head: HeadResult,
  pool: UnlabelledPool,
  { classes }: Pick<Lesson, "classes">,
  { semi, semiOptions, seed, threads, onProgress, signal }: LearnUnlabelledOptions,
): Promise<LearnedUnlabelled> => {
  const { names, features, leftOut } = pool;
  const reviewed = pool.reviewed && { method: { name: REVIEWED }, labels: pool.reviewed };
  const forTuning = (used: string): TuningLesson | null => {
    if (used === REVIEWED) return { pool, teaching: { name: used, consistency: null, labelling: reviewed } };
    const teaching = teachingOf(semi, used, semiOptions);
    return teaching && { pool, teaching };
  };
  if (names.length === 0) return asItIs(head, pool, "nothing is learned from the unlabelled photos: none is left.");
  if (isConsistency(semi) && !reviewed) {
    const told = asItIs(head, pool, `${semi} learns with the network, not with the head.`);
    return { ...told, forTuning: forTuning("none") };
  }
  const learned = await learnFromPool({
    plain: head,
    pool: features,
    methods: reviewed ? [reviewed] : semiMethods(semi, semiOptions),
    random: createRandom(seed).fork("unlabelled"),
    ...(threads !== undefined && { threads }),
    onProgress: (done, total) => {
      signal?.throwIfAborted();
      onProgress?.(done, total);
    },
  });
  if (!learned)
    return asItIs(
      head,
      pool,
      "nothing is learned from the unlabelled photos: on these labelled ones no gain can be proven.",
    );
  const { result, used, labels, familiar, collapses } = learned;
  const keptOut = reviewed ? 0 : names.length - familiar.rows.length;
  const said = [
    result.evidence.unlabelled!.text,
    ...(labels.rows.length > 0
      ? [`${plural(labels.rows.length, "photo")} of ${names.length} were given a label.`]
      : []),
    ...(keptOut > 0 ? [`${keptOut} of ${names.length} look like none of the classes and were kept out.`] : []),
    ...collapses.map(
      ({ name, collapse: { label, before, after } }) =>
        `${name} was refused: by its labels the balance of classes would collapse, ${classes[label]!} going from ${(100 * before).toFixed(0)} to ${(100 * after).toFixed(0)} % of the photos.`,
    ),
  ];
  const given = [...labels.rows].map((row, i) => ({
    name: names[row]!,
    sha256: pool.keys[row]!,
    item: pool.items[row]!,
    label: classes[labels.labels[i]!]!,
    round: labels.rounds[i]!,
    confidence: labels.confidences[i]!,
  }));
  const facts = { photos: names.length, leftOut, keptOut, used, labelled: given.length, text: said.join(" ") };
  return { head: result, facts, labels: given, forTuning: forTuning(used) };
};

/** The same facts, with what tuning the network has shown. */
export const withNetworks = (
  facts: UnlabelledFacts | null,
  { networks, won }: { readonly networks: UnlabelledEvidence | null; readonly won: boolean },
): UnlabelledFacts | null =>
  facts && networks
    ? { ...facts, ...(won && { used: networks.used }), text: `${facts.text} In tuning: ${networks.text}` }
    : facts;
