import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { decodeImage } from "../../src/data/image.ts";
import { readNifti, readNiftiHeader } from "../../src/data/nifti.ts";

/** Made by nibabel and pydicom: test/parity/make/medical.py. */
const reference = JSON.parse(readFileSync(new URL("medical.json", import.meta.url), "utf8")) as {
  readonly nifti: readonly {
    readonly name: string;
    readonly file: string;
    readonly size: readonly number[];
    readonly spacing: readonly number[];
    readonly data: readonly number[];
  }[];
  readonly dicom: readonly { readonly name: string; readonly file: string; readonly levels: readonly number[] }[];
};

const bytesOf = (file: string): Buffer => gunzipSync(Buffer.from(file, "base64"));

describe("NIfTI against nibabel", () => {
  it.each(reference.nifti)("$name is turned to the same volume", async ({ file, size, spacing, data }) => {
    const bytes = bytesOf(file);
    const volume = await readNifti(bytes, readNiftiHeader(bytes, 1e6));
    expect(volume.size).toEqual(size);
    spacing.forEach((mm, axis) => expect(volume.spacing[axis]).toBeCloseTo(mm, 4));
    expect([...volume.data]).toEqual(data);
  });
});

describe("DICOM against pydicom", () => {
  it.each(reference.dicom)("$name is shown in the same levels", async ({ file, levels }) => {
    const { data } = await decodeImage(bytesOf(file));
    // rounded here, fractions there
    levels.forEach((level, i) => expect(Math.abs(data[3 * i]! - level)).toBeLessThanOrEqual(0.51));
  });
});
