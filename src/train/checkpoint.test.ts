import { expect, it } from "vitest";
import { floats } from "../graph/dtype.ts";
import { decodeCheckpoint, encodeCheckpoint } from "./checkpoint.ts";

const checkpoint = {
  tensors: { weight: floats([2, 2], [1, -2, 3.5, 4]), bias: floats([3], [0, 1e-30, 7]), one: floats([], [9]) },
  metadata: { key: "photos", note: "ä" },
};

it("gives back what was written, from any kind of bytes", () => {
  const bytes = encodeCheckpoint(checkpoint);
  expect(decodeCheckpoint(bytes)).toEqual(checkpoint);
  expect(decodeCheckpoint(Buffer.from(bytes))).toEqual(checkpoint); // what files are read into
  const shifted = new Uint8Array(bytes.length + 3);
  shifted.set(bytes, 3);
  expect(decodeCheckpoint(shifted.subarray(3))).toEqual(checkpoint);
});

it("is laid out as safetensors", () => {
  const bytes = encodeCheckpoint(checkpoint);
  const header = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  expect(header % 8).toBe(0);
  expect(JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + header)))).toMatchObject({
    __metadata__: checkpoint.metadata,
    weight: { dtype: "F32", shape: [2, 2], data_offsets: [0, 16] },
    bias: { dtype: "F32", shape: [3], data_offsets: [16, 28] },
  });
  expect(bytes.length).toBe(8 + header + 4 * 8);
});

it("refuses bytes that are cut off or something else", () => {
  const bytes = encodeCheckpoint(checkpoint);
  for (const damaged of [bytes.subarray(0, -1), bytes.subarray(0, 20), new Uint8Array(), Buffer.from("<html></html>")])
    expect(() => decodeCheckpoint(damaged)).toThrow(expect.objectContaining({ code: "E_CHECKPOINT" }));
});
