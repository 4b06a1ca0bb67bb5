#!/usr/bin/env node
// Runs the sources where they are (a clone), else what was built from them (the published package).
import { existsSync } from "node:fs";
import module from "node:module";

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  console.error(`handful needs Node 22.13 or newer; this is ${process.versions.node}.`);
  console.error("In a clone, npm installs the right one: npm exec handful -- <command>.");
  process.exit(2);
}
module.enableCompileCache?.();
const source = new URL("../src/cli/main.ts", import.meta.url);
const { main } = await import(existsSync(source) ? source.href : new URL("../dist/cli/main.js", import.meta.url).href);
process.exitCode = await main(process.argv.slice(2));
