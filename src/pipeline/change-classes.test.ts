import { describe, expect, it } from "vitest";
import { colourModel, coloursOf } from "../../test/fixtures/colour-model.ts";
import { tinyModel, tinyPreprocess } from "../../test/fixtures/tiny-model.ts";
import { loadModel, type Prediction } from "../artifact/load.ts";
import { mergeClasses, removeClass, renameClass } from "./change-classes.ts";

const labels = ["blue", "green", "grey", "red", "yellow"];
const counts = [6, 5, 4, 6, 3];
const heads = ["nearest-class-mean", "lda", "tip-adapter", "matching-networks"];

const flat = (rgb: readonly number[]): Uint8Array =>
  Uint8Array.from({ length: tinyPreprocess.height * tinyPreprocess.width * 3 }, (_, i) => rgb[i % 3]!);
const asked = [...labels.map((name) => [...coloursOf(name, 9).data.subarray(24)]), [100, 90, 160], [5, 5, 5]].map(flat);

const answers = async (bytes: Uint8Array): Promise<Prediction[]> => {
  const model = await loadModel(bytes); // replays the test vectors
  const predictions = await model.predict(asked);
  await model.close();
  return predictions;
};
const factsOf = async (bytes: Uint8Array) => {
  const model = await loadModel(bytes);
  await model.close();
  return model.metadata;
};

describe("removing a class", () => {
  it.each(heads)("leaves the others' shares of one another as they were: %s", async (head) => {
    const before = await answers(await colourModel({ labels, counts, head }));
    const after = await answers(await removeClass(await colourModel({ labels, counts, head }), "grey", "1"));
    after.forEach(({ probabilities }, i) => {
      const rest = before[i]!.probabilities.filter((_, c) => c !== 2);
      const sum = rest.reduce((a, b) => a + b, 0);
      if (sum < 1e-3) return; // shares too small to be told
      probabilities.forEach((p, c) => expect(p).toBeCloseTo(rest[c]! / sum, 4));
    });
  });

  it.each(["cosine", "indicator"] as const)("its photos are unknown then, the others not: by %s", async (distance) => {
    const [loud, each] = [labels.filter((name) => name !== "grey"), [6, 6, 6, 6]];
    const bytes = await colourModel({ labels: loud, counts: each, distance });
    const [before, after] = [await answers(bytes), await answers(await removeClass(bytes, "yellow", "1"))];
    expect(after[4]!.unknownScore).toBeGreaterThan(5 * before[4]!.unknownScore);
    expect(after[0]!.unknownScore).toBeCloseTo(before[0]!.unknownScore, 1);
  });

  it("takes its training photos along, and the evidence", async () => {
    const facts = await factsOf(await removeClass(await colourModel({ labels, counts }), "green", "1"));
    expect(facts.labels).toEqual(["blue", "grey", "red", "yellow"]);
    expect(facts.dataset.counts).toEqual([6, 4, 6, 3]);
    expect(facts.training.names).toHaveLength(19);
    expect(facts.training.names.some((name) => name.startsWith("green"))).toBe(false);
    expect(facts.training.labels).toEqual([...Array(6).fill(0), ...Array(4).fill(1), ...Array(6).fill(2), 3, 3, 3]);
    expect(facts.evidence).toMatchObject({ accuracy: null, interval: null });
    expect(facts.evidence.method).toBe("before its classes were changed 95.0 % (95 %: 90.0 % to 98.0 %), none");
    expect(facts.changes).toEqual(['removed "green"']);
    expect(facts.dataset.version).not.toBe("00");
  });

  it("of a head that ranks photos, those of the class are gone: k-nn", async () => {
    const bytes = await removeClass(await colourModel({ labels, counts, head: "k-nn" }), "grey", "1");
    const learned = await colourModel({
      labels: labels.filter((name) => name !== "grey"),
      counts: [6, 5, 6, 3],
      head: "k-nn",
    });
    const [got, wanted] = [await answers(bytes), await answers(learned)];
    got.forEach(({ probabilities }, i) =>
      probabilities.forEach((p, c) => expect(p).toBeCloseTo(wanted[i]!.probabilities[c]!, 1)),
    );
  });
});

describe("merging classes", () => {
  it.each([...heads, "k-nn"])("adds their probabilities up: %s", async (head) => {
    const bytes = await colourModel({ labels, counts, head });
    const before = await answers(bytes);
    const merged = await mergeClasses(bytes, { names: ["red", "blue"], into: "loud" }, "1");
    const after = await answers(merged);
    after.forEach(({ probabilities, unknownScore }, i) => {
      const [blue, green, grey, red, yellow] = before[i]!.probabilities as [number, number, number, number, number];
      [blue + red, green, grey, yellow].forEach((p, c) => expect(probabilities[c]).toBeCloseTo(p, 5));
      expect(unknownScore).toBeCloseTo(before[i]!.unknownScore, 5);
    });
    expect(after[0]!.label).toBe("loud");
    expect(after[0]!.nearest[0]!.label).toBe("loud");
    expect((await factsOf(merged)).dataset.counts).toEqual([12, 5, 4, 3]);
  });

  it("can be followed by more: the parts of a merged class go together", async () => {
    const bytes = await colourModel({ labels, counts });
    const before = await answers(bytes);
    const merged = await mergeClasses(bytes, { names: ["blue", "red"], into: "blue" }, "1");
    const again = await mergeClasses(merged, { names: ["grey", "blue"], into: "any" }, "1");
    const less = await removeClass(again, "yellow", "1");
    const facts = await factsOf(less);
    expect(facts.labels).toEqual(["any", "green"]);
    expect(facts.head.columns).toEqual([0, 1, 0, 0, -1]);
    expect(facts.changes).toHaveLength(3);
    (await answers(less)).forEach(({ probabilities }, i) => {
      const [blue, green, grey, red] = before[i]!.probabilities as [number, number, number, number];
      expect(probabilities[1]).toBeCloseTo(green / (blue + green + grey + red), 5);
    });
    expect((await factsOf(await removeClass(merged, "blue", "1"))).labels).toEqual(["green", "grey", "yellow"]);
  });
});

describe("renaming a class", () => {
  it("changes its name alone: answers and evidence stay", async () => {
    const bytes = await colourModel({ labels, counts });
    const renamed = renameClass(bytes, "grey", "dull");
    const [before, after] = [await answers(bytes), await answers(renamed)];
    expect(after.map((p) => p.probabilities)).toEqual(before.map((p) => p.probabilities));
    expect(after[2]!.label).toBe("dull");
    const facts = await factsOf(renamed);
    expect(facts.evidence.accuracy).toBe(0.95);
    expect(facts.changes).toEqual(['renamed "grey" to "dull"']);
  });

  it("works on a file of an older version, of which other changes are refused", async () => {
    const old = await tinyModel({ labels: ["blue", "red"] });
    expect((await factsOf(renameClass(old, "red", "rose"))).labels).toEqual(["blue", "rose"]);
    expect(() => renameClass(old, "red", "blue")).toThrow(expect.objectContaining({ code: "E_CLASS_EXISTS" }));
    const older = await colourModel({ labels, counts, old: true });
    await expect(removeClass(older, "red", "1")).rejects.toMatchObject({ code: "E_MODEL_KEPT" });
  });
});
