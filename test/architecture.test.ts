import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { describe, expect, it } from "vitest";

const source = resolve(import.meta.dirname, "../src");

/** What each floor may import besides itself. The table of the design, with `hub`, `report`, `pipeline` and `queue` added (docs/decisions). */
const table: Readonly<Record<string, readonly string[]>> = {
  base: [],
  graph: ["base"],
  ops: ["base", "graph"],
  autodiff: ["base", "graph", "ops"],
  onnx: ["base", "graph", "ops"],
  runtime: ["base", "graph", "onnx"],
  hub: ["base"],
  nn: ["base", "graph", "ops"],
  data: ["base"],
  train: ["base", "graph", "ops", "autodiff", "runtime", "nn", "data"],
  methods: ["base", "graph", "ops", "autodiff", "runtime", "nn", "data", "train"],
  evaluate: ["base", "data", "methods"],
  explain: ["base", "graph", "ops", "autodiff", "runtime", "nn", "data"],
  artifact: ["base", "graph", "ops", "onnx", "runtime", "nn", "data"],
  report: ["base", "data", "evaluate"],
  api: ["base"],
  queue: ["base"],
};
const lower = Object.keys(table);
const whole: Record<string, readonly string[]> = {
  ...table,
  pipeline: lower,
  serve: ["base", "runtime", "data", "methods", "evaluate", "explain", "artifact", "api"],
  cli: [...lower.filter((f) => !["graph", "ops", "autodiff", "onnx"].includes(f)), "pipeline", "serve"],
};

/** Folders whose files never import a sibling, except files whose name begins with "_". */
const shelves = [
  "nn/backbones",
  "data/augment",
  "data/defects",
  "data/mix",
  "methods/few-shot",
  "methods/meta",
  "methods/semi-supervised",
  "methods/consistency",
  "methods/active",
  "cli/commands",
  "serve/routes",
];
/** Longest file, in lines. */
const MAX_LINES = 400;

interface SourceFile {
  readonly path: string;
  readonly floor: string;
  readonly lines: number;
  readonly imports: readonly string[];
  readonly packages: readonly string[];
}

const read = (path: string): SourceFile => {
  const text = readFileSync(join(source, path), "utf8");
  const all = [...text.matchAll(/(?:^|\n)\s*(?:import|export)\b[^;]*?from\s+"([^"]+)"|import\("([^"]+)"\)/g)].map(
    (m) => m[1] ?? m[2]!,
  );
  return {
    path,
    floor: path.includes("/") ? path.slice(0, path.indexOf("/")) : "",
    lines: text.split("\n").length,
    imports: all.filter((i) => i.startsWith(".")).map((i) => relative(source, resolve(source, dirname(path), i))),
    packages: all.filter((i) => !i.startsWith(".")),
  };
};

const files = (readdirSync(source, { recursive: true }) as string[])
  .filter((p) => p.endsWith(".ts"))
  .sort()
  .map(read);
const code = files.filter((f) => !f.path.endsWith(".test.ts"));

/** The first import cycle found, as a list of files, or null. */
const findCycle = (all: readonly SourceFile[]): string[] | null => {
  const edges = new Map(all.map((f) => [f.path, f.imports]));
  const state = new Map<string, "open" | "done">();
  const visit = (path: string, trail: readonly string[]): string[] | null => {
    if (state.get(path) === "done") return null;
    if (state.get(path) === "open") return [...trail.slice(trail.indexOf(path)), path];
    state.set(path, "open");
    for (const next of edges.get(path) ?? []) {
      const cycle = visit(next, [...trail, path]);
      if (cycle) return cycle;
    }
    state.set(path, "done");
    return null;
  };
  for (const file of all) {
    const cycle = visit(file.path, []);
    if (cycle) return cycle;
  }
  return null;
};

describe("architecture", () => {
  it("knows every floor", () => {
    expect([...new Set(code.map((f) => f.floor))].filter((floor) => floor !== "" && !(floor in whole))).toEqual([]);
  });

  it("imports only what the table allows", () => {
    const wrong = code.flatMap((file) =>
      file.imports
        .filter((target) => file.floor !== "" && target.includes("/"))
        .map((target) => target.slice(0, target.indexOf("/")))
        .filter((floor) => floor !== file.floor && !whole[file.floor]?.includes(floor))
        .map((floor) => `${file.path} imports ${floor}`),
    );
    expect(wrong).toEqual([]);
  });

  it("never imports a public entry from inside", () => {
    expect(
      code
        .filter((f) => f.floor !== "")
        .flatMap((f) => f.imports.filter((t) => !t.includes("/")).map((t) => `${f.path} imports ${t}`)),
    ).toEqual([]);
  });

  it("keeps members of a shelf apart", () => {
    const wrong = code.flatMap((file) =>
      shelves
        .filter((shelf) => dirname(file.path) === shelf && !file.path.endsWith("/index.ts"))
        .flatMap((shelf) =>
          file.imports
            .filter((t) => dirname(t) === shelf && !t.slice(shelf.length + 1).startsWith("_"))
            .map((t) => `${file.path} imports ${t}`),
        ),
    );
    expect(wrong).toEqual([]);
  });

  it("has no import cycle", () => expect(findCycle(code)).toBeNull());

  it("imports ONNX Runtime in one place a platform", () => {
    expect(
      code
        .filter((f) => f.packages.some((p) => p.startsWith("onnxruntime")))
        .map((f) => f.path)
        .filter((p) => !["runtime/node.ts", "runtime/web.ts"].includes(p)),
    ).toEqual([]);
  });

  it("keeps files short", () => {
    expect(
      code.filter((f) => f.lines > MAX_LINES && !f.path.endsWith("/index.ts")).map((f) => `${f.path}: ${f.lines}`),
    ).toEqual([]);
  });

  it("has no rooms called after nothing", () => {
    expect(
      files.map((f) => f.path).filter((p) => /(^|\/)(utils?|helpers?|common|misc|types)(\.ts|\/)/.test(p)),
    ).toEqual([]);
  });
});
