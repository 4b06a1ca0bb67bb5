import fc from "fast-check";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { craftedZip, type CraftedEntry } from "../../test/fixtures/crafted-zip.ts";
import { unzip } from "./unzip.ts";
import { writeZip } from "./write-zip.ts";

let folder = "";
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "handful-zip-"));
  mkdirSync(join(folder, "out"));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const take = (bytes: Uint8Array, limits = {}) => {
  writeFileSync(join(folder, "a.zip"), bytes);
  return unzip(join(folder, "a.zip"), join(folder, "out"), {
    limits: { entries: 100, fileBytes: 5e7, totalBytes: 6e7, ratio: 200, ...limits },
  });
};
const unpacked = (): string[] => (readdirSync(join(folder, "out"), { recursive: true }) as string[]).sort();

it("unpacks photos and lists, and leaves the rest packed", async () => {
  const entries: CraftedEntry[] = [
    { name: "bolt/" },
    { name: "bolt/1.jpg", data: Buffer.from("one") },
    { name: "猫/2.png", data: Buffer.from("two".repeat(100)), method: 8 },
    { name: "metadata.csv", data: Buffer.from("file_name,label\n") },
    { name: "inner.zip" },
    { name: "run.sh" },
    { name: "__MACOSX/bolt/._1.jpg" },
  ];
  expect(await take(craftedZip(entries))).toEqual({ files: 3, ignored: 3 });
  expect(unpacked()).toEqual(["bolt", "bolt/1.jpg", "metadata.csv", "猫", "猫/2.png"]);
  expect(readFileSync(join(folder, "out/猫/2.png"), "utf8")).toBe("two".repeat(100));
});

const good: CraftedEntry = { name: "good.jpg" };
const zeros = Buffer.alloc(3_000_000);

describe("case S6: refuses, with nothing written", () => {
  const cases: readonly (readonly [string, readonly CraftedEntry[], RegExp])[] = [
    ["a path that leads out", [good, { name: "../evil.jpg" }], /relative path|leads out/],
    ["one that leads out in the middle", [good, { name: "a/../../evil.jpg" }], /relative path|leads out/],
    ["a prefix trick", [good, { name: "../out2/evil.jpg" }], /relative path|leads out/],
    ["an absolute path", [good, { name: "/tmp/evil.jpg" }], /absolute path/],
    ["a drive", [good, { name: "C:/evil.jpg" }], /absolute path/],
    ["a backslash", [good, { name: "..\\evil.jpg" }], /invalid characters|backslash/],
    ["a dot in the path", [good, { name: "./evil.jpg" }], /odd path/],
    ["a zero in the name", [good, { name: "a.jpg\0.png" }], /no usable name/],
    ["a link", [good, { name: "link.jpg", mode: 0o120777, data: Buffer.from("/etc/passwd") }], /symbolic link/],
    ["a link and a file through it", [{ name: "d", mode: 0o120777 }, { name: "d/evil.jpg" }], /symbolic link/],
    ["a device", [good, { name: "null.jpg", mode: 0o020666 }], /device/],
    ["the same name twice", [good, good], /is there twice/],
    ["the same name in other letters", [{ name: "\u00e9.jpg" }, { name: "e\u0301.jpg" }], /is there twice/],
    ["a file that is a folder", [{ name: "a.jpg" }, { name: "a.jpg/b.jpg" }], /lies in a file/],
    ["a folder that is a file", [{ name: "a.jpg/b.jpg" }, { name: "a.jpg" }], /is a file and a folder/],
    ["encryption", [good, { name: "secret.jpg", flags: 0x801, claims: { packed: 13 } }], /encrypted/],
    ["an unusual method", [good, { name: "b.jpg", method: 12 }], /unusual way/],
    ["a bomb by ratio", [good, { name: "b.jpg", data: zeros, method: 8 }], /more than 200 times/],
    ["a bomb by size", [good, { name: "b.jpg", method: 8, claims: { size: 6e7, packed: 1e6 } }], /more than 50 MB/],
    [
      "a bomb by all sizes",
      [good, ...["b.jpg", "c.jpg"].map((name) => ({ name, method: 8 as const, claims: { size: 4e7, packed: 1e6 } }))],
      /more than 0\.06 GB/,
    ],
  ];
  it.each(cases)("%s", async (_, entries, message) => {
    await expect(take(craftedZip(entries))).rejects.toThrow(message);
    expect(unpacked()).toEqual([]);
    expect(existsSync(join(folder, "evil.jpg"))).toBe(false);
    expect(existsSync("/tmp/evil.jpg")).toBe(false);
  });

  it("a bomb of many small files", async () => {
    const small = Array.from({ length: 60 }, (_, i) => ({
      name: `${i}.jpg`,
      method: 8 as const,
      claims: { size: 1e6 },
    }));
    await expect(take(craftedZip(small))).rejects.toThrow(/more than 200 times/);
    expect(unpacked()).toEqual([]);
  });

  it("too many entries, by what is said and by what is there", async () => {
    const many = Array.from({ length: 101 }, (_, i) => ({ name: `${i}.jpg` }));
    await expect(take(craftedZip(many))).rejects.toThrow(/wanted at most 100/);
    await expect(take(craftedZip([good], 1e4))).rejects.toThrow(/.zip: /);
  });

  it("what is no archive, or one cut off", async () => {
    await expect(take(Buffer.from("<html>"))).rejects.toMatchObject({ code: "E_ZIP" });
    const whole = craftedZip([good, { name: "b.jpg" }]);
    await expect(take(whole.subarray(0, whole.length - 30))).rejects.toMatchObject({ code: "E_ZIP" });
  });
});

describe("entries that lie", () => {
  it.each([
    ["longer than said", { size: 2 }],
    ["shorter than said", { size: 2000 }],
    ["another checksum", { crc: 1 }],
  ])("%s", async (_, claims) => {
    const data = Buffer.from("some text that is packed".repeat(4));
    await expect(take(craftedZip([{ name: "a.jpg", data, method: 8, claims }]))).rejects.toMatchObject({
      code: "E_ZIP",
    });
  });
});

it("survives any change of its bytes: all is taken, or it is refused", async () => {
  const whole = craftedZip([
    { name: "bolt/1.jpg", data: Buffer.from("one".repeat(20)), method: 8 },
    { name: "nut/2.jpg", data: Buffer.from("two") },
  ]);
  let refused = 0;
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 3 }), async (changes) => {
      const bytes = Buffer.from(whole);
      for (const [at, byte] of changes) bytes[at] = byte;
      rmSync(join(folder, "out"), { recursive: true });
      mkdirSync(join(folder, "out"));
      await take(bytes).catch((thrown: { code?: string }) => {
        expect(thrown.code).toBe("E_ZIP");
        refused++;
      });
      expect(readdirSync(folder).sort()).toEqual(["a.zip", "out"]);
    }),
    { seed: 1, numRuns: 300 },
  );
  expect(refused).toBeGreaterThan(50);
});

it("takes what writeZip writes, the same bytes for the same files", async () => {
  writeFileSync(join(folder, "1.jpg"), "one");
  const parts = [
    { name: "nut/ü 1.jpg", path: join(folder, "1.jpg") },
    { name: "=x/2.jpg", path: join(folder, "1.jpg") },
  ];
  for (const name of ["a.zip", "b.zip"]) await writeZip(join(folder, name), parts);
  expect(readFileSync(join(folder, "a.zip"))).toEqual(readFileSync(join(folder, "b.zip")));
  expect(await unzip(join(folder, "a.zip"), join(folder, "out"))).toEqual({ files: 2, ignored: 0 });
  expect(unpacked()).toEqual(["=x", "=x/2.jpg", "nut", "nut/ü 1.jpg"]);
  await expect(writeZip(join(folder, "c.zip"), [{ name: "x.jpg", path: join(folder, "gone") }])).rejects.toThrow(
    /ENOENT/,
  );
});
