import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { compressed, dicomFile, niftiFile } from "../../test/fixtures/medical.ts";
import { holdsVolumes } from "./holds-volumes.ts";

let made: string[] = [];
afterEach(() => {
  for (const folder of made) rmSync(folder, { recursive: true, force: true });
  made = [];
});

const folderOf = (files: Readonly<Record<string, Uint8Array | string>>): string => {
  const folder = mkdtempSync(join(tmpdir(), "handful-volumes-"));
  made.push(folder);
  for (const [name, bytes] of Object.entries(files)) {
    mkdirSync(join(folder, dirname(name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
};

const random = (n: number) => Int16Array.from({ length: n }, (_, i) => (i * 7919) % 30011);
const volume = niftiFile([32, 32, 16], random(32 * 32 * 16));
const plane = niftiFile([4, 4, 1], random(16));
const picture = dicomFile([4, 4], [new Uint16Array(16)]);

it("a data set is of volumes where its first image is one, compressed or not", async () => {
  expect(await holdsVolumes(folderOf({ "a/1.nii": volume }))).toBe(true);
  expect(await holdsVolumes(folderOf({ "train/a/1.nii.gz": compressed(volume), "notes.txt": "" }))).toBe(true);
  expect(await holdsVolumes(join(folderOf({ "m.csv": "file_name,label\n1.nii,a\n", "1.nii": volume }), "m.csv"))).toBe(
    true,
  );
});

it("planes, pictures, damage and emptiness are none", async () => {
  expect(await holdsVolumes(folderOf({ "a/1.nii": plane }))).toBe(false);
  expect(await holdsVolumes(folderOf({ "a/1.dcm": picture, "b/1.nii": volume }))).toBe(false);
  expect(await holdsVolumes(folderOf({ "a/1.nii": volume.subarray(0, 100) }))).toBe(false);
  expect(await holdsVolumes(folderOf({ "readme.txt": "" }))).toBe(false);
});
