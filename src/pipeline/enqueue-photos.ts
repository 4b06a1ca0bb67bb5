import type { DataSet } from "../data/dataset.ts";
import { HandfulError } from "../base/errors.ts";
import { readItem } from "../data/image.ts";
import { beginRun, enqueueChunk, knownNames, type Patience } from "../queue/enqueue.ts";
import type { Queue } from "../queue/open-queue.ts";
import type { QueuedPicture } from "../queue/result-row.ts";
import type { Task } from "../queue/task.ts";

export interface EnqueueOptions {
  readonly run: string;
  readonly task: Task;
  /** Pictures of one job. */
  readonly chunk: number;
  readonly patience: Patience;
  readonly onProgress?: (done: number, total: number) => void;
  /** Aborted: what was enqueued stays; the same command goes on from there. */
  readonly signal?: AbortSignal;
}

export interface Enqueued {
  /** Pictures put into the run now, and those that it had before. */
  readonly added: number;
  readonly known: number;
}

/** A picture with the hash of its bytes; what cannot be read becomes a result with an error later. */
const hashed = async (item: DataSet["items"][number]): Promise<QueuedPicture> => {
  try {
    return { name: item.name, sha256: (await readItem(item)).sha256 };
  } catch (thrown) {
    if (thrown instanceof HandfulError) return { name: item.name, sha256: null };
    throw thrown;
  }
};

/** Files read at the same time. */
const READERS = 8;

const hashAll = async (items: DataSet["items"]): Promise<QueuedPicture[]> => {
  const all: QueuedPicture[] = [];
  for (let at = 0; at < items.length; at += READERS)
    all.push(...(await Promise.all(items.slice(at, at + READERS).map(hashed))));
  return all;
};

/**
 * Puts pictures into a run, chunk by chunk; those it has already are neither read nor enqueued again.
 *
 * @throws as `beginRun`
 */
export const enqueuePhotos = async (
  queue: Queue,
  items: DataSet["items"],
  { run, task, chunk, patience, onProgress, signal }: EnqueueOptions,
): Promise<Enqueued> => {
  await beginRun(queue, run, task);
  let added = 0;
  for (let at = 0; at < items.length; at += chunk) {
    signal?.throwIfAborted();
    const some = items.slice(at, at + chunk);
    const known = await knownNames(
      queue,
      run,
      some.map(({ name }) => name),
    );
    const pictures = await hashAll(some.filter(({ name }) => !known.has(name)));
    if (pictures.length > 0) added += await enqueueChunk(queue, run, { pictures, patience });
    onProgress?.(at + some.length, items.length);
  }
  return { added, known: items.length - added };
};
