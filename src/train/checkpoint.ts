import { artifactError, HandfulError, internalError } from "../base/errors.ts";
import { sizeOf, type Tensor } from "../graph/dtype.ts";

/** Named float32 tensors and what is to be known of them, as bytes. */
export interface Checkpoint {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly metadata: Readonly<Record<string, string>>;
}

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/**
 * Writes tensors in the safetensors format: length of the header (8 bytes), header in JSON, numbers.
 *
 * @see https://github.com/huggingface/safetensors#format
 */
export const encodeCheckpoint = ({ tensors, metadata }: Checkpoint): Uint8Array => {
  const entries: Record<string, Entry | Readonly<Record<string, string>>> = { __metadata__: metadata };
  let end = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    if (dtype !== "float32") throw internalError(`checkpoints hold float32, not ${dtype} ("${name}")`);
    entries[name] = { dtype: "F32", shape, data_offsets: [end, (end += 4 * data.length)] };
  }
  const json = new TextEncoder().encode(JSON.stringify(entries));
  const header = Math.ceil(json.length / 8) * 8;
  const bytes = new Uint8Array(8 + header + end).fill(0x20, 8, 8 + header);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header), true);
  bytes.set(json, 8);
  let at = 8 + header;
  for (const { data } of Object.values(tensors)) {
    const floats = data as Float32Array;
    bytes.set(new Uint8Array(floats.buffer, floats.byteOffset, floats.byteLength), at);
    at += floats.byteLength;
  }
  return bytes;
};

/**
 * Reads what `encodeCheckpoint` wrote.
 *
 * @throws artifactError E_CHECKPOINT when the bytes are cut off or something else
 */
export const decodeCheckpoint = (bytes: Uint8Array): Checkpoint => {
  try {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const from = 8 + Number(view.getBigUint64(0, true));
    const { __metadata__: metadata = {}, ...entries } = JSON.parse(
      new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(8, from)),
    ) as Record<string, Entry> & { __metadata__?: Record<string, string> };
    const tensors = Object.entries(entries).map(
      ([
        name,
        {
          shape,
          data_offsets: [start, end],
        },
      ]) => {
        if (from + end > bytes.length || end - start !== 4 * sizeOf(shape)) throw damaged(`"${name}" is cut off`);
        // a copy of its own: at any offset, and of a Buffer too, whose slice is a view
        const data = new Float32Array(new Uint8Array(bytes.subarray(from + start, from + end)).buffer);
        return [name, { dtype: "float32", shape, data } satisfies Tensor] as const;
      },
    );
    return { tensors: Object.fromEntries(tensors), metadata };
  } catch (thrown) {
    throw thrown instanceof HandfulError ? thrown : damaged("it cannot be read", thrown);
  }
};

const damaged = (what: string, cause?: unknown): HandfulError =>
  artifactError("E_CHECKPOINT", `the checkpoint is damaged: ${what}`, {
    hint: "Train again without --resume.",
    ...(cause !== undefined && { cause }),
  });
