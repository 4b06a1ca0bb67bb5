import { describe, expect, it } from "vitest";
import { HandfulError } from "../base/errors.ts";
import { checkPolicy, policyNamed } from "./check-policy.ts";

const policy = (...steps: unknown[]) => ({ name: "mine", steps });

const refusal = (value: unknown): HandfulError => {
  try {
    checkPolicy(value);
  } catch (thrown) {
    if (thrown instanceof HandfulError) return thrown;
    throw thrown;
  }
  throw new Error("was not refused");
};

const refused: readonly (readonly [fault: string, value: unknown, says: readonly string[]])[] = [
  ["no object", [1], ["policy: wanted an object, got [1]"]],
  ["nothing", null, ["policy: wanted an object, got null"]],
  ["no name", { steps: [] }, ["policy: name: wanted a text"]],
  ["an empty name", { name: "", steps: [] }, ['policy: name: wanted a text, got ""']],
  ["no steps", { name: "mine" }, ["policy: steps: wanted a list"]],
  ["an unknown field", { name: "mine", step: [] }, ['unknown field of the policy "step"', 'Did you mean "steps"?']],
  ["a step that is a name", policy("rotation"), ["policy: step 1: wanted an object", '"rotation"']],
  [
    "an unknown augmentation",
    policy({ augmentation: "rotaton" }),
    ['unknown augmentation "rotaton"', 'Did you mean "rotation"?', "salt-and-pepper"],
  ],
  [
    "an unknown field of a step",
    policy({ augmentation: "blur", probabilty: 0.5 }),
    ['unknown field of policy: step 1 "probabilty"', 'Did you mean "probability"?'],
  ],
  [
    "a probability above 1",
    policy({ augmentation: "blur" }, { augmentation: "hue", probability: 1.5 }),
    ["policy: step 2 (hue): probability: wanted a number from 0 to 1, got 1.5"],
  ],
  ["a probability in quotes", policy({ augmentation: "hue", probability: "0.5" }), ['a number from 0 to 1, got "0.5"']],
  ["a probability that is no number", policy({ augmentation: "hue", probability: NaN }), ["a number from 0 to 1"]],
  ["a probability of null", policy({ augmentation: "hue", probability: null }), ["a number from 0 to 1, got null"]],
  ["ranges that are a list", policy({ augmentation: "hue", ranges: [0, 1] }), ["(hue): ranges: wanted an object"]],
  [
    "an unknown parameter",
    policy({ augmentation: "rotation", ranges: { degree: [0, 1] } }),
    ['unknown parameter of policy: step 1 (rotation) "degree"', 'Did you mean "degrees"?'],
  ],
  [
    "a parameter called as what all objects have",
    policy({ augmentation: "rotation", ranges: JSON.parse('{"constructor": [0, 1]}') as unknown }),
    ['unknown parameter of policy: step 1 (rotation) "constructor"'],
  ],
  [
    "a parameter of a member that has none",
    policy({ augmentation: "horizontal-flip", ranges: { x: [0, 1] } }),
    ['unknown parameter of policy: step 1 (horizontal-flip) "x"'],
  ],
  [
    "a range out of order",
    policy({ augmentation: "rotation", ranges: { degrees: [30, -30] } }),
    ["step 1 (rotation): degrees: wanted the lower end first, got [30,-30]"],
  ],
  [
    "a range beyond the limits",
    policy({ augmentation: "rotation", ranges: { degrees: [0, 200] } }),
    ["degrees: wanted [low, high] within -180 .. 180, got [0,200]"],
  ],
  ["a number for a range", policy({ augmentation: "blur", ranges: { sigma: 1 } }), ["sigma: wanted [low, high]"]],
  ["three ends", policy({ augmentation: "blur", ranges: { sigma: [0, 1, 2] } }), ["sigma: wanted [low, high]"]],
  ["ends in quotes", policy({ augmentation: "blur", ranges: { sigma: ["0", "1"] } }), ["sigma: wanted [low, high]"]],
  ["an end that is no number", policy({ augmentation: "blur", ranges: { sigma: [0, NaN] } }), ["sigma: wanted"]],
  ["an endless range", policy({ augmentation: "blur", ranges: { sigma: [0, Infinity] } }), ["sigma: wanted"]],
  ["choose as a number", { ...policy({ augmentation: "hue" }), choose: 2 }, ["choose: wanted an object, got 2"]],
  ["a part of a step", { ...policy({ augmentation: "hue" }), choose: { count: 1.5, magnitude: 0 } }, ["count: wanted"]],
  ["no count", { ...policy({ augmentation: "hue" }), choose: { magnitude: 0.5 } }, ["choose: count: wanted"]],
  ["nothing to choose from", { ...policy(), choose: { count: 1, magnitude: 0.5 } }, ["steps to choose from"]],
  [
    "a magnitude above 1",
    { ...policy({ augmentation: "hue" }), choose: { count: 1, magnitude: 9 } },
    ['choose: magnitude: wanted a number from 0 to 1, or "random", got 9'],
  ],
  [
    "an unknown field of choose",
    { ...policy({ augmentation: "hue" }), choose: { count: 1, magnitud: 0.5 } },
    ['unknown field of choose "magnitud"', 'Did you mean "magnitude"?'],
  ],
  [
    "a probability that choosing would pass over",
    { ...policy({ augmentation: "hue", probability: 0.5 }), choose: { count: 1, magnitude: 0.5 } },
    ['step 1: wanted no probability, for "choose" says'],
  ],
  [
    "ranges that choosing would pass over",
    { ...policy({ augmentation: "hue", ranges: { degrees: [0, 1] } }), choose: { count: 1, magnitude: 0.5 } },
    ['step 1: wanted no ranges, for "choose" says'],
  ],
  ["mixes that are no list", { ...policy(), mixes: { mix: "mixup" } }, ["policy: mixes: wanted a list"]],
  ["a mix that is a name", { ...policy(), mixes: ["mixup"] }, ["policy: mix 1: wanted an object"]],
  ["an unknown mix", { ...policy(), mixes: [{ mix: "mixupp" }] }, ['unknown mix "mixupp"', 'Did you mean "mixup"?']],
  ["an alpha of 0", { ...policy(), mixes: [{ mix: "mixup", alpha: 0 }] }, ["mix 1: alpha: wanted", "got 0"]],
  ["a mix's probability", { ...policy(), mixes: [{ mix: "mixup", probability: -1 }] }, ["mix 1: probability: wanted"]],
  ["a mix's unknown field", { ...policy(), mixes: [{ mix: "mixup", alfa: 1 }] }, ['field of policy: mix 1 "alfa"']],
];

describe("checkPolicy", () => {
  it.each(refused)("refuses %s by name", (_fault, value, says) => {
    const error = refusal(value);
    expect(error.kind).toBe("usage");
    for (const text of says) expect(`${error.message}\n${error.hint ?? ""}`).toContain(text);
    expect(error.hint).toBeTruthy();
  });

  it("takes what a policy may hold", () => {
    const full = {
      name: "mine",
      steps: [
        { augmentation: "rotation", probability: 0.25, ranges: { degrees: [-180, 180] } },
        { augmentation: "random-resized-crop", ranges: { area: [0.5, 0.5] } },
        { augmentation: "vertical-flip", probability: 0, ranges: {} },
      ],
      mixes: [{ mix: "cutmix" }, { mix: "mixup", alpha: 0.2, probability: 1 }],
    };
    expect(checkPolicy(full)).toEqual(full);
    const choosing = { ...policy({ augmentation: "hue" }), choose: { count: 3, magnitude: "random" } };
    expect(checkPolicy(choosing)).toEqual(choosing);
  });
});

it("finds a policy by name, or the nearest", () => {
  expect(policyNamed("basic").steps.length).toBeGreaterThan(3);
  expect(() => policyNamed("randaugmnt")).toThrow('unknown augmentation policy "randaugmnt"; known: none, basic');
  try {
    policyNamed("randaugmnt");
  } catch (thrown) {
    expect((thrown as HandfulError).hint).toBe('Did you mean "randaugment"?');
  }
});
