import { randomBytes } from "node:crypto";
import { afterAll, describe, expect, it } from "vitest";
import { HandfulError } from "../base/errors.ts";
import { createJsonReader } from "./json-reader.ts";

const reader = createJsonReader();
afterAll(() => reader.close());
const json = (value: unknown): Uint8Array => new TextEncoder().encode(JSON.stringify(value));
const codeOf = (thrown: unknown): string => (thrown instanceof HandfulError ? thrown.code : String(thrown));

describe("JSON read here or in a thread", () => {
  it.each([
    ["small", 100],
    ["large", 200_000],
  ])("gives the same pictures: %s", async (_, size) => {
    const images = [randomBytes(size), randomBytes(size + 1)];
    const body = json({
      images: images.map((image, i) => ({ name: `n${i}`, data: image.toString("base64") })),
      top: 1,
    });
    const { pictures, ...rest } = await reader.classify({ body, maxPictures: 4 });
    expect(rest).toEqual({ model: null, key: null, top: 1 });
    expect(pictures.map(({ image }) => Buffer.from(image))).toEqual(images);
    expect(body.length).toBeGreaterThan(0); // the body itself was not handed over
  });

  it("gives tensors, and errors with their codes, from the thread too", async () => {
    const shape = [8, 32, 32, 3];
    const data = Array.from({ length: 8 * 32 * 32 * 3 }, (_, i) => i % 256);
    const body = json({ inputs: [{ name: "pixels", datatype: "UINT8", shape, data }] });
    expect(body.length).toBeGreaterThan(64 * 1024);
    const size = { maxPictures: 8, jsonLength: null, height: 32, width: 32 };
    const { pictures } = await reader.infer({ body, ...size });
    expect(Buffer.concat(pictures).equals(Uint8Array.from(data))).toBe(true);
    expect(await reader.infer({ body, ...size, height: 31 }).catch(codeOf)).toBe("E_TENSOR");
    expect(await reader.classify({ body, maxPictures: 8 }).catch(codeOf)).toBe("E_BODY_FIELDS");
  });
});
