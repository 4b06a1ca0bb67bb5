import { describe, expect, it } from "vitest";
import type { ResultRow } from "../queue/result-row.ts";
import { resultText } from "./result-text.ts";

const sha256 = "ab".repeat(32);
const answer = {
  // as a database gives it back: fields in another order
  set: ["nut", "bolt"],
  label: "nut",
  nearest: [{ name: "nut/1.jpg", similarity: 0.5, label: "nut" }],
  unknown: false,
  likeliest: "nut",
  probability: 0.75,
  unknownScore: 2,
  probabilities: [{ probability: 0.25, label: "bolt" }],
};
const classified: ResultRow = { name: "a,b.jpg", sha256, answer, embedding: null, error: null };
const embedded: ResultRow = {
  name: "=a.jpg",
  sha256,
  answer: null,
  embedding: Float32Array.of(0.1, -1 / 3, 0),
  error: null,
};
const broken: ResultRow = {
  name: "c.jpg",
  sha256: null,
  answer: null,
  embedding: null,
  error: { message: "no, picture", code: "E_IMAGE_DAMAGED", hint: null },
};

describe("a row of results", () => {
  it("is a line of CSV with as many cells as the head", () => {
    const classify = resultText("out.csv", "classify");
    expect(classify.head).toBe("file,sha256,label,probability,likeliest,set,unknown_score,nearest,error");
    expect(classify.line(classified)).toBe(`"a,b.jpg",${sha256},nut,0.75,nut,nut bolt,2,nut/1.jpg,`);
    expect(classify.line(broken)).toBe('c.jpg,,,,,,,,"no, picture"');
    const embed = resultText("out.CSV", "embed");
    expect(embed.head).toBe("file,sha256,embedding,error");
    expect(embed.line(embedded)).toBe(`'=a.jpg,${sha256},0.100000001 -0.333333343 0,`);
    expect(embed.line(broken)).toBe('c.jpg,,,"no, picture"');
  });

  it("is a JSON object with its fields in one order", () => {
    const { head, line } = resultText("out.jsonl", "classify");
    expect(head).toBeNull();
    expect(line(classified)).toBe(
      `{"file":"a,b.jpg","sha256":"${sha256}","label":"nut","unknown":false,"likeliest":"nut","probability":0.75,` +
        `"set":["nut","bolt"],"unknownScore":2,"nearest":[{"name":"nut/1.jpg","label":"nut","similarity":0.5}],` +
        `"probabilities":[{"label":"bolt","probability":0.25}]}`,
    );
    expect(line(broken)).toBe(
      '{"file":"c.jpg","sha256":null,"error":{"code":"E_IMAGE_DAMAGED","message":"no, picture","hint":null}}',
    );
  });

  it("keeps every bit of an embedding", () => {
    const embedding = Float32Array.from({ length: 300 }, (_, i) => Math.sin(i) * 10 ** ((i % 60) - 30));
    const { line } = resultText("out.jsonl", "embed");
    const read = JSON.parse(line({ ...embedded, embedding })) as { embedding: number[] };
    expect(Float32Array.from(read.embedding)).toEqual(embedding);
  });

  it("knows no other format", () => {
    expect(() => resultText("out.txt", "embed")).toThrow(/wanted a name that ends in .csv or .jsonl/);
  });
});
