import { requestError } from "./statuses.ts";

export interface Part {
  readonly field: string;
  /** Name of the file on the client's side, or null for a plain field. */
  readonly fileName: string | null;
  readonly body: Buffer;
}

/** Longest head of a part, in bytes. */
const LONGEST_HEAD = 4096;

const broken = (what: string) => requestError("E_BODY_MULTIPART", `wanted multipart/form-data, got ${what}`);

/** A parameter of a header, `name="a"` or `name=a`, as browsers write it: a quote as %22; undefined where absent. */
const parameter = (header: string, name: string): string | undefined => {
  const found = new RegExp(`;\\s*${name}=(?:"([^"]*)"|([^;\\s]*))`, "i").exec(header);
  return found ? (found[1]?.replaceAll("%22", '"') ?? found[2]) : undefined;
};

/** The boundary of a Content-Type, or null. */
const boundaryOf = (contentType: string): string | null => {
  const boundary = parameter(contentType, "boundary");
  return boundary !== undefined && /^[\x20-\x7e]{1,70}$/.test(boundary) ? boundary : null;
};

const readPart = (head: string, body: Buffer): Part => {
  const line = head.split("\r\n").find((l) => /^content-disposition:/i.test(l)) ?? "";
  const field = parameter(line, "name");
  if (!/^content-disposition:\s*form-data\b/i.test(line) || field === undefined) throw broken("a part without a name");
  return { field, fileName: parameter(line, "filename") ?? null, body };
};

/**
 * The parts of a multipart/form-data body (RFC 7578); their bytes are views into it.
 *
 * @param maxParts  more of them are refused unread
 * @throws E_BODY_MULTIPART, E_BODY_PARTS
 */
export const parseMultipart = (body: Buffer, contentType: string, maxParts: number): Part[] => {
  const boundary = boundaryOf(contentType);
  if (boundary === null) throw broken("no boundary");
  const mark = Buffer.from(`\r\n--${boundary}`);
  const first = mark.subarray(2);
  const start = body.subarray(0, first.length).equals(first) ? -2 : body.indexOf(mark);
  if (start === -1) throw broken("no part");
  let at = start + mark.length;
  const parts: Part[] = [];
  while (body.subarray(at, at + 2).toString("latin1") !== "--") {
    if (parts.length >= maxParts) throw requestError("E_BODY_PARTS", `wanted at most ${maxParts} parts`);
    if (body.subarray(at, at + 2).toString("latin1") !== "\r\n") throw broken("a damaged boundary");
    const headEnd = body.subarray(at, at + LONGEST_HEAD).indexOf("\r\n\r\n");
    const end = headEnd < 0 ? -1 : body.indexOf(mark, at + headEnd + 4);
    if (end < 0) throw broken("a part without an end");
    const head = body.toString("utf8", at + 2, at + headEnd);
    parts.push(readPart(head, body.subarray(at + headEnd + 4, end)));
    at = end + mark.length;
  }
  return parts;
};
