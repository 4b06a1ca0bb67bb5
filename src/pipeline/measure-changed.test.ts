import { describe, expect, it } from "vitest";
import { colourModel } from "../../test/fixtures/colour-model.ts";
import { loadModel } from "../artifact/load.ts";
import { mergeClasses, removeClass } from "./change-classes.ts";
import { measureChanged } from "./measure-changed.ts";

const model = { labels: ["blue", "green", "grey", "red"], counts: [6, 6, 6, 6], head: "ridge", spread: 30 };
const factsOf = async (bytes: Uint8Array) => {
  const loaded = await loadModel(bytes);
  await loaded.close();
  return loaded.metadata;
};
const options = { seed: 1, threads: 1 };

describe("measuring a model whose classes were changed", () => {
  it("gives accuracy, interval and thresholds anew, the same each time", async () => {
    const changed = await removeClass(await colourModel(model), "grey", "1");
    expect((await factsOf(changed)).evidence.accuracy).toBeNull();
    const measured = await measureChanged(changed, options);
    const facts = await factsOf(measured);
    expect(facts.evidence.accuracy).toBeGreaterThan(0.8);
    expect(facts.evidence.interval![0]).toBeGreaterThan(0.5);
    expect(facts.evidence.method).toMatch(
      /chosen anew inside every fold.*, on the embeddings of 18 photos that the file keeps$/,
    );
    expect(facts.thresholds.setProbability).not.toBeNull();
    expect(facts.head).toMatchObject({ name: "ridge", classWeights: "none" });
    expect(facts.head.columns).toBeUndefined();
    expect(facts.changes).toEqual(['removed "grey"']);
    expect(await measureChanged(changed, options)).toEqual(measured);
  });

  it("is of the classes as they are now", async () => {
    const merged = await mergeClasses(await colourModel(model), { names: ["blue", "grey"], into: "cold" }, "1");
    const facts = await factsOf(await measureChanged(merged, options));
    expect(facts.labels).toEqual(["cold", "green", "red"]);
    expect(facts.training.labels.filter((label) => label === 0)).toHaveLength(12);
    expect(facts.evidence.images).toBe(24);
  });

  it("keeps photos of one group on one side", async () => {
    // every class one group: nothing can be held out
    const bytes = await colourModel({ ...model, groups: (c) => c });
    const facts = await factsOf(await measureChanged(bytes, options));
    expect(facts.evidence.accuracy).toBeNull();
  });

  it("is not to be had of a head that was learned with the network, nor of an older file", async () => {
    const tuned = await colourModel({ ...model, shownAs: "fine-tuned" });
    await expect(measureChanged(tuned, options)).rejects.toMatchObject({ code: "E_HEAD_FIXED" });
    const old = await colourModel({ ...model, old: true });
    await expect(measureChanged(old, options)).rejects.toMatchObject({ code: "E_MODEL_KEPT" });
  });
});
