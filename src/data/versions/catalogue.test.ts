import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { storeWith } from "../../../test/fixtures/versions.ts";

const pack = { name: "p", sizeBytes: 10, created: 5 };
const objects = [
  { type: "file" as const, hash: `aa${"0".repeat(62)}`, offset: 0, length: 4 },
  { type: "commit" as const, hash: `ab${"0".repeat(62)}`, offset: 4, length: 6 },
];

it("knows where objects lie, and forgets them with their pack", () => {
  const { catalogue } = storeWith({});
  catalogue.addPack(pack, objects);
  expect(catalogue.packs()).toEqual([pack]);
  expect(catalogue.find(objects[1]!.hash)).toEqual({ ...objects[1], pack: "p" });
  expect(catalogue.objectsOf("p").map(({ hash }) => hash)).toEqual(objects.map(({ hash }) => hash));
  expect(catalogue.startingWith("a", ["file", "commit"], 9)).toHaveLength(2);
  expect(catalogue.startingWith("a", ["commit"], 9)).toEqual([{ hash: objects[1]!.hash, type: "commit" }]);
  expect(catalogue.startingWith("a", ["file", "commit"], 1)).toHaveLength(1);
  catalogue.addPack({ ...pack, name: "q" }, objects); // the first place stays
  expect(catalogue.find(objects[0]!.hash)?.pack).toBe("p");
  catalogue.dropPack("p");
  expect([catalogue.find(objects[0]!.hash), catalogue.packs().length]).toEqual([undefined, 1]);
});

it("moves a name only from what it names", () => {
  const { catalogue } = storeWith({});
  const [a, b] = objects.map(({ hash }) => hash) as [string, string];
  expect(catalogue.moveRef("main", a, b)).toBe(false);
  expect(catalogue.moveRef("main", null, a)).toBe(true);
  expect(catalogue.moveRef("main", null, b)).toBe(false);
  expect(catalogue.moveRef("main", a, b)).toBe(true);
  expect(catalogue.refs()).toEqual([{ name: "main", commit: b }]);
  expect(catalogue.moveRef("main", b, null)).toBe(true);
  expect(catalogue.ref("main")).toBeNull();
});

it("notices a name that was changed behind its back", () => {
  const { catalogue, folder } = storeWith({});
  catalogue.moveRef("main", null, objects[0]!.hash);
  const database = new DatabaseSync(`${folder}/catalogue.sqlite`);
  database.exec(`UPDATE refs SET hash = '${objects[1]!.hash}'`);
  database.close();
  expect(() => catalogue.ref("main")).toThrow('"main" is not what was written');
});

it("does all of a transaction or nothing", () => {
  const { catalogue } = storeWith({});
  const failing = (): void => {
    catalogue.set("a", "1");
    throw new Error("oops");
  };
  expect(() => catalogue.transaction(failing)).toThrow("oops");
  expect(catalogue.setting("a")).toBeNull();
  expect(catalogue.transaction(() => (catalogue.set("a", "1"), 7))).toBe(7);
  catalogue.set("a", "2");
  expect(catalogue.setting("a")).toBe("2");
  catalogue.set("a", null);
  expect(catalogue.setting("a")).toBeNull();
});

it("remembers and forgets files", () => {
  const { catalogue } = storeWith({});
  catalogue.saveFiles(new Map([["a", { stat: "1", hash: "x" }]]));
  catalogue.saveFiles(new Map([["a", { stat: "2", hash: "y" }], ["b", { stat: "1", hash: "x" }]])); // prettier-ignore
  catalogue.saveFiles(new Map([["b", null]]));
  expect(catalogue.knownFiles()).toEqual(new Map([["a", { stat: "2", hash: "y" }]]));
  expect(catalogue.faults()).toEqual([]);
});
