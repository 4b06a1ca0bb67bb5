import { averagePredictions, type Model, type Prediction } from "../artifact/load.ts";
import { createRandom } from "../base/random.ts";
import { applyDraws, samplePolicy, type Policy } from "../data/policy.ts";

/**
 * A model that looks at every picture several times: as it is, and varied by a policy, always in the same ways; its
 * answer is the mean of them. The model's own thresholds were set on single looks.
 *
 * @param options.views  looks in all, the plain one counted; at least 1
 */
export const lookSeveralTimes = (
  model: Model,
  { policy, views, seed }: { readonly policy: Policy; readonly views: number; readonly seed: number },
): Model => {
  const { width, height } = model.preprocess;
  const draws = Array.from({ length: views - 1 }, (_, view) =>
    samplePolicy(policy, createRandom(`${seed}/look ${view + 1}`)),
  );
  const lookAt = async (picture: Uint8Array): Promise<Prediction> => {
    const looks = [picture];
    for (const draw of draws) looks.push((await applyDraws({ width, height, data: picture }, draw)).data);
    return averagePredictions(model.metadata, (await model.predict(looks)) as [Prediction, ...Prediction[]]);
  };
  return {
    ...model,
    predict: async (pictures) => {
      const answers: Prediction[] = [];
      for (const picture of pictures) answers.push(await lookAt(picture));
      return answers;
    },
  };
};
