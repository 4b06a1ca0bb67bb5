import { HandfulError } from "../base/errors.ts";

/** Why a request did not give what was asked for. */
export type FaultReason =
  | "no-network" // the other side cannot be reached at all
  | "cut" // the connection broke, or nothing came for too long
  | "unresumable" // the half that is there does not fit the half that is offered
  | "busy" // 429 or 5xx
  | "denied"
  | "not-found"
  | "web-page" // HTML in place of the file
  | "redirects"
  | "unexpected"; // anything else that no second try mends

/** A request that failed, for `downloadFile` to try again or to report. */
export class HubFault extends Error {
  readonly reason: FaultReason;
  /** How long the server asks to be left alone, in milliseconds; null where it says nothing. */
  readonly retryAfterMs: number | null;

  constructor(reason: FaultReason, message: string, options: { retryAfterMs?: number | null; cause?: unknown } = {}) {
    super(message, { cause: options.cause });
    this.name = "HubFault";
    this.reason = reason;
    this.retryAfterMs = options.retryAfterMs ?? null;
  }
}

const codes: Readonly<Record<FaultReason, string>> = {
  "no-network": "E_HUB_NO_NETWORK",
  cut: "E_HUB_CUT",
  unresumable: "E_HUB_CUT",
  busy: "E_HUB_BUSY",
  denied: "E_HUB_DENIED",
  "not-found": "E_HUB_NOT_FOUND",
  "web-page": "E_HUB_WEB_PAGE",
  redirects: "E_HUB_REDIRECTS",
  unexpected: "E_HUB_ANSWER",
};

/** A fault as the error the person sees: what was wanted, why it is not to be had, what to do. */
export const hubError = (wanted: string, fault: HubFault, hint: string): HandfulError =>
  new HandfulError("missing", codes[fault.reason], `cannot download ${wanted}: ${fault.message}`, {
    hint: fault.reason === "denied" ? `Set HF_TOKEN if it is private or gated. ${hint}` : hint,
    cause: fault,
  });
