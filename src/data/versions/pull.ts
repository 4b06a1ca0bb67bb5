import { dataError, type HandfulError } from "../../base/errors.ts";
import type { Location } from "./catalogue.ts";
import { decodeCommit } from "./commit-object.ts";
import { follows, historyOf, MAIN, REMOTE_MAIN, tagRef } from "./history.ts";
import { withLock, type LockOptions, type Writer } from "./lock.ts";
import { decodeManifestPart, decodeManifestRoot } from "./manifest-object.ts";
import type { LoadedObject, ObjectType } from "./pack.ts";
import { packsInto, withPacks, type PackWriter } from "./pack-writer.ts";
import { readObject } from "./read-object.ts";
import type { Remote } from "./remote.ts";
import { decodeRefs, REFS_FILE, type RemoteRefs } from "./remote-refs.ts";
import { fetchObjects, remoteObjects } from "./remote-packs.ts";
import { dropDamaged } from "./drop-damaged.ts";
import type { Store } from "./store.ts";
import { sweepPacks, sweepTemporary } from "./sweep.ts";

export interface PullOptions {
  readonly lock: LockOptions;
  /** Whether to read all that is here, and fetch anew what is damaged. */
  readonly repair: boolean;
  /** Called with objects fetched and objects to fetch. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface Pulled {
  readonly objects: number;
  readonly receivedBytes: number;
  /** The newest version there. */
  readonly main: string;
  /** Whether `main` here moved on to it. */
  readonly moved: boolean;
  readonly tags: readonly string[];
}

/** Takes objects from here, or from the remote where they are not. */
interface Source {
  readonly take: (type: ObjectType, hashes: readonly string[]) => Promise<Map<string, Buffer>>;
  /** What came from the remote. */
  readonly fetched: LoadedObject[];
}

const lost = (remote: Remote, type: ObjectType, hash: string): HandfulError =>
  dataError("E_REMOTE_INCOMPLETE", `${remote.where} lacks the ${type} ${hash}`, {
    hint: "Push again from a folder that has all versions.",
  });

const createSource = (store: Store, remote: Remote, there: ReadonlyMap<string, Location>): Source => {
  const fetched: LoadedObject[] = [];
  const take = async (type: ObjectType, hashes: readonly string[]): Promise<Map<string, Buffer>> => {
    const found = new Map<string, Buffer>();
    const away: Location[] = [];
    for (const hash of new Set(hashes)) {
      if (store.catalogue.find(hash)?.type === type) found.set(hash, readObject(store, hash, type));
      else {
        const place = there.get(hash);
        if (place?.type !== type) throw lost(remote, type, hash);
        away.push(place);
      }
    }
    for await (const object of fetchObjects(remote, away)) {
      fetched.push(object);
      found.set(object.hash, object.bytes);
    }
    return found;
  };
  return { take, fetched };
};

/** Follows commits to all files that they need; `known` are commits of which all is here. */
const filesNeeded = async (
  tips: readonly string[],
  known: ReadonlySet<string>,
  { take }: Source,
): Promise<Set<string>> => {
  const versions = new Set<string>();
  const seen = new Set(known);
  let open = [...new Set(tips)].filter((id) => !seen.has(id));
  while (open.length > 0) {
    for (const id of open) seen.add(id);
    const commits = [...(await take("commit", open)).values()].map(decodeCommit);
    for (const { version } of commits) versions.add(version);
    open = [...new Set(commits.flatMap(({ parents }) => parents))].filter((id) => !seen.has(id));
  }
  const roots = [...(await take("manifest", [...versions])).values()].map(decodeManifestRoot);
  const parts = await take("part", [...new Set(roots.flatMap((root) => root.parts))]);
  return new Set([...parts.values()].flatMap((bytes) => decodeManifestPart(bytes).map(({ hash }) => hash)));
};

/** Fetches all that commits need and is not here; files first, so that a commit that is here has all it needs here. */
const fetchAll = async (
  store: Store,
  remote: Remote,
  {
    tips,
    packs,
    repair,
    onProgress,
    signal,
  }: PullOptions & { readonly tips: readonly string[]; readonly packs: PackWriter },
): Promise<Pick<Pulled, "objects" | "receivedBytes">> => {
  const there = await remoteObjects(store, remote);
  const source = createSource(store, remote, there);
  const refs = store.catalogue.refs().map(({ commit }) => commit);
  const known = repair ? [] : historyOf(store, [...new Set(refs)]).map(({ id }) => id);
  const files = await filesNeeded(tips, new Set(known), source);
  const away = [...files]
    .filter((hash) => !store.catalogue.find(hash))
    .map((hash) => {
      const place = there.get(hash);
      if (place?.type !== "file") throw lost(remote, "file", hash);
      return place;
    });
  let receivedBytes = 0;
  let objects = 0;
  const keep = ({ type, hash, bytes }: LoadedObject): void => {
    packs.add(type, hash, bytes);
    receivedBytes += bytes.length;
    objects++;
    onProgress?.(objects, away.length + source.fetched.length);
    signal?.throwIfAborted();
  };
  for await (const object of fetchObjects(remote, away)) keep(object);
  for (const type of ["part", "manifest", "commit"] as const)
    for (const object of source.fetched.filter((each) => each.type === type).reverse()) keep(object);
  packs.finish();
  return { objects, receivedBytes };
};

/** Takes over the names of the remote, of which none may mean two things. */
const takeRefs = (
  store: Store,
  writer: Writer,
  { main, tags }: RemoteRefs & { main: string },
  where: string,
): boolean => {
  const { catalogue } = store;
  const ours = catalogue.ref(MAIN);
  const isOlder = ours === null || follows(store, main, ours);
  const conflict = Object.entries(tags).find(([tag, commit]) => ![null, commit].includes(catalogue.ref(tagRef(tag))));
  writer.finish(() => {
    catalogue.moveRef(REMOTE_MAIN, catalogue.ref(REMOTE_MAIN), main);
    for (const [tag, commit] of Object.entries(tags)) catalogue.moveRef(tagRef(tag), null, commit);
    if (isOlder) catalogue.moveRef(MAIN, ours, main);
  });
  if (conflict)
    throw dataError("E_TAG_CONFLICT", `tag "${conflict[0]}" names another version in ${where}`, {
      hint: `All else was pulled. To take theirs: handful data tag ${conflict[0]} --delete, then pull again.`,
    });
  if (!isOlder && !follows(store, ours, main))
    throw dataError("E_DIVERGED", `here and in ${where} there are versions that the other has not`, {
      hint: "All was pulled as remote/main: check it out, bring your changes in, and commit: the new version follows both.",
    });
  return isOlder && ours !== main;
};

/**
 * Fetches all versions and tags of a remote. Only what is not here travels, and every object is checked against its
 * hash; cut off, the same command goes on. The folder stays as it is: `checkout` turns it into a version.
 *
 * @throws E_REMOTE_EMPTY, E_REMOTE_INCOMPLETE, E_REMOTE_DAMAGED, E_DIVERGED, E_TAG_CONFLICT, E_LOCKED
 */
export const pull = (store: Store, remote: Remote, options: PullOptions): Promise<Pulled> =>
  withLock(store.catalogue, options.lock, async (writer) => {
    sweepTemporary(store);
    sweepPacks(store);
    const { main, tags } = decodeRefs(remote.where, await remote.read(REFS_FILE));
    if (main === null)
      throw dataError("E_REMOTE_EMPTY", `${remote.where}: no versions there`, {
        hint: "Was it pushed to another place?",
      });
    if (options.repair) await dropDamaged(store, writer, options.lock.now);
    const tips = [main, ...Object.values(tags)];
    const got = await withPacks(packsInto(store, writer, options.lock.now), store, (packs) =>
      fetchAll(store, remote, { ...options, tips, packs }),
    );
    const moved = takeRefs(store, writer, { main, tags }, remote.where);
    return { ...got, main, moved, tags: Object.keys(tags) };
  });
