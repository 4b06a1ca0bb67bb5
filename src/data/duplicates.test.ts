import fc from "fast-check";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, expect, it } from "vitest";
import { matrix, rowOf } from "../base/matrix.ts";
import { createRandom } from "../base/random.ts";
import { auditDataset } from "./audit.ts";
import { exactDuplicates, groupItems, nearDuplicatesByEmbedding, nearDuplicatesByLook } from "./duplicates.ts";
import { FINGERPRINT_BYTES, hamming, HASH_BYTES, hashWords, thumbnailSimilarity } from "./perceptual-hash.ts";
import { scanDataset } from "./scan.ts";

describe("exactDuplicates", () => {
  it("groups equal keys and leaves null alone", () => {
    expect(exactDuplicates(["x", null, "y", "x", null, "z", "y", "x"])).toEqual([
      [0, 3, 7],
      [2, 6],
    ]);
  });
});

describe("nearDuplicatesByLook", () => {
  it("finds every pair within 8 bits and 0.96, and no other", () => {
    const random = createRandom("look");
    const byte = (): number => random.integer(256);
    const fingerprints = Array.from({ length: 40 }, () => Uint8Array.from({ length: FINGERPRINT_BYTES }, byte));
    for (let i = 0; i < 400; i++) {
      const copy = fingerprints[random.integer(40)]!.slice();
      for (let bits = random.integer(12); bits > 0; bits--) copy[random.integer(HASH_BYTES)]! ^= 1 << random.integer(8);
      for (let k = HASH_BYTES; k < FINGERPRINT_BYTES; k++) if (random.integer(30) === 0) copy[k] = byte();
      fingerprints.push(copy);
    }
    const wanted: string[] = [];
    for (let b = 0; b < fingerprints.length; b++)
      for (let a = 0, partners = 0; a < b && partners < 17; a++) {
        const [x, y] = [fingerprints[a]!, fingerprints[b]!];
        if (hamming(hashWords(x), hashWords(y)) > 8 || thumbnailSimilarity(x, y) < 0.96) continue;
        partners++;
        wanted.push(`${a} ${b}`);
      }
    const found = nearDuplicatesByLook(fingerprints);
    expect(wanted.length).toBeGreaterThan(100);
    expect(found.map(({ a, b }) => `${a} ${b}`).sort()).toEqual(wanted.sort());
  });

  it("skips what is not there, and joins a thousand equals without listing half a million pairs", () => {
    const one = Uint8Array.from({ length: FINGERPRINT_BYTES }, (_, i) => i);
    const flat = new Uint8Array(FINGERPRINT_BYTES);
    expect(nearDuplicatesByLook([null, one, flat, one, flat])).toEqual([{ a: 1, b: 3, similarity: 1 }]);
    const pairs = nearDuplicatesByLook(Array.from({ length: 1000 }, () => one));
    expect(pairs.length).toBeLessThanOrEqual(16_000);
    expect(new Set(groupItems({ count: 1000, pairs })).size).toBe(1);
  });
});

describe("nearDuplicatesByEmbedding", () => {
  it("agrees with comparing every pair in full", () => {
    fc.assert(
      fc.property(
        fc.integer(),
        fc.integer({ min: 1, max: 100 }),
        fc.double({ min: 0.5, max: 0.999, noNaN: true }),
        (seed, dim, threshold) => {
          const random = createRandom(seed);
          const features = matrix(14, dim);
          for (let i = 0; i < 14; i++)
            for (let k = 0; k < dim; k++)
              rowOf(features, i)[k] = (i % 7) * Math.sin(k + (i % 7)) + 0.5 + random.normal() * 0.1 * (i % 3);
          const cosine = (a: number, b: number): number => {
            let [ab, aa, bb] = [0, 0, 0];
            rowOf(features, a).forEach((x, k) => {
              const y = rowOf(features, b)[k]!;
              [ab, aa, bb] = [ab + x * y, aa + x * x, bb + y * y];
            });
            return ab / Math.sqrt(aa * bb);
          };
          const found = new Map(
            nearDuplicatesByEmbedding(features, threshold).map(({ a, b, similarity }) => [`${a} ${b}`, similarity]),
          );
          for (let b = 0; b < 14; b++)
            for (let a = 0; a < b; a++) {
              const wanted = cosine(a, b);
              if (Math.abs(wanted - threshold) > 1e-5) expect(found.has(`${a} ${b}`)).toBe(wanted > threshold);
              if (found.has(`${a} ${b}`)) expect(found.get(`${a} ${b}`)).toBeCloseTo(wanted, 5);
            }
        },
      ),
      { numRuns: 50 },
    );
  });
});

describe("groupItems", () => {
  it("joins declared groups and pairs, and numbers by first item", () => {
    const declared = [null, "p", null, "q", "p", null];
    expect([...groupItems({ count: 6, declared })]).toEqual([0, 1, 2, 3, 1, 4]);
    expect([
      ...groupItems({
        count: 6,
        declared,
        pairs: [
          { a: 4, b: 5 },
          { a: 0, b: 3 },
        ],
      }),
    ]).toEqual([0, 1, 2, 0, 1, 1]);
    expect([...groupItems({ count: 3 })]).toEqual([0, 1, 2]);
  });

  it("is the transitive closure", () => {
    fc.assert(
      fc.property(fc.array(fc.record({ a: fc.nat(19), b: fc.nat(19) }), { maxLength: 25 }), (pairs) => {
        const groups = groupItems({ count: 20, pairs });
        const reach = Array.from({ length: 20 }, (_, i) => new Set([i]));
        for (let round = 0; round < 20; round++)
          for (const { a, b } of pairs)
            for (const [x, y] of [
              [a, b],
              [b, a],
            ] as const)
              reach[y]!.forEach((i) => reach[x]!.add(i));
        for (let i = 0; i < 20; i++)
          for (let j = 0; j < 20; j++) expect(groups[i] === groups[j]).toBe(reach[i]!.has(j));
      }),
      { numRuns: 100 },
    );
  });
});

it("reports on the real sets what looking at the pairs confirmed, and next to nothing else", async ({ skip }) => {
  const shared = resolve(import.meta.dirname, "../../../shared/data");
  if (!existsSync(shared)) skip("no ../shared/data here");
  // neu-steel: one copied file, one patch photographed twice. flowers12: 60 photos saved twice, one on both sides of
  // train and test in 24 cases. brain-mri: 57 of its 61 test slices are training files.
  const wanted = { "neu-steel": [1, 1, 0], flowers12: [1, 60, 24], "brain-mri": [57, 1, 57] };
  for (const [name, counts] of Object.entries(wanted)) {
    const audit = await auditDataset(await scanDataset(resolve(shared, name)));
    expect([name, audit.exactDuplicates.length, audit.nearDuplicates.length, audit.leaks.length]).toEqual([
      name,
      ...counts,
    ]);
    expect([audit.unreadable, audit.conflicts]).toEqual([[], []]);
  }
});
