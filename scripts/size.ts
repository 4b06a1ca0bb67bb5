import { readdirSync, readFileSync } from "node:fs";

/** Lines a floor: of all, and of code (no blank lines, comments or imports); tests and generated files aside. */
const source = new URL("../src/", import.meta.url);
const isCode = (line: string): boolean => !/^\s*(\/\/|\/\*|\*|$)/.test(line) && !/^\s*import\b/.test(line);

const floors = new Map<string, { files: number; lines: number; code: number }>();
for (const path of (readdirSync(source, { recursive: true }) as string[]).sort()) {
  if (!path.endsWith(".ts") || path.endsWith(".test.ts")) continue;
  const text = readFileSync(new URL(path, source), "utf8");
  if (text.startsWith("// Generated")) continue;
  const floor = path.includes("/") ? path.slice(0, path.indexOf("/")) : "(entry)";
  const lines = text.trimEnd().split("\n");
  const sum = floors.get(floor) ?? { files: 0, lines: 0, code: 0 };
  floors.set(floor, {
    files: sum.files + 1,
    lines: sum.lines + lines.length,
    code: sum.code + lines.filter(isCode).length,
  });
}

const row = (name: string, files: number, lines: number, code: number): void =>
  console.log(
    `${name.padEnd(12)} ${String(files).padStart(5)} files ${String(lines).padStart(7)} lines ${String(code).padStart(7)} of code`,
  );
for (const [name, { files, lines, code }] of floors) row(name, files, lines, code);
const total = (key: "files" | "lines" | "code", names = [...floors.keys()]): number =>
  names.reduce((sum, name) => sum + (floors.get(name)?.[key] ?? 0), 0);
const engine = ["graph", "ops", "autodiff"];
row("engine", total("files", engine), total("lines", engine), total("code", engine));
row("all", total("files"), total("lines"), total("code"));
