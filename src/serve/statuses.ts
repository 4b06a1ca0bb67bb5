import { HandfulError, type ErrorKind } from "../base/errors.ts";

/** HTTP status of every error, by code and else by kind. The one table. */
const BY_CODE: Readonly<Record<string, number>> = {
  E_KEY_MISSING: 401,
  E_KEY_WRONG: 401,
  E_KEY_PLACE: 401,
  E_KEY_SCOPE: 403,
  E_HOST: 403,
  E_ORIGIN: 403,
  E_ROUTE: 404,
  E_MODEL_UNKNOWN: 404,
  E_MODEL_VERSION_UNKNOWN: 404,
  E_METHOD: 405,
  E_MODEL_LOADING: 409,
  E_SLOW: 408,
  E_BODY_TOO_LARGE: 413,
  E_BODY_PARTS: 413,
  E_BODY_TYPE: 415,
  E_BODY_ENCODING: 415,
  E_IMAGE_FORMAT: 415,
  E_DICOM_PIXELS: 415,
  E_DICOM_SYNTAX: 415,
  E_NIFTI_KIND: 415,
  E_NO_VOLUME: 415,
  E_BUSY: 429,
  E_KEY_RATE: 429,
  E_HEADERS: 431,
  E_LEFT: 499,
  E_ENGINE: 503,
  E_DRAINING: 503,
  E_MODEL_NOT_READY: 503,
  E_DEADLINE: 504,
};

const BY_KIND: Readonly<Record<ErrorKind, number>> = {
  usage: 400,
  data: 422,
  damaged: 500,
  training: 500,
  missing: 404,
  permission: 403,
  address: 500,
  interrupted: 503,
  internal: 500,
};

export const statusOf = ({ code, kind }: HandfulError): number => BY_CODE[code] ?? BY_KIND[kind];

/** What a busy server knows of when to try again; the `cause` of E_BUSY. */
export interface Busy {
  readonly retryAfterSeconds: number;
}

/** Seconds after which to try again, for answers that say so. */
export const retryAfter = (error: HandfulError): number | null => {
  const status = statusOf(error);
  if (status !== 429 && status !== 503) return null;
  const { cause } = error;
  return typeof cause === "object" && cause !== null && "retryAfterSeconds" in cause
    ? Number(cause.retryAfterSeconds)
    : 1;
};

export const requestError = (code: string, message: string, hint?: string): HandfulError =>
  new HandfulError("usage", code, message, hint === undefined ? {} : { hint });

/** Codes of failures inside, whose text is for the log: it could tell of paths and of the runtime. */
const PRIVATE: ReadonlySet<string> = new Set(["E_INTERNAL", "E_MODEL_RUN", "E_WORKER"]);

/** The text for the client. */
export const publicMessage = ({ code, message }: HandfulError, requestId: string): string =>
  PRIVATE.has(code) ? `something failed inside the server; its log tells more under request ${requestId}` : message;
