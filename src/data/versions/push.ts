import { dataError, HandfulError } from "../../base/errors.ts";
import { follows, historyOf, MAIN, readManifestRoot, REMOTE_MAIN, tagOf } from "./history.ts";
import { withLock, type LockOptions } from "./lock.ts";
import { decodeManifestPart } from "./manifest-object.ts";
import { encodePack, PACK_BYTES, type LoadedObject, type ObjectType } from "./pack.ts";
import { createObjectReader, readObject } from "./read-object.ts";
import type { Remote } from "./remote.ts";
import { decodeRefs, encodeRefs, REFS_FILE, type RemoteRefs } from "./remote-refs.ts";
import { packFile, remoteObjects } from "./remote-packs.ts";
import type { Store } from "./store.ts";

export interface PushOptions {
  readonly lock: LockOptions;
  /** Bytes after which a pack is sent off; default 64 MiB. */
  readonly packBytes?: number;
  /** Called with bytes sent and bytes to send. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface Pushed {
  readonly objects: number;
  readonly sentBytes: number;
  readonly packs: number;
  readonly main: string;
}

const diverged = (where: string): HandfulError =>
  dataError("E_DIVERGED", `${where} has versions that are not in the history here`, {
    hint: "First: handful data pull; where both went on, check out remote/main, bring your changes in and commit.",
  });

/** Names as they are to be there: ours and theirs, of which none may mean two things. */
const mergedRefs = (store: Store, theirs: RemoteRefs, where: string): RemoteRefs & { main: string } => {
  const main = store.catalogue.ref(MAIN);
  if (main === null) throw dataError("E_NO_VERSION", "there is no version yet", { hint: "First: handful data commit" });
  const isKnown = theirs.main !== null && store.catalogue.find(theirs.main)?.type === "commit";
  if (theirs.main !== null && !(isKnown && follows(store, main, theirs.main))) throw diverged(where);
  const tags = { ...theirs.tags };
  for (const { name, commit } of store.catalogue.refs()) {
    const tag = tagOf(name);
    if (tag === null) continue;
    if (tags[tag] !== undefined && tags[tag] !== commit)
      throw dataError("E_TAG_CONFLICT", `tag "${tag}" names another version in ${where}`, {
        hint: `Give yours another name: handful data tag ${tag} --delete`,
      });
    tags[tag] = commit;
  }
  return { main, tags };
};

/** What the remote lacks: files first and commits last, so that a commit that is there has all it needs there. */
const missingThere = (
  store: Store,
  tips: readonly string[],
  has: (hash: string) => boolean,
): [ObjectType, string][] => {
  const seen = new Set<string>();
  const lists: Record<ObjectType, string[]> = { file: [], part: [], manifest: [], commit: [] };
  const take = (type: ObjectType, hash: string): boolean => {
    if (has(hash) || seen.has(hash)) return false;
    seen.add(hash);
    lists[type].push(hash);
    return true;
  };
  for (const { id, version } of historyOf(store, tips)) {
    if (!take("commit", id)) continue;
    take("manifest", version);
    for (const part of readManifestRoot(store, version).parts) {
      take("part", part);
      for (const { hash } of decodeManifestPart(readObject(store, part, "part"))) take("file", hash);
    }
  }
  return (["file", "part", "manifest", "commit"] as const).flatMap((type) =>
    (type === "commit" ? lists[type].reverse() : lists[type]).map((hash): [ObjectType, string] => [type, hash]),
  );
};

/** Sends objects in packs; each pack that has arrived need not be sent again. */
const send = async (
  store: Store,
  remote: Remote,
  {
    objects,
    packBytes = PACK_BYTES,
    onProgress,
    signal,
  }: Pick<PushOptions, "packBytes" | "onProgress" | "signal"> & {
    readonly objects: readonly (readonly [ObjectType, string])[];
  },
): Promise<{ sentBytes: number; packs: number }> => {
  const reader = createObjectReader(store);
  const places = objects.map(([type, hash]) => reader.locate(hash, type));
  const total = places.reduce((sum, { length }) => sum + length, 0);
  let [sentBytes, packs, waitingBytes] = [0, 0, 0];
  let waiting: LoadedObject[] = [];
  const flush = async (): Promise<void> => {
    if (waiting.length === 0) return;
    signal?.throwIfAborted();
    const { name, bytes } = encodePack(waiting);
    await remote.write(packFile(name), bytes);
    sentBytes += bytes.length;
    packs++;
    [waiting, waitingBytes] = [[], 0];
    onProgress?.(Math.min(sentBytes, total), total);
  };
  try {
    for (const place of places) {
      if (waitingBytes + place.length > packBytes) await flush();
      waiting.push({ type: place.type, hash: place.hash, bytes: reader.read(place) });
      waitingBytes += place.length;
    }
    await flush();
  } finally {
    reader.close();
  }
  return { sentBytes, packs };
};

/**
 * Sends all versions and tags to a remote. Only what it lacks travels; cut off, the same command goes on with the next
 * pack. Its names change last, and only if nobody changed them in between.
 *
 * @throws E_DIVERGED, E_TAG_CONFLICT, E_RACE, E_REMOTE, E_REMOTE_DAMAGED, E_OBJECT_DAMAGED
 */
export const push = async (store: Store, remote: Remote, options: PushOptions): Promise<Pushed> => {
  const before = await remote.read(REFS_FILE);
  const refs = mergedRefs(store, decodeRefs(remote.where, before), remote.where);
  const there = await remoteObjects(store, remote);
  const tips = [...new Set([refs.main, ...Object.values(refs.tags)])].filter(
    (id) => store.catalogue.find(id)?.type === "commit", // tags of theirs may name what was never pulled
  );
  const objects = missingThere(store, tips, (hash) => there.has(hash));
  const sent = await send(store, remote, { ...options, objects });
  const next = encodeRefs(refs);
  if (!before?.equals(next) && !(await remote.swap(REFS_FILE, before, next)))
    throw new HandfulError("permission", "E_RACE", `${remote.where}: somebody else pushed at the same time`, {
      hint: "Run again: what was sent is there already.",
    });
  await withLock(store.catalogue, options.lock, async (writer) =>
    writer.finish(() => store.catalogue.moveRef(REMOTE_MAIN, store.catalogue.ref(REMOTE_MAIN), refs.main)),
  );
  return { objects: objects.length, ...sent, main: refs.main };
};
