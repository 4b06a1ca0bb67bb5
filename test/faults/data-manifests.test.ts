import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { HandfulError } from "../../src/base/errors.ts";
import { scanDataset } from "../../src/data/scan.ts";
import { failure, jpeg, put, temporaryFolder } from "./data-fixtures.ts";

/** A folder with `cats/1.jpg`, `cats/2.jpg`, `dogs/1.jpg`. */
const photos = async (): Promise<string> => {
  const folder = temporaryFolder();
  for (const name of ["cats/1.jpg", "cats/2.jpg", "dogs/1.jpg"]) put(folder, name, await jpeg(1));
  return folder;
};

const read = async (text: string | Uint8Array, name = "labels.csv"): Promise<(string | null)[][]> => {
  const { layout, items } = await scanDataset(put(await photos(), name, text));
  expect(layout).toBe("manifest");
  return items.map((item) => [item.name, item.label, item.split, item.group]);
};

const refuse = async (text: string | Uint8Array, name = "labels.csv"): Promise<HandfulError> =>
  failure(scanDataset(put(await photos(), name, text)));

describe("case 34: manifests that are read", () => {
  const plain = [
    ["cats/1.jpg", "cat", null, null],
    ["dogs/1.jpg", "dog", null, null],
  ];

  it("CSV with byte order mark and CRLF, quotes, semicolons, tabs, columns in any order and case", async () => {
    expect(await read("\ufefffile_name,label\r\ncats/1.jpg,cat\r\n\r\ndogs/1.jpg,dog\r\n")).toEqual(plain);
    expect(await read('Label;File_Name\n"cat";"cats/1.jpg"\ndog;dogs/1.jpg')).toEqual(plain);
    expect(await read("file_name\tlabel\ncats/1.jpg\tcat\ndogs/1.jpg\tdog\n", "labels.tsv")).toEqual(plain);
    expect(await read("target,filename,width\ncat,./cats//1.jpg,20\n dog ,dogs\\1.jpg,30")).toEqual(plain);
  });

  it("a newline in a quoted cell, split and group, and rows without label", async () => {
    const text =
      'file_name,label,split,group\ncats/1.jpg,"big\ncat",TRAIN,patient 7\ncats/2.jpg,,valid,\ndogs/1.jpg,"big\ncat",test,patient 7\n';
    expect(await read(text)).toEqual([
      ["cats/1.jpg", "big\ncat", "train", "patient 7"],
      ["cats/2.jpg", null, "validation", null],
      ["dogs/1.jpg", "big\ncat", "test", "patient 7"],
    ]);
  });

  it("JSONL, with numbers as labels, and metadata.csv in a folder", async () => {
    const lines = '\ufeff{"file_name": "cats/1.jpg", "label": 3, "__proto__": "x"}\n\n{"file_name": "dogs/1.jpg"}';
    expect(await read(lines, "labels.jsonl")).toEqual([
      ["cats/1.jpg", "3", null, null],
      ["dogs/1.jpg", null, null, null],
    ]);
    const folder = await photos();
    put(folder, "metadata.csv", "file_name,label\ncats/1.jpg,tom");
    expect((await scanDataset(folder)).classes).toEqual(["tom"]);
    put(folder, "metadata.jsonl", "");
    expect((await failure(scanDataset(folder))).message).toContain(
      "wanted one manifest, got metadata.csv and metadata.jsonl",
    );
  });

  it("maps classes by name across splits, as folders do", async () => {
    const folder = await photos();
    put(folder, "m.csv", "file_name,label,split\ncats/1.jpg,cat,train\ncats/2.jpg,lynx,test\ndogs/1.jpg,cat,test");
    const { classes, items, warnings } = await scanDataset(join(folder, "m.csv"));
    expect([classes, items.length, warnings[0]?.message]).toEqual([
      ["cat"],
      2,
      "only in test, not in train: lynx; 1 image left out",
    ]);
  });
});

describe("case 34: manifests that are refused, with line numbers", () => {
  it("names every bad row by its line in the file", async () => {
    const folder = await photos();
    mkdirSync(join(folder, "sub"));
    symlinkSync("/etc", join(folder, "etc"));
    symlinkSync("/etc/hostname", join(folder, "host.jpg"));
    const rows = [
      "file_name,label,split",
      'cats/1.jpg,"two\nlines",train',
      "cats/9.jpg,cat,train",
      "../../etc/passwd,cat,train",
      "/etc/passwd,cat,train",
      "etc/hostname,cat,train",
      "host.jpg,cat,train",
      "sub,cat,train",
      "cats/2.jpg,cat,holdout",
      "",
      "cats/1.jpg,cat,train",
      ",cat,train",
      "cats/2.jpg,cat,train,surplus",
    ];
    const { code, message, hint, kind } = await failure(scanDataset(put(folder, "labels.csv", rows.join("\r\n"))));
    expect([kind, code]).toEqual(["data", "E_MANIFEST"]);
    expect(message.split("\n").slice(1)).toEqual([
      '  line 4: no file "cats/9.jpg"',
      '  line 5: "../../etc/passwd" leads out of the manifest\'s folder',
      '  line 6: "/etc/passwd" leads out of the manifest\'s folder',
      '  line 7: "etc/hostname" is a link out of the manifest\'s folder',
      '  line 8: "host.jpg" is a link out of the manifest\'s folder',
      '  line 9: "sub" is a folder, pipe or device, not a file',
      '  line 10: split "holdout" is none of train, validation, test',
      '  line 12: "cats/1.jpg" is on line 2 already',
      "  line 13: no file_name",
      "  line 14: wanted 3 cells, got 4",
    ]);
    expect(message).toContain("labels.csv: 10 rows cannot be used:");
    expect(hint).toContain("file_name,label");
  });

  it("shows ten rows and counts the rest", async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => `missing/${i}.jpg,x`);
    const { message } = await refuse(["file_name,label", ...rows].join("\n"));
    expect(message.split("\n")).toHaveLength(12);
    expect(message).toMatch(/5000 rows cannot be used:[^]*line 11: [^]*\.\.\. and 4990 more$/);
  });

  it("a missing column, an empty file, UTF-16, Latin-1", async () => {
    expect((await refuse("name,klass\na.jpg,b")).message).toContain(
      'line 1: wanted a column file_name, got "name", "klass"',
    );
    expect((await refuse("file_name,klass\na.jpg,b")).message).toContain(
      'line 1: wanted a column label, got "file_name", "klass"',
    );
    expect((await refuse("")).message).toContain("wanted a header and rows, got an empty file");
    expect((await refuse("file_name,label\n")).message).toContain("wanted rows that name images, got none");
    expect((await refuse(Buffer.from("\ufefffile_name,label\n", "utf16le"))).hint).toContain("CSV UTF-8");
    expect((await refuse(Buffer.from("file_name,label\ncaf\xe9.jpg,x", "latin1"))).message).toContain(
      "save the manifest as UTF-8",
    );
  });

  it("quotes that never close, rows that are no objects", async () => {
    expect((await refuse('file_name,label\ncats/1.jpg,"cat\ncats/2.jpg,cat')).code).toBe("E_MANIFEST");
    const { message } = await refuse('{"file_name": "cats/1.jpg"}\n[1]\n{oops\n{"label": "x"}', "labels.jsonl");
    expect(message.split("\n").slice(1)).toEqual([
      "  line 2: wanted a JSON object, got another value",
      "  line 3: wanted a JSON object, got something else",
      "  line 4: no file_name",
    ]);
  });

  for (const name of ["labels.csv", "labels.jsonl"])
    it(`a line of 100 MB in ${name}, without holding it`, async () => {
      const folder = await photos();
      const path = join(folder, name);
      const first =
        name === "labels.csv"
          ? "file_name,label\ncats/1.jpg,cat\n"
          : '{"file_name": "cats/1.jpg"}\n{"file_name": "cats/2.jpg"}\n';
      writeFileSync(path, Buffer.concat([Buffer.from(first), Buffer.alloc(1e8, "x")]));
      const before = process.memoryUsage.rss();
      const { message } = await failure(scanDataset(path));
      expect(message).toContain("line 3: wanted a row of at most 1 MB, got a longer one");
      expect((process.memoryUsage.rss() - before) / 2 ** 20).toBeLessThan(80);
    });
});
