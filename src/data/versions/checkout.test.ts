import { mkdirSync, readdirSync, rmdirSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { checkoutAt, commitAt, contentOf, folderWith, put, storeWith } from "../../../test/fixtures/versions.ts";
import { escapeName } from "../names.ts";
import { differenceOf } from "./difference.ts";
import { filesOf, HEAD, readCommit } from "./history.ts";
import { takeStock } from "./stock.ts";

const photos = { "bolt/1.jpg": "one", "bolt/2.jpg": "two", "nut/1.jpg": "three", "notes.txt": "no photo" };

it("restores every earlier version exactly, and leaves what is no photo", async () => {
  const store = storeWith(photos);
  const contents = [contentOf(store.root)];
  await commitAt(store, 0);
  const steps: Record<string, string | null>[] = [
    { "bolt/2.jpg": "changed", "rivet/1.jpg": "new class" },
    { "bolt/1.jpg": null, "nut/moved.jpg": "one", "nut/1.jpg": null },
    {
      "metadata.csv": "file_name,label\nbolt/2.jpg,bolt\nnut/moved.jpg,screw\nrivet/1.jpg,rivet\n",
    },
    { "metadata.csv": null, "rivet/1.jpg": null },
  ];
  for (const [i, step] of steps.entries()) {
    put(store.root, step);
    await commitAt(store, i + 1);
    contents.push(contentOf(store.root));
  }
  for (const [i, back] of [4, 0, 1, 3, 2, 1, 4, 2, 0].entries()) {
    await checkoutAt(store, 10 + i, `main~${back}`);
    expect(contentOf(store.root)).toEqual(contents[4 - back]);
    const head = store.catalogue.ref(HEAD);
    expect(differenceOf(filesOf(store, head), (await takeStock(store)).entries)).toEqual([]);
  }
});

it("does not take in photos that the manifest left out", async () => {
  const store = storeWith(photos);
  await commitAt(store, 0);
  put(store.root, { "metadata.csv": "file_name,label\nbolt/1.jpg,bolt\n", "stray/1.jpg": "none of the data set's" });
  await commitAt(store, 1);
  await expect(checkoutAt(store, 2, "main~1")).rejects.toThrow(/^1 file is neither .*: stray\/1.jpg$/);
  await checkoutAt(store, 3, "main~1", true);
  expect(contentOf(store.root)).toEqual(photos);
});

it("refuses to lose what no version holds, and names it", async () => {
  const store = storeWith(photos);
  await commitAt(store, 0);
  put(store.root, { "bolt/2.jpg": "second version" });
  await commitAt(store, 1);
  put(store.root, { "bolt/2.jpg": "edited", "nut/new.jpg": "new", "nut/1.jpg": null });
  const before = contentOf(store.root);
  await expect(checkoutAt(store, 2, "main~1")).rejects.toMatchObject({
    code: "E_UNCOMMITTED",
    message: expect.stringMatching(/^2 files are neither .*: bolt\/2.jpg, nut\/new.jpg$/) as unknown,
  });
  expect(contentOf(store.root)).toEqual(before);
});

it("puts aside with --force what no version holds", async () => {
  const store = storeWith(photos);
  await commitAt(store, 0);
  const original = contentOf(store.root);
  put(store.root, { "bolt/2.jpg": "edited", "nut/new.jpg": "new" });
  const edited = contentOf(store.root);
  const { rescued } = await checkoutAt(store, 1, "main", true);
  expect(contentOf(store.root)).toEqual(original);
  await checkoutAt(store, 2, rescued!);
  expect(contentOf(store.root)).toEqual(edited);
  expect(readCommit(store, rescued!).message).toBe("put aside by checkout --force");
});

it("brings back photos that were deleted, without --force", async () => {
  const store = storeWith(photos);
  await commitAt(store, 0);
  const before = contentOf(store.root);
  put(store.root, { "bolt/1.jpg": null, "nut/1.jpg": null });
  expect(await checkoutAt(store, 1, "main")).toMatchObject({ written: 2, deleted: 0, rescued: null });
  expect(contentOf(store.root)).toEqual(before);
});

it("brings back a photo that the manifest names, though the scan fails without it", async () => {
  const store = storeWith({ "a.jpg": "one", "metadata.csv": "file_name,label\na.jpg,bolt\n" });
  await commitAt(store, 0);
  put(store.root, { "a.jpg": null });
  await checkoutAt(store, 1, "main");
  expect(contentOf(store.root)["a.jpg"]).toBe("one");
});

it("takes a file that is already what the version says for what it is", async () => {
  const store = storeWith(photos);
  await commitAt(store, 0);
  put(store.root, { "bolt/1.jpg": null });
  await commitAt(store, 1);
  put(store.root, { "bolt/1.jpg": "one" }); // as after a checkout that was cut off
  expect(await checkoutAt(store, 2, "main~1")).toMatchObject({ written: 0 });
});

it("keeps names byte for byte", async () => {
  const store = storeWith(photos);
  const names = [
    Buffer.from([0x61, 0xff, 0x2e, 0x6a, 0x70, 0x67]),
    Buffer.from("e\u0301.jpg"),
    Buffer.from("\u00e9.jpg"),
  ];
  names.push(Buffer.from("a\nb:c .jpg"), Buffer.from(`${"x".repeat(251)}.jpg`), Buffer.from("\u202egpj.jpg"));
  for (const name of names) writeFileSync(Buffer.concat([Buffer.from(`${store.root}/bolt/`), name]), escapeName(name));
  await commitAt(store, 0);
  const before = contentOf(store.root);
  put(store.root, { "nut/1.jpg": "changed" });
  for (const name of Object.keys(photos)) if (name.startsWith("bolt")) put(store.root, { [name]: "changed" });
  await commitAt(store, 1);
  await checkoutAt(store, 2, "main~1");
  expect(contentOf(store.root)).toEqual(before);
});

it("removes folders that become empty, and no others", async () => {
  const store = storeWith(photos);
  mkdirSync(join(store.root, "empty"));
  await commitAt(store, 0);
  put(store.root, { "rivet/deep/1.jpg": "new" });
  await commitAt(store, 1);
  await checkoutAt(store, 2, "main~1");
  expect(readdirSync(store.root).sort()).toEqual([".handful", "bolt", "empty", "notes.txt", "nut"]);
});

it("changes nothing behind a link", async () => {
  const outside = folderWith({ "1.jpg": "one", "2.jpg": "two" });
  const store = storeWith(photos);
  await commitAt(store, 0);
  put(store.root, { "bolt/1.jpg": null, "bolt/2.jpg": null });
  await commitAt(store, 1);
  await checkoutAt(store, 2, "main~1");
  put(store.root, { "bolt/1.jpg": null, "bolt/2.jpg": null });
  rmdirSync(join(store.root, "bolt"));
  symlinkSync(outside, join(store.root, "bolt")); // the class is a link out of the folder now
  await checkoutAt(store, 3, "main");
  expect(contentOf(outside)).toEqual({ "1.jpg": "one", "2.jpg": "two" });
  await expect(checkoutAt(store, 4, "main~1")).rejects.toMatchObject({ code: "E_FOLDER_KIND" });
  expect(contentOf(outside)).toEqual({ "1.jpg": "one", "2.jpg": "two" });
});
