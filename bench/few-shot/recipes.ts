import { unknownName } from "../../src/base/nearest-name.ts";
import type { Policy } from "../../src/data/policy.ts";
import { anil } from "../../src/methods/meta/anil.ts";
import { firstOrderMaml } from "../../src/methods/meta/first-order-maml.ts";
import { maml } from "../../src/methods/meta/maml.ts";
import { reptile } from "../../src/methods/meta/reptile.ts";
import { conv4, conv4Map } from "../../src/nn/networks/conv-4.ts";
import { resnet12, resnet12Map } from "../../src/nn/networks/resnet-12.ts";
import { prototypical } from "../../src/train/episodic/prototypical.ts";
import { relation } from "../../src/train/episodic/relation.ts";
import type { Learner } from "../../src/train/episodic/learner.ts";
import type { Network } from "../../src/train/from-scratch.ts";
import { adamw } from "../../src/train/optimisers/adamw.ts";
import type { Optimiser } from "../../src/train/optimisers/optimiser.ts";
import { sgd } from "../../src/train/optimisers/sgd.ts";

/** How a learner is trained. */
export interface Recipe {
  /** For the given number of shots: 1 or 5. */
  readonly learner: Learner;
  readonly ways: number;
  readonly queries: number;
  readonly tasks: number;
  readonly rate: number;
  readonly optimiser: Optimiser;
  readonly clipNorm: number | null;
}

export const setNames = ["cifar-fs", "omniglot"] as const;
export type SetName = (typeof setNames)[number];
export const learnerNames = [
  "classifier",
  "prototypical",
  "prototypical-unit",
  "relation",
  "maml",
  "first-order-maml",
  "anil",
  "reptile",
] as const;
export type LearnerName = (typeof learnerNames)[number];
export const networkNames = ["conv-4", "conv-4-32", "resnet-12", "resnet-12-narrow"] as const;
export type NetworkName = (typeof networkNames)[number];

/** A name of a list. @throws optionError with the nearest one */
export const oneOf = <T extends string>(kind: string, name: string | undefined, known: readonly T[]): T => {
  const found = known.find((each) => each === name);
  if (!found) throw unknownName(kind, name ?? "", known);
  return found;
};

/** Features, and maps that are large enough for a relation module. */
export const networks: Readonly<Record<NetworkName, { readonly features: Network; readonly maps: Network }>> = {
  "conv-4": { features: (s, x) => conv4(s, x), maps: (s, x) => conv4Map(s, x, { pools: 2 }) },
  "conv-4-32": {
    features: (s, x) => conv4(s, x, { width: 32 }),
    maps: (s, x) => conv4Map(s, x, { width: 32, pools: 2 }),
  },
  "resnet-12": { features: (s, x) => resnet12(s, x), maps: (s, x) => resnet12Map(s, x, { pools: 3 }) },
  "resnet-12-narrow": {
    features: (s, x) => resnet12(s, x, { widths: [32, 64, 128, 256] }),
    maps: (s, x) => resnet12Map(s, x, { widths: [32, 64, 128, 256], pools: 3 }),
  },
};

/** What pictures go through in training: none of it for characters, whose turns are classes already. */
export const policies: Readonly<Record<SetName, Policy>> = {
  "cifar-fs": {
    name: "crop, flip, light",
    steps: [
      { augmentation: "random-resized-crop", ranges: { area: [0.5, 1] } },
      { augmentation: "horizontal-flip", probability: 0.5 },
      { augmentation: "brightness", probability: 0.5 },
      { augmentation: "contrast", probability: 0.5 },
    ],
  },
  omniglot: { name: "none", steps: [] },
};

const adam = { optimiser: adamw({ weightDecay: 0.02 }), clipNorm: null } as const;

/** Inner steps and rate: those of Finn et al. 2017, appendix A.1, on colour pictures and on characters. */
const inner = (set: SetName): { steps: number; rate: number } =>
  set === "omniglot" ? { steps: 1, rate: 0.4 } : { steps: 5, rate: 0.01 };

const meta = { ways: 5, queries: 15, tasks: 2, rate: 1e-3, ...adam, clipNorm: 10 } as const;

/** How each learner is trained on a set. */
export const recipeOf = (name: LearnerName, set: SetName, network: NetworkName): Recipe => {
  const { features, maps } = networks[network];
  const options = { network: features, ...inner(set) };
  const many = set === "omniglot" ? { ways: 30, queries: 5 } : { ways: 20, queries: 5 };
  switch (name) {
    case "classifier":
    case "prototypical":
      return { learner: prototypical(features, { scale: 0.05 }), ...many, tasks: 1, rate: 1e-3, ...adam };
    case "prototypical-unit":
      return { learner: prototypical(features, { scale: 10, unit: true }), ...many, tasks: 1, rate: 1e-3, ...adam };
    case "relation":
      return { learner: relation(maps), ways: 10, queries: 5, tasks: 1, rate: 1e-3, ...adam };
    case "maml":
      return { learner: maml(options), ...meta };
    case "first-order-maml":
      return { learner: firstOrderMaml(options), ...meta };
    case "anil":
      return { learner: anil(options), ...meta };
    case "reptile":
      return {
        learner: reptile({ ...options, steps: 5 }),
        ...meta,
        queries: 1,
        rate: 0.5,
        optimiser: sgd({ momentum: 0, weightDecay: 0 }),
        clipNorm: null,
      };
  }
};
