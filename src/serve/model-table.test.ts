import { describe, expect, it } from "vitest";
import { stubInfo } from "../../test/fixtures/stub-engine.ts";
import { HandfulError } from "../base/errors.ts";
import { chooseByName } from "./choose-model.ts";
import { createModelTable, isModelName } from "./model-table.ts";
import type { ServedModel } from "./served-model.ts";

const codeOf = (thrown: unknown): string => (thrown instanceof HandfulError ? thrown.code : String(thrown));
const attempt = (work: () => unknown): string => {
  try {
    work();
    return "done";
  } catch (thrown) {
    return codeOf(thrown);
  }
};

const stubTable = (gate: Promise<void> = Promise.resolve()) => {
  const heard: string[] = [];
  const table = createModelTable(async (name, path): Promise<ServedModel> => {
    await gate;
    if (path === "bad") throw new HandfulError("damaged", "E_MODEL_PARSE", "no model");
    heard.push(`open ${name} ${path}`);
    return {
      name,
      path,
      info: stubInfo,
      pending: 0,
      admit: () => undefined,
      ask: () => Promise.reject(new Error("unused")),
      replace: (other) => {
        heard.push(`replace ${name} ${other}`);
        return Promise.resolve(stubInfo);
      },
      close: () => {
        heard.push(`close ${name}`);
        return Promise.resolve();
      },
    };
  });
  return { table, heard };
};

describe("the table of models", () => {
  it("loads, replaces, finds and unloads by name", async () => {
    const { table, heard } = stubTable();
    await table.load("bolts", "1");
    await table.load("nuts", "1");
    await table.load("bolts", "2");
    expect(table.all.map(({ name }) => name)).toEqual(["bolts", "nuts"]);
    await table.unload("bolts");
    expect(attempt(() => table.find("bolts"))).toBe("E_MODEL_UNKNOWN");
    await table.close();
    expect(heard).toEqual(["open bolts 1", "open nuts 1", "replace bolts 2", "close bolts", "close nuts"]);
  });

  it("suggests the nearest name, and shows a hostile one only as text", async () => {
    const { table } = stubTable();
    await table.load("bolts", "1");
    expect(() => table.find("bolt")).toThrow(expect.objectContaining({ hint: 'Did you mean "bolts"?' }) as Error);
    expect(() => table.find("\u0000<img>")).toThrow('no model "\\u0000<img>" here; known: bolts');
  });

  it("holds nothing after a file that failed, and never loads one name twice at once", async () => {
    const gate = Promise.withResolvers<void>();
    const { table } = stubTable(gate.promise);
    const first = table.load("bolts", "bad").catch(codeOf);
    expect(await table.load("bolts", "1").catch(codeOf)).toBe("E_MODEL_LOADING");
    gate.resolve();
    expect(await first).toBe("E_MODEL_PARSE");
    expect(table.all).toEqual([]);
  });

  it("takes names that can stand in an address, and no others", async () => {
    const { table } = stubTable();
    expect(["bolts", "a.b-c_9", "A"].every(isModelName)).toBe(true);
    for (const name of ["", "..", ".hidden", "-x", "a/b", "a b", "é", "x".repeat(65), "a\n"])
      expect([name, await table.load(name, "1").catch(codeOf)]).toEqual([name, "E_MODEL_NAME"]);
    // names of inherited fields are names like others
    await table.load("constructor", "1");
    await table.load("__proto__", "1");
    expect(table.all.map(({ name }) => name)).toEqual(["constructor", "__proto__"]);
    expect(attempt(() => table.find("toString"))).toBe("E_MODEL_UNKNOWN");
  });
});

describe("which model answers", () => {
  it("is the one named, or the only one", async () => {
    const { table } = stubTable();
    const anyone = { model: null, key: null };
    expect(attempt(() => chooseByName(anyone, table))).toBe("E_MODEL_UNKNOWN");
    await table.load("bolts", "1");
    expect(chooseByName(anyone, table).name).toBe("bolts");
    await table.load("nuts", "1");
    expect(chooseByName({ model: "nuts", key: null }, table).name).toBe("nuts");
    expect(() => chooseByName(anyone, table)).toThrow("which model? There are bolts, nuts");
  });
});
