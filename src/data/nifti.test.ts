import { describe, expect, it } from "vitest";
import { compressed, niftiFile, type NiftiOptions } from "../../test/fixtures/medical.ts";
import { decodeImage, readHeader } from "./image.ts";
import { readNifti, readNiftiHeader } from "./nifti.ts";
import { sniff } from "./sniff.ts";
import type { Volume } from "./volume.ts";

const dims = [4, 3, 2] as const;
/** x + 10 y + 100 z at voxel (x, y, z). */
const numbered = Array.from(
  { length: 24 },
  (_, i) => (i % 4) + 10 * (Math.floor(i / 4) % 3) + 100 * Math.floor(i / 12),
);

const read = (file: Uint8Array): Promise<Volume> => readNifti(file, readNiftiHeader(file, 1e6));

/** The value at a place of a volume turned to RAS. */
const at = ({ size, data }: Volume, right: number, front: number, top: number): number =>
  data[(top * size[1] + front) * size[2] + right]!;

describe("NIfTI", () => {
  it("is told by its content, compressed or not", async () => {
    const file = niftiFile(dims, numbered);
    expect(sniff(file)).toEqual({ format: "nifti" });
    expect(sniff(compressed(file))).toEqual({ format: "nifti" });
    expect(sniff(compressed(Buffer.from("text")))).toMatchObject({ format: null, what: "a gzip archive" });
    expect(await readHeader(file)).toEqual({ format: "nifti", width: 4, height: 3, frames: 2 });
  });

  it.each(["uint8", "int16", "float32"] as const)("reads %s of either byte order", async (type) => {
    for (const littleEndian of [true, false]) {
      const { size, data } = await read(niftiFile(dims, numbered, { type, littleEndian }));
      expect(size).toEqual([2, 3, 4]);
      expect([...data]).toEqual(numbered);
    }
  });

  it("scales what is stored, and takes what is no number for 0", async () => {
    const file = niftiFile(dims, [NaN, ...numbered.slice(1)], { type: "float32", slope: 2, intercept: -5 });
    expect([...(await read(file)).data]).toEqual([0, ...numbered.slice(1).map((x) => 2 * x - 5)]);
  });

  // by hand: which stored voxel stands at the left, back, lower corner, and which axis leads to the right
  const turns: readonly (readonly [string, NiftiOptions, readonly number[], number])[] = [
    ["as stored without a form", {}, [2, 3, 4], 0],
    ["right to left (LAS)", { sform: [[-1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]] }, [2, 3, 4], 3],
    ["head to foot", { sform: [[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 0]] }, [2, 3, 4], 100],
    ["first axis to the front (ARS)", { sform: [[0, 1, 0, 0], [1, 0, 0, 0], [0, 0, 1, 0]] }, [2, 4, 3], 0],
    ["half a turn about z by a quaternion", { quaternion: [0, 0, 1] }, [2, 3, 4], 23],
    ["mirrored by qfac", { quaternion: [0, 0, 0], qfac: -1 }, [2, 3, 4], 100],
  ]; // prettier-ignore

  it.each(turns)("turns %s to right, front and head", async (_, options, size, corner) => {
    const volume = await read(niftiFile(dims, numbered, options));
    expect(volume.size).toEqual(size);
    expect(at(volume, 0, 0, 0)).toBe(corner);
  });

  it("leaves a quaternion whose squares add up to a little over 1 a rotation", async () => {
    const half = Math.fround(Math.SQRT1_2) * 1.0000001;
    const volume = await read(niftiFile(dims, numbered, { quaternion: [half, half, 0] }));
    expect(volume.data.every(Number.isFinite)).toBe(true);
    expect(volume.size).toEqual([2, 4, 3]);
  });

  it("keeps the spacing of each axis where it goes", async () => {
    const sform = [[0, 2, 0, 0], [3, 0, 0, 0], [0, 0, 5, 0]] as const; // prettier-ignore
    expect((await read(niftiFile(dims, numbered, { sform }))).spacing).toEqual([5, 3, 2]);
    expect((await read(niftiFile(dims, numbered, { spacing: [1, 2, 3], quaternion: [0, 0, 0] }))).spacing).toEqual([
      3, 2, 1,
    ]);
  });

  it("as a picture is the middle plane, front up", async () => {
    const { width, height, data } = await decodeImage(niftiFile(dims, numbered), { window: { low: 0, high: 255 } });
    expect([width, height]).toEqual([4, 3]);
    expect(Array.from({ length: 12 }, (_, i) => data[3 * i]!)).toEqual([20, 21, 22, 23, 10, 11, 12, 13, 0, 1, 2, 3]);
  });
});

describe("NIfTI that cannot be taken", () => {
  it("cut off is refused, compressed or not", async () => {
    const file = niftiFile(dims, numbered);
    for (const end of [400, 352 + 47, 545])
      await expect(decodeImage(niftiFile([16, 16, 16], new Int16Array(4096)).subarray(0, end))).rejects.toMatchObject({
        code: "E_IMAGE_TRUNCATED",
      });
    const packed = compressed(
      niftiFile(
        [16, 16, 16],
        Array.from({ length: 4096 }, (_, i) => (i * 7919) % 30011),
      ),
    );
    for (const share of [0.3, 0.6, 0.99])
      await expect(decodeImage(packed.subarray(0, Math.floor(share * packed.length)))).rejects.toMatchObject({
        code: "E_IMAGE_TRUNCATED",
      });
    expect(file.length).toBe(400);
  });

  it("too large is refused by its header", async () => {
    const file = niftiFile(dims, numbered);
    await expect(decodeImage(file, { maxPixels: 20 })).rejects.toMatchObject({ code: "E_IMAGE_TOO_LARGE" });
  });

  it("that unpacks to more than it says is refused without holding it", async () => {
    const bomb = compressed(Buffer.concat([niftiFile(dims, numbered), Buffer.alloc(8e6)]));
    await expect(decodeImage(bomb)).rejects.toMatchObject({
      code: "E_IMAGE_DAMAGED",
      message: expect.stringContaining("more than the") as string,
    });
  });

  it("of several times or odd numbers is refused by what it is", async () => {
    const series = niftiFile([2, 2, 2], new Int16Array(24), { times: 3 });
    await expect(decodeImage(series)).rejects.toMatchObject({
      code: "E_NIFTI_KIND",
      message: expect.stringContaining("3 volumes") as string,
    });
    const odd = niftiFile(dims, numbered);
    odd.writeInt16LE(128, 70);
    await expect(decodeImage(odd)).rejects.toMatchObject({ code: "E_NIFTI_KIND" });
    odd.writeInt16LE(4, 70);
    odd.writeInt16LE(-4, 42);
    await expect(decodeImage(odd)).rejects.toMatchObject({ code: "E_IMAGE_DAMAGED" });
  });
});
