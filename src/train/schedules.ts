/** Factor of all learning rates at a step, in [0, 1]; steps count from 0. */
export type Schedule = (step: number, total: number) => number;

/** The same rate throughout. */
export const constant: Schedule = () => 1;

/**
 * Linear from 0 over the first steps, then down to 0 along half a cosine.
 *
 * @param options.warmUp  share of all steps, in [0, 1); default 0.1
 * @see Loshchilov and Hutter 2017, eq. 5, without restarts; Goyal et al. 2017, section 2.2, for the warm-up
 */
export const warmUpCosine =
  ({ warmUp = 0.1 }: { readonly warmUp?: number } = {}): Schedule =>
  (step, total) => {
    const rising = Math.floor(warmUp * total);
    if (step < rising) return (step + 1) / rising;
    return 0.5 * (1 + Math.cos((Math.PI * (step - rising)) / Math.max(1, total - rising)));
  };

export interface LayerRates {
  /** Rate of the group nearest to the image; default 1e-4. */
  readonly lowest?: number;
  /** Rate of the last group, the head; default 1e-3. */
  readonly head?: number;
}

/**
 * A learning rate for every group of parameters, geometric from the lowest to the head.
 *
 * @param groups  from image to head, frozen ones too, so that a block's rate does not hang on what else is trained
 * @see Howard and Ruder 2018, section 3.2, discriminative fine-tuning. https://arxiv.org/abs/1801.06146
 */
export const layerRates = (
  groups: readonly string[],
  { lowest = 1e-4, head = 1e-3 }: LayerRates = {},
): Record<string, number> => {
  const last = groups.length - 1;
  return Object.fromEntries(
    groups.map((group, i) => [group, last === 0 ? head : lowest * (head / lowest) ** (i / last)]),
  );
};

/** One stage of gradual unfreezing. */
export interface Stage {
  /** Groups that are trained, from image to head. */
  readonly groups: readonly string[];
  readonly epochs: number;
}

export interface UnfreezingOptions {
  /** Epochs in all. */
  readonly epochs: number;
  /** Epochs of each stage before the last, which gets what remains; at least 1. */
  readonly stageEpochs: number;
  /** Groups unfrozen together at each stage; default 1. */
  readonly blocksPerStage?: number;
}

/**
 * Gradual unfreezing: the head first, then block by block from the top; the last stage trains all that is to be trained.
 *
 * @param groups  those to be trained in the end, from image to head
 * @see Howard and Ruder 2018, section 3.3. https://arxiv.org/abs/1801.06146
 */
export const gradualUnfreezing = (
  groups: readonly string[],
  { epochs, stageEpochs, blocksPerStage = 1 }: UnfreezingOptions,
): Stage[] => {
  const stages: Stage[] = [];
  let left = epochs;
  for (let open = 1; open < groups.length && left > stageEpochs; open += blocksPerStage) {
    stages.push({ groups: groups.slice(-open), epochs: stageEpochs });
    left -= stageEpochs;
  }
  return [...stages, { groups, epochs: left }];
};
