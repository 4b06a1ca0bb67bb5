import type { z } from "zod";
import { classifyRequest } from "../api/classify.ts";
import { inferRequest, type InferInput } from "../api/inference.ts";
import { parseMultipart } from "./multipart.ts";
import { requestError } from "./statuses.ts";
import { parseStrictJson } from "./strict-json.ts";

/** What a request to classify asks. */
export interface ClassifyAsk {
  readonly model: string | null;
  readonly key: string | null;
  readonly top: number | null;
  readonly pictures: readonly { readonly name: string | null; readonly image: Uint8Array }[];
}

/** What a request of the Open Inference Protocol asks. */
export interface InferAsk {
  readonly id: string | null;
  /** uint8 RGB [height, width, 3] each. */
  readonly pictures: readonly Uint8Array[];
  /** Names of the outputs wanted, or null for all. */
  readonly outputs: readonly string[] | null;
}

const tooMany = (most: number) =>
  requestError("E_BODY_PARTS", `wanted at most ${most} pictures`, "Send them in several requests.");

/** Checks JSON against a schema. */
export const readJson = <T>(bytes: Uint8Array, schema: z.ZodType<T>): T => {
  const checked = schema.safeParse(parseStrictJson(bytes));
  if (checked.success) return checked.data;
  const { path, message } = checked.error.issues[0]!;
  throw requestError("E_BODY_FIELDS", `${path.join(".") || "body"}: ${message}`, "The routes are described at /docs.");
};

const fromBase64 = (text: string): Uint8Array => {
  const from = /^data:[\w.+/-]{0,64};base64,/.exec(text.slice(0, 96))?.[0].length ?? 0;
  const digits = text.length - from - (text.endsWith("==") ? 2 : text.endsWith("=") ? 1 : 0);
  const bytes = Buffer.from(from === 0 ? text : text.slice(from), "base64");
  // The decoder skips what it does not know; then bytes are missing.
  if (bytes.length !== Math.floor((digits * 3) / 4) || digits % 4 === 1)
    throw requestError("E_BODY_BASE64", "wanted an image in base64, got other characters");
  return bytes;
};

/** A request to classify as JSON. */
export const readClassifyJson = (bytes: Uint8Array, maxPictures: number): ClassifyAsk => {
  const { image, images, model, key, top } = readJson(bytes, classifyRequest);
  const given = images ?? [{ data: image! }];
  if (given.length > maxPictures) throw tooMany(maxPictures);
  return {
    model: model ?? null,
    key: key ?? null,
    top: top ?? null,
    pictures: given.map(({ data, ...rest }) => ({
      name: "name" in rest ? (rest.name ?? null) : null,
      image: fromBase64(data),
    })),
  };
};

/** How many plain fields may stand beside the pictures of a form. */
const MAX_FIELDS = 8;

const readTop = (text: string): number => {
  const top = Number(text);
  if (!Number.isInteger(top) || top < 1)
    throw requestError(
      "E_BODY_FIELDS",
      `top: wanted a whole number from 1 up, got ${JSON.stringify(text.slice(0, 32))}`,
    );
  return top;
};

/** A request to classify as a form: every file is a picture; `model`, `key` and `top` are plain fields. */
export const readClassifyForm = (body: Buffer, contentType: string, maxPictures: number): ClassifyAsk => {
  const parts = parseMultipart(body, contentType, maxPictures + MAX_FIELDS);
  const files = parts.filter(({ fileName }) => fileName !== null);
  if (files.length === 0)
    throw requestError("E_BODY_FIELDS", "wanted at least one file in the form", "curl -F image=@photo.jpg …");
  if (files.length > maxPictures) throw tooMany(maxPictures);
  const field = (name: string): string | null =>
    parts.find((part) => part.fileName === null && part.field === name)?.body.toString("utf8", 0, 256) ?? null;
  const top = field("top");
  return {
    model: field("model"),
    key: field("key"),
    top: top === null ? null : readTop(top),
    pictures: files.map(({ fileName, body: image }) => ({ name: fileName!.slice(0, 256), image })),
  };
};

/** Which model and how many classes an address asks for, for bodies that are the picture itself. */
export const readClassifyQuery = (query: Readonly<Record<string, unknown>>): Omit<ClassifyAsk, "pictures"> => {
  const text = (value: unknown): string | null => (typeof value === "string" ? value : null);
  const top = text(query.top);
  return { model: text(query.model), key: text(query.key), top: top === null ? null : readTop(top) };
};

/** Size of a model's input, in pixels. */
interface InputSize {
  readonly height: number;
  readonly width: number;
}

const tensorError = (message: string) =>
  requestError("E_TENSOR", message, "GET /v2/models/{name} says what the model takes.");

/** Writes numbers, flat or nested, into bytes; gives where it stopped. */
const flatten = (data: readonly unknown[], into: Uint8Array, start: number): number => {
  let at = start;
  for (const value of data) {
    if (Array.isArray(value)) at = flatten(value, into, at);
    else {
      if (!Number.isInteger(value) || (value as number) < 0 || (value as number) > 255)
        throw tensorError("pixels: wanted whole numbers from 0 to 255");
      if (at < into.length) into[at] = value as number;
      at++;
    }
  }
  return at;
};

const pixelsOf = (input: InferInput, binary: Uint8Array, size: number): Uint8Array => {
  const binarySize = input.parameters?.binary_data_size;
  if (binarySize !== undefined) {
    if (input.data !== undefined) throw tensorError("pixels: wanted data or binary_data_size, got both");
    if (binarySize !== size || binary.length !== size)
      throw tensorError(`pixels: wanted ${size} bytes behind the JSON, got ${binary.length}`);
    return binary;
  }
  if (!Array.isArray(input.data)) throw tensorError("pixels: wanted data, an array of numbers");
  const pixels = new Uint8Array(size);
  const got = flatten(input.data, pixels, 0);
  if (got !== size) throw tensorError(`pixels: wanted ${size} numbers, got ${got}`);
  return pixels;
};

/**
 * A request of the Open Inference Protocol.
 *
 * @param jsonLength  bytes of JSON at the beginning, behind which pixels follow as they are (the protocol's binary
 *   extension); null: all of it
 */
export const readInfer = (
  body: Uint8Array,
  jsonLength: number | null,
  { height, width, maxPictures }: InputSize & { readonly maxPictures: number },
): InferAsk => {
  const length = jsonLength ?? body.length;
  if (!Number.isInteger(length) || length < 0 || length > body.length)
    throw tensorError("Inference-Header-Content-Length: wanted the length of the JSON in bytes");
  const { id, inputs, outputs } = readJson(body.subarray(0, length), inferRequest);
  const input = inputs[0]!;
  const [n = 0, ...rest] = input.shape;
  if (input.name !== "pixels")
    throw tensorError(`wanted the input "pixels", got ${JSON.stringify(input.name.slice(0, 64))}`);
  if (input.datatype !== "UINT8") throw tensorError("pixels: wanted the datatype UINT8");
  if (rest.join() !== [height, width, 3].join())
    throw tensorError(`pixels: wanted the shape [n, ${height}, ${width}, 3], got [${input.shape.join(", ")}]`);
  if (n < 1) throw tensorError("pixels: wanted at least one picture");
  if (n > maxPictures) throw tooMany(maxPictures);
  const size = height * width * 3;
  const pixels = pixelsOf(input, body.subarray(length), n * size);
  return {
    id: id ?? null,
    pictures: Array.from({ length: n }, (_, i) => pixels.subarray(i * size, (i + 1) * size)),
    outputs: outputs?.map(({ name }) => name) ?? null,
  };
};
