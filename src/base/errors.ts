/** What kind of thing went wrong; the CLI maps it to an exit code and HTTP to a status, each in one table. */
export type ErrorKind =
  | "usage" // an option or argument that cannot be used
  | "data" // images, labels or manifests that cannot be used
  | "damaged" // a store or model file that is not what it should be
  | "training" // training could not go on
  | "missing" // network, model or file not to be had
  | "permission" // not allowed, read-only, or no space
  | "address" // port or address not to be had
  | "interrupted"
  | "internal"; // our own bug

export interface HandfulErrorOptions {
  /** What the reader can do about it. */
  hint?: string;
  cause?: unknown;
}

/**
 * An error meant for the person who runs Handful: where, what was wanted, what was got, and what to do.
 *
 * `code` is stable (`E_IMAGE_EMPTY`), `kind` groups codes for exit codes and HTTP statuses.
 */
export class HandfulError extends Error {
  readonly code: string;
  readonly kind: ErrorKind;
  readonly hint: string | undefined;

  constructor(kind: ErrorKind, code: string, message: string, options: HandfulErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "HandfulError";
    this.kind = kind;
    this.code = code;
    this.hint = options.hint;
  }
}

/** A tensor whose shape is not the wanted one: `ShapeError("MatMul", "[m, k] x [k, n]", "[2, 3] x [4, 5]")`. */
export const shapeError = (where: string, wanted: string, got: string): HandfulError =>
  new HandfulError("internal", "E_SHAPE", `${where}: wanted ${wanted}, got ${got}`);

/** Images, labels or manifests that cannot be used. */
export const dataError = (code: string, message: string, options?: HandfulErrorOptions): HandfulError =>
  new HandfulError("data", code, message, options);

/** An option or argument that cannot be used. */
export const optionError = (message: string, options?: HandfulErrorOptions): HandfulError =>
  new HandfulError("usage", "E_OPTION", message, options);

/** A model file that is not what it should be. */
export const artifactError = (code: string, message: string, options?: HandfulErrorOptions): HandfulError =>
  new HandfulError("damaged", code, message, options);

/** A broken invariant of ours: never the user's mistake. */
export const internalError = (message: string, options?: HandfulErrorOptions): HandfulError =>
  new HandfulError("internal", "E_INTERNAL", `internal: ${message}`, options);

/** The message of anything thrown, also of strings and plain objects that libraries throw. */
export const messageOf = (thrown: unknown): string =>
  thrown instanceof Error ? thrown.message : typeof thrown === "string" ? thrown : JSON.stringify(thrown);
