/** `npm run bench` lists the benches; `npm run bench -- <name> [arguments]` runs one. */
import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { unknownName } from "../src/base/nearest-name.ts";

const folder = new URL("./", import.meta.url);
const isBench = (path: string): boolean =>
  path.endsWith(".ts") && path !== "run.ts" && readFileSync(new URL(path, folder), "utf8").startsWith("/**");
const names = (readdirSync(folder, { recursive: true }) as string[])
  .filter(isBench)
  .map((path) => path.slice(0, -3))
  .sort();
const [name, ...rest] = process.argv.slice(2);
if (name === undefined) {
  for (const each of names) {
    const question = /\/\*\*\s*\*?\s*([^\n]*)/.exec(readFileSync(new URL(`${each}.ts`, folder), "utf8"))?.[1] ?? "";
    console.log(`${each.padEnd(28)} ${question.replace(/\s*\*\/\s*$/, "")}`);
  }
} else {
  if (!names.includes(name)) throw unknownName("bench", name, names);
  process.exitCode =
    spawnSync(process.execPath, [`${import.meta.dirname}/${name}.ts`, ...rest], { stdio: "inherit" }).status ?? 1;
}
