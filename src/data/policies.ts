import type { Policy, Step } from "./policy.ts";

/** What a camera may do: turn, come nearer, look beside, and meet other light. */
const basic: readonly Step[] = [
  { augmentation: "horizontal-flip", probability: 0.5 },
  { augmentation: "rotation", probability: 0.5 },
  { augmentation: "scaling", probability: 0.5 },
  { augmentation: "translation", probability: 0.5 },
  { augmentation: "brightness", probability: 0.5 },
  { augmentation: "contrast", probability: 0.5 },
  { augmentation: "saturation", probability: 0.5 },
];

/** What RandAugment and TrivialAugment choose from. */
const all: readonly Step[] = [
  "rotation",
  "scaling",
  "translation",
  "shear",
  "perspective",
  "horizontal-flip",
  "brightness",
  "contrast",
  "saturation",
  "hue",
  "gamma",
  "blur",
  "jpeg-artefacts",
  "gaussian-noise",
  "cut-out",
].map((augmentation) => ({ augmentation }));

/** Pictures as they are. */
export const noPolicy: Policy = { name: "none", steps: [] };

/**
 * Policies by name, from nothing to strong.
 *
 * @see Cubuk et al. 2020, RandAugment. https://arxiv.org/abs/1909.13719
 * @see Müller & Hutter 2021, TrivialAugment. https://arxiv.org/abs/2103.10158
 */
export const policies: readonly Policy[] = [
  noPolicy,
  { name: "basic", steps: basic },
  {
    name: "strong",
    steps: [
      { augmentation: "random-resized-crop" },
      { augmentation: "horizontal-flip", probability: 0.5 },
      { augmentation: "rotation", probability: 0.5 },
      { augmentation: "shear", probability: 0.3 },
      { augmentation: "perspective", probability: 0.3 },
      { augmentation: "brightness", probability: 0.8, ranges: { factor: [0.6, 1.4] } },
      { augmentation: "contrast", probability: 0.8, ranges: { factor: [0.6, 1.4] } },
      { augmentation: "saturation", probability: 0.8, ranges: { factor: [0.6, 1.4] } },
      { augmentation: "hue", probability: 0.3 },
      { augmentation: "greyscale", probability: 0.1 },
      { augmentation: "blur", probability: 0.2 },
      { augmentation: "gaussian-noise", probability: 0.2 },
      { augmentation: "random-erasing", probability: 0.25 },
    ],
  },
  { name: "randaugment", steps: all, choose: { count: 2, magnitude: 0.3 } },
  { name: "trivialaugment", steps: all, choose: { count: 1, magnitude: "random" } },
  { name: "mixup", steps: basic, mixes: [{ mix: "mixup" }] },
  { name: "cutmix", steps: basic, mixes: [{ mix: "cutmix" }] },
  { name: "mixup-cutmix", steps: basic, mixes: [{ mix: "mixup" }, { mix: "cutmix" }] },
];
