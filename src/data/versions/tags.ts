import { optionError } from "../../base/errors.ts";
import { readCommit, tagOf, tagRef, type Step } from "./history.ts";
import { withLock, type LockOptions } from "./lock.ts";
import type { Store } from "./store.ts";

/** Names that mean something else, or would be taken for the digits of a hash. */
const isTaken = (name: string): boolean => /^(main|head|remote)$/i.test(name) || /^[0-9a-f]{4,64}$/.test(name);

/** @throws E_OPTION where a name cannot be a tag */
export const checkTag = (name: string): void => {
  if (!/^[A-Za-z0-9][\w.-]{0,99}$/.test(name) || isTaken(name))
    throw optionError(
      `tag "${name}": wanted letters, digits, ".", "_" and "-", and no name that means something else`,
      {
        hint: "For example: handful data tag v1",
      },
    );
};

/** All tags with what they name. */
export const listTags = (store: Store): { tag: string; step: Step }[] =>
  store.catalogue.refs().flatMap(({ name, commit }) => {
    const tag = tagOf(name);
    return tag === null ? [] : [{ tag, step: readCommit(store, commit) }];
  });

/**
 * Names a version, or takes the name away (null).
 *
 * @throws E_OPTION where the name means another version, or none
 */
export const moveTag = (store: Store, tag: string, step: Step | null, lock: LockOptions): Promise<void> => {
  checkTag(tag);
  return withLock(store.catalogue, lock, async (writer) =>
    writer.finish(() => {
      const now = store.catalogue.ref(tagRef(tag));
      if (step && now !== null && now !== step.id)
        throw optionError(`tag "${tag}" names another version`, { hint: `First: handful data tag ${tag} --delete` });
      if (!step && now === null)
        throw optionError(`no tag "${tag}"`, { hint: "handful data tag lists those there are." });
      store.catalogue.moveRef(tagRef(tag), now, step && step.id);
    }),
  );
};
