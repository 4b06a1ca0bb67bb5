import { describe, expect, it } from "vitest";
import { HandfulError } from "../base/errors.ts";
import { readClassifyForm, readClassifyJson, readClassifyQuery, readInfer } from "./read-pictures.ts";

const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const attempt = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (thrown) {
    return thrown instanceof HandfulError ? `${thrown.code} ${thrown.message}` : thrown;
  }
};

describe("a request to classify as JSON", () => {
  it("takes one image, or several with names, with or without a data: prefix", () => {
    expect(readClassifyJson(json({ image: "AQID", top: 2 }), 4)).toEqual({
      model: null,
      key: null,
      top: 2,
      pictures: [{ name: null, image: Buffer.from([1, 2, 3]) }],
    });
    const several = {
      images: [{ name: "a", data: "data:image/jpeg;base64,AQI=" }, { data: "AQ==" }],
      model: "m",
      key: "k",
    };
    expect(readClassifyJson(json(several), 4)).toEqual({
      model: "m",
      key: "k",
      top: null,
      pictures: [
        { name: "a", image: Buffer.from([1, 2]) },
        { name: null, image: Buffer.from([1]) },
      ],
    });
  });

  it.each([
    [{ image: "%%%%" }, "E_BODY_BASE64 wanted an image in base64, got other characters"],
    [{ image: "AQI" + "D".repeat(10) + " AQID" }, "E_BODY_BASE64 wanted an image in base64, got other characters"],
    [{ image: "A" }, "E_BODY_BASE64 wanted an image in base64, got other characters"],
    [{}, "E_BODY_FIELDS body: wanted either image or images"],
    [{ image: "AQID", images: [{ data: "AQID" }] }, "E_BODY_FIELDS body: wanted either image or images"],
    [{ images: Array(5).fill({ data: "AQID" }) }, "E_BODY_PARTS wanted at most 4 pictures"],
  ])("%j is refused", (body, message) => expect(attempt(() => readClassifyJson(json(body), 4))).toBe(message));

  it.each([
    [{ image: 5 }],
    [{ image: "AQID", extra: 1 }],
    [{ images: [] }],
    [{ image: "AQID", top: 0 }],
    [[1]],
    ["x"],
    [null],
  ])("%j names the field at fault", (body) =>
    expect(attempt(() => readClassifyJson(json(body), 4))).toMatch(/^E_BODY_FIELDS \w+/),
  );
});

describe("a request to classify as a form or with an address", () => {
  const type = "multipart/form-data; boundary=b";
  const part = (disposition: string, body: string): string =>
    `--b\r\nContent-Disposition: form-data; ${disposition}\r\n\r\n${body}\r\n`;
  const form = (...parts: string[]): Buffer => Buffer.from(`${parts.join("")}--b--\r\n`);

  it("takes every file as a picture, and plain fields", () => {
    const body = form(
      part("name=x; filename=a.jpg", "one"),
      part("name=top", "2"),
      part("name=y; filename=b.jpg", "two"),
      part("name=model", "m"),
    );
    expect(readClassifyForm(body, type, 4)).toEqual({
      model: "m",
      key: null,
      top: 2,
      pictures: [
        { name: "a.jpg", image: Buffer.from("one") },
        { name: "b.jpg", image: Buffer.from("two") },
      ],
    });
  });

  it("wants a file, and a top that is a number", () => {
    expect(attempt(() => readClassifyForm(form(part("name=x", "one")), type, 4))).toBe(
      "E_BODY_FIELDS wanted at least one file in the form",
    );
    const bad = form(part("name=x; filename=a", "one"), part("name=top", "-1"));
    expect(attempt(() => readClassifyForm(bad, type, 4))).toBe(
      'E_BODY_FIELDS top: wanted a whole number from 1 up, got "-1"',
    );
    expect(readClassifyQuery({ model: "m", top: "3", key: ["a", "b"] })).toEqual({ model: "m", key: null, top: 3 });
  });
});

describe("a request of the Open Inference Protocol", () => {
  const size = { height: 1, width: 2, maxPictures: 3 };
  const input = { name: "pixels", datatype: "UINT8", shape: [1, 1, 2, 3] };
  const pixels = [0, 1, 2, 253, 254, 255];

  it("takes pixels flat, nested, or as bytes behind the JSON", () => {
    const flat = readInfer(json({ id: "7", inputs: [{ ...input, data: pixels }] }), null, size);
    expect(flat).toEqual({ id: "7", pictures: [Uint8Array.from(pixels)], outputs: null });
    const nested = [[[pixels.slice(0, 3), pixels.slice(3)]]];
    const outputs = [{ name: "embedding" }];
    expect(readInfer(json({ inputs: [{ ...input, data: nested }], outputs }), null, size)).toEqual({
      id: null,
      pictures: [Uint8Array.from(pixels)],
      outputs: ["embedding"],
    });
    const head = json({ inputs: [{ ...input, shape: [2, 1, 2, 3], parameters: { binary_data_size: 12 } }] });
    const binary = Buffer.concat([head, Uint8Array.from([...pixels, ...pixels.toReversed()])]);
    expect(readInfer(binary, head.length, size).pictures.map((p) => [...p])).toEqual([pixels, pixels.toReversed()]);
  });

  it.each([
    [{ ...input, name: "image", data: pixels }, 'wanted the input "pixels", got "image"'],
    [{ ...input, datatype: "FP32", data: pixels }, "pixels: wanted the datatype UINT8"],
    [{ ...input, shape: [1, 2, 1, 3], data: pixels }, "pixels: wanted the shape [n, 1, 2, 3], got [1, 2, 1, 3]"],
    [{ ...input, shape: [0, 1, 2, 3], data: [] }, "pixels: wanted at least one picture"],
    [{ ...input, data: pixels.slice(1) }, "pixels: wanted 6 numbers, got 5"],
    [{ ...input, data: [...pixels, 1] }, "pixels: wanted 6 numbers, got 7"],
    [{ ...input, data: [0, 1, 2, 3, 4, 256] }, "pixels: wanted whole numbers from 0 to 255"],
    [{ ...input, data: [0, 1, 2, 3, 4, null] }, "pixels: wanted whole numbers from 0 to 255"],
    [{ ...input }, "pixels: wanted data, an array of numbers"],
    [{ ...input, parameters: { binary_data_size: 6 } }, "pixels: wanted 6 bytes behind the JSON, got 0"],
  ])("refuses %j", (bad, message) =>
    expect(attempt(() => readInfer(json({ inputs: [bad] }), null, size))).toBe(`E_TENSOR ${message}`),
  );

  it("refuses more pictures than allowed, and a length of JSON beyond the body", () => {
    const many = { ...input, shape: [4, 1, 2, 3], data: Array(24).fill(0) };
    expect(attempt(() => readInfer(json({ inputs: [many] }), null, size))).toBe(
      "E_BODY_PARTS wanted at most 3 pictures",
    );
    for (const length of [-1, 1.5, NaN, 1e9])
      expect(attempt(() => readInfer(json({ inputs: [input] }), length, size))).toMatch(/^E_TENSOR Inference-Header/);
  });
});
