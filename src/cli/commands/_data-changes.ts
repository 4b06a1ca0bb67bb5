import { CHANGE_KINDS, countKinds, kindsOf, type Change, type ChangeKind } from "../../data/versions/difference.ts";
import type { Step } from "../../data/versions/history.ts";
import { count, printable } from "../format.ts";

/** Changes that are printed one by one. */
const SHOWN = 20;
/** Digits of a hash that are printed. */
const DIGITS = 12;

export const short = (hash: string): string => hash.slice(0, DIGITS);

const text = (value: string | null): string => (value === null ? "none" : printable(value));

const arrow = (from: string | null, to: string | null): string => `${text(from)} -> ${text(to)}`;

/** "relabelled bolt -> nut, 3 added": how many of each kind, labels by what they were and are. */
export const changesInWords = (changes: readonly Change[]): string => {
  if (changes.length === 0) return "nothing changed";
  const counts = countKinds(changes);
  const words = CHANGE_KINDS.flatMap((kind) =>
    counts[kind] === undefined
      ? []
      : [kind === "labels" ? "the file with the labels changed" : `${counts[kind]} ${kind}`],
  );
  return words.join(", ");
};

/** From which label to which, and how many photos. */
export const relabellings = (
  changes: readonly Change[],
): { from: string | null; to: string | null; photos: number }[] => {
  const found = new Map<string, { from: string | null; to: string | null; photos: number }>();
  for (const change of changes) {
    if (!kindsOf(change).includes("relabelled")) continue;
    const { from, to } = { from: change.from!.label, to: change.to!.label };
    const key = JSON.stringify([from, to]);
    const pair = found.get(key) ?? { from, to, photos: 0 };
    found.set(key, { ...pair, photos: pair.photos + 1 });
  }
  return [...found.values()].sort((a, b) => b.photos - a.photos);
};

const said: Readonly<Record<ChangeKind, (change: Change) => string>> = {
  added: () => "",
  removed: () => "",
  changed: () => "",
  labels: () => "",
  relabelled: ({ from, to }) => arrow(from!.label, to!.label),
  resplit: ({ from, to }) => arrow(from!.split, to!.split),
  regrouped: ({ from, to }) => arrow(from!.group, to!.group),
  renamed: () => "",
};

const changeLine = (change: Change): string => {
  const { from, to } = change;
  const kinds = kindsOf(change);
  const name = printable((to ?? from)!.name);
  const was = from && to && from.name !== to.name ? `(was ${printable(from.name)})` : "";
  const facts = kinds.map((kind) => said[kind](change)).filter(Boolean);
  return `  ${kinds.join(", ").padEnd(11)} ${[name, ...facts, was].filter(Boolean).join("  ")}`;
};

/** Lines on changes: how many, which labels became which, and the first ones by name. */
export const changeLines = (changes: readonly Change[]): string[] => [
  changesInWords(changes),
  ...relabellings(changes).map(({ from, to, photos }) => `relabelled ${arrow(from, to)}: ${count(photos, "photo")}`),
  ...changes.slice(0, SHOWN).map(changeLine),
  ...(changes.length > SHOWN ? [`  ... and ${changes.length - SHOWN} more (--json lists all)`] : []),
];

/** Changes as JSON. */
export const changesAsJson = (changes: readonly Change[]) => ({
  counts: countKinds(changes),
  relabelled: relabellings(changes),
  changes: changes.map((change) => ({ kinds: kindsOf(change), from: change.from, to: change.to })),
});

/** One line on a commit. */
export const stepLine = ({ version, time, message }: Step, names: readonly string[]): string =>
  `${short(version)}  ${time.slice(0, 16).replace("T", " ")}  ${printable(message)}${names.length > 0 ? `  (${names.map(printable).join(", ")})` : ""}`;
