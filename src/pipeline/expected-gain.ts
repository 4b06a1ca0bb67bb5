import type { RunMetrics } from "./run-metrics.ts";

/** What labelling is likely to bring, by the learning curve of the model's run. */
export interface ExpectedGain {
  /** In accuracy, by labelling as many photos as are suggested; within the limits at 95 %. */
  readonly value: number;
  readonly low: number;
  readonly high: number;
  /** Whether labelling twice as many photos as there are is likely to bring less than a point. */
  readonly enough: boolean;
}

/** Gain in accuracy by twice the photos below which labelling is no longer worth it. */
const WORTH = 0.01;

/**
 * What the learning curve forecasts for some photos more; between as many photos as there are and twice as many, by their
 * logarithm.
 *
 * @returns null where there is no curve
 */
export const expectedGain = (metrics: RunMetrics | null, count: number): ExpectedGain | null => {
  const { accuracy, learningCurve, images } = metrics?.evidence ?? {};
  const twice = learningCurve?.forecast.find(({ factor }) => factor === 2)?.accuracy;
  if (!accuracy || !twice?.interval || !images) return null;
  const part = Math.min(1, Math.log2(1 + count / images));
  const by = (share: number): number => part * (share - accuracy.value);
  return {
    value: by(twice.value),
    low: by(twice.interval.low),
    high: by(twice.interval.high),
    enough: twice.value - accuracy.value < WORTH,
  };
};
