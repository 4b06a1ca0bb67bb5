import { optionError } from "../../base/errors.ts";
import { nearestName } from "../../base/nearest-name.ts";
import { isHash } from "./entry.ts";
import { HEAD, historyOf, MAIN, REMOTE_MAIN, readCommit, tagOf, tagRef, type Step } from "./history.ts";
import type { Store } from "./store.ts";

/** Digits of a hash that are enough to be taken for one. */
const MIN_DIGITS = 4;
/** Candidates named where a beginning fits several. */
const SHOWN = 4;

/** All commits that a name leads to. */
const allSteps = (store: Store): Iterable<Step> =>
  historyOf(store, [...new Set(store.catalogue.refs().map(({ commit }) => commit))]);

/** The commit that a name without "~" means, or null. */
const byName = ({ catalogue }: Store, name: string): string | null =>
  [MAIN, HEAD, REMOTE_MAIN].includes(name) ? catalogue.ref(name) : catalogue.ref(tagRef(name));

/** The newest commit that holds a version. */
const commitOf = (store: Store, version: string): string => {
  for (const step of allSteps(store)) if (step.version === version) return step.id;
  throw optionError(`no commit holds version ${version} any more`, { hint: "See handful data log." });
};

const byHash = (store: Store, digits: string): string | null => {
  const found = store.catalogue.startingWith(digits, ["commit", "manifest"], SHOWN + 1);
  if (found.length === 0) return null;
  const names = found.map(({ hash }) => hash);
  if (found.length > 1)
    throw optionError(`${digits}: wanted one version, got ${found.length > SHOWN ? "many" : names.length}`, {
      hint: `Give more digits: ${names.slice(0, SHOWN).join(", ")}`,
    });
  const { hash, type } = found[0]!;
  return type === "commit" ? hash : commitOf(store, hash);
};

/**
 * The commit that a person names: "main", "head", a tag, the first digits of a version or commit, each with "~2" for
 * the second one before.
 *
 * @throws E_OPTION naming what there is
 */
export const resolveVersion = (store: Store, text: string): Step => {
  const [, name = text, back = "0"] = /^(.*?)(?:~(\d+))?$/.exec(text) ?? [];
  const id =
    byName(store, name) ?? (/^[0-9a-f]+$/.test(name) && name.length >= MIN_DIGITS ? byHash(store, name) : null);
  if (id === null && isHash(name))
    throw optionError(`version ${name} is not kept here`, {
      hint: "A model that names it was trained on photos that were never committed, or in another folder (--in).",
    });
  if (id === null) {
    const known = store.catalogue.refs().map((ref) => tagOf(ref.name) ?? ref.name);
    const near = nearestName(name, known);
    throw optionError(`unknown version "${name}"; known: ${known.join(", ") || "none yet"}`, {
      hint: near ? `Did you mean "${near}"?` : "See handful data log; the first digits of a hash do.",
    });
  }
  let step = readCommit(store, id);
  for (let left = Number(back); left > 0; left--) {
    const [parent] = step.parents;
    if (parent === undefined)
      throw optionError(`${text}: history begins ${left} before`, { hint: "See handful data log." });
    step = readCommit(store, parent);
  }
  return step;
};
