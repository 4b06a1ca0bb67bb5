import { compareNames } from "../names.ts";
import type { Entry } from "./entry.ts";

/** One photo that is not what it was; null where there is none. */
export interface Change {
  readonly from: Entry | null;
  readonly to: Entry | null;
}

/** What can have happened to a photo, several of them at once. */
export const CHANGE_KINDS = [
  "added",
  "removed",
  "changed", // other bytes under the same name
  "relabelled",
  "resplit",
  "regrouped",
  "renamed",
  "labels", // the file with the labels, which is no photo
] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

export const kindsOf = ({ from, to }: Change): ChangeKind[] => {
  if ((from ?? to)!.role === "labels") return ["labels"];
  if (from === null) return ["added"];
  if (to === null) return ["removed"];
  const kinds: ChangeKind[] = [];
  if (from.hash !== to.hash) kinds.push("changed");
  if (from.label !== to.label) kinds.push("relabelled");
  if (from.split !== to.split) kinds.push("resplit");
  if (from.group !== to.group) kinds.push("regrouped");
  if (kinds.length === 0 || (from.name !== to.name && !kinds.includes("relabelled") && !kinds.includes("resplit")))
    kinds.push("renamed");
  return kinds;
};

const isSame = (a: Entry, b: Entry): boolean =>
  a.hash === b.hash && a.role === b.role && a.label === b.label && a.split === b.split && a.group === b.group;

const baseName = (name: string): string => name.slice(name.lastIndexOf("/") + 1);

/** Takes the photo of the same bytes out of those that are gone, if there is one; of copies the one of the same name. */
const takeTwin = (gone: Map<string, Entry[]>, to: Entry): Entry | null => {
  const twins = gone.get(to.hash) ?? [];
  const best = twins.findIndex((from) => from.role === to.role && baseName(from.name) === baseName(to.name));
  const at = best >= 0 ? best : twins.findIndex((from) => from.role === to.role);
  return at < 0 ? null : twins.splice(at, 1)[0]!;
};

/**
 * What became of the photos from one version to another, by name.
 *
 * A photo that went to another place is known by its bytes: from `bolt/1.jpg` to `nut/1.jpg` it is relabelled, not
 * removed and added.
 */
export const differenceOf = (before: readonly Entry[], after: readonly Entry[]): Change[] => {
  const old = new Map(before.map((entry) => [entry.name, entry]));
  const now = new Set(after.map(({ name }) => name));
  const gone = new Map<string, Entry[]>();
  for (const entry of before) if (!now.has(entry.name)) gone.set(entry.hash, [...(gone.get(entry.hash) ?? []), entry]);
  const changes: Change[] = [];
  for (const to of after) {
    const from = old.get(to.name) ?? takeTwin(gone, to);
    if (!from || from.name !== to.name || !isSame(from, to)) changes.push({ from, to });
  }
  for (const from of [...gone.values()].flat()) changes.push({ from, to: null });
  const name = ({ from, to }: Change): string => (to ?? from)!.name;
  return changes.sort((a, b) => compareNames(name(a), name(b)));
};

/** How many changes there are of each kind; kinds without any are left out. */
export const countKinds = (changes: readonly Change[]): Partial<Record<ChangeKind, number>> => {
  const counts: Partial<Record<ChangeKind, number>> = {};
  for (const kind of CHANGE_KINDS) {
    const count = changes.filter((change) => kindsOf(change).includes(kind)).length;
    if (count > 0) counts[kind] = count;
  }
  return counts;
};
