import { HandfulError, messageOf, type ErrorKind } from "../base/errors.ts";

/** Exit codes by kind of error; 0 is success. */
export const exitCodes: Readonly<Record<ErrorKind, number>> = {
  internal: 1,
  usage: 2,
  data: 3,
  damaged: 4,
  training: 5,
  missing: 6,
  permission: 7,
  address: 8,
  interrupted: 130,
};

const systemErrors: Readonly<Record<string, readonly [ErrorKind, string]>> = {
  EACCES: ["permission", "Check the permissions of that path, or choose another with --out."],
  EPERM: ["permission", "Check the permissions of that path, or choose another with --out."],
  EROFS: ["permission", "The file system is read-only; choose another place with --out."],
  ENOSPC: ["permission", "The disk is full; make room, or choose another place with --out or --cache-dir."],
  EDQUOT: ["permission", "The quota is used up; make room, or choose another place with --out or --cache-dir."],
  EFBIG: ["permission", "The file grew over the allowed size; choose another place with --out or --cache-dir."],
  ENOENT: ["missing", "Check the path."],
  EEXIST: ["usage", "Something else is there already; choose another path."],
  EISDIR: ["usage", "A folder is there; name a file."],
  ELOOP: ["usage", "Check the path: a link in it leads in a circle."],
  ENAMETOOLONG: ["usage", "Choose a shorter name."],
  ENOTDIR: ["usage", "Check the path: a part of it is no folder."],
};

/** Anything thrown as an error of ours: failures of the system get a kind and a hint, the rest is our bug. */
export const asHandfulError = (thrown: unknown): HandfulError => {
  if (thrown instanceof HandfulError) return thrown;
  const code = thrown instanceof Error && "code" in thrown ? String(thrown.code) : "";
  const system = systemErrors[code];
  if (system) return new HandfulError(system[0], `E_${code}`, messageOf(thrown), { hint: system[1], cause: thrown });
  if (thrown instanceof Error && thrown.name === "AbortError")
    return new HandfulError("interrupted", "E_INTERRUPTED", "interrupted", { cause: thrown });
  return new HandfulError("internal", "E_INTERNAL", `internal: ${messageOf(thrown)}`, {
    hint: "This is a bug of Handful: run again with --debug and report what it prints.",
    cause: thrown,
  });
};
