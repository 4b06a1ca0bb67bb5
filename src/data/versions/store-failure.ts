import { statfsSync } from "node:fs";
import { HandfulError, messageOf } from "../../base/errors.ts";

/** Result codes of SQLite (https://www.sqlite.org/rescode.html) as what the system would have said. */
const sqliteCodes: Readonly<Record<number, string>> = {
  5: "EBUSY",
  8: "EROFS",
  10: "EIO",
  11: "DAMAGED",
  13: "ENOSPC",
  14: "EACCES",
  26: "DAMAGED",
};

// The high byte only says more of the same.
const codeOf = (thrown: unknown): string => {
  if (!(thrown instanceof Error)) return "";
  if ("errcode" in thrown) return sqliteCodes[Number(thrown.errcode) & 0xff] ?? "";
  return "code" in thrown ? String(thrown.code) : "";
};

const sized = (bytes: number): string =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

const freeBytes = (folder: string): number | null => {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize;
  } catch {
    return null; // the folder itself is gone: the error that led here says so
  }
};

const noSpace = (folder: string, neededBytes: number, cause: unknown): HandfulError => {
  const free = freeBytes(folder);
  const limit = codeOf(cause) === "EFBIG" ? "a file may not grow so large here" : "no space left";
  return new HandfulError(
    "permission",
    "E_NO_SPACE",
    `${folder}: ${limit}: wanted ${neededBytes > 0 ? sized(neededBytes) : "room for the catalogue"}, ${free === null ? "free space not known" : `${sized(free)} free`}`,
    { hint: "Make room and run again: nothing was changed, and what was stored so far is used.", cause },
  );
};

/**
 * What went wrong with a store, as an error that says what to do; anything that is no failure of system or catalogue
 * comes back as it is.
 *
 * @param folder  the store's
 * @param neededBytes  what was to be written
 */
export const storeFailure = (thrown: unknown, folder: string, neededBytes = 0): unknown => {
  if (thrown instanceof HandfulError) return thrown;
  const options = { cause: thrown };
  switch (codeOf(thrown)) {
    case "ENOSPC":
    case "EDQUOT":
    case "EFBIG":
      return noSpace(folder, neededBytes, thrown);
    case "EACCES":
    case "EPERM":
    case "EROFS":
      return new HandfulError("permission", "E_READ_ONLY", `${folder}: not allowed to write here`, {
        hint: "status, log, diff and check work all the same; for the rest, give yourself the right to write.",
        ...options,
      });
    case "EIO":
      return new HandfulError("permission", "E_DISK", `${folder}: the disk failed (${messageOf(thrown)})`, {
        hint: "Check the disk, then run again; handful data check says whether all is whole.",
        ...options,
      });
    case "EBUSY":
      return new HandfulError("permission", "E_LOCKED", `${folder}: another command is writing its catalogue`, {
        hint: "Run again.",
        ...options,
      });
    case "DAMAGED":
      return new HandfulError("damaged", "E_CATALOGUE_DAMAGED", `${folder}: the catalogue is damaged`, {
        hint: "Photos and packs are untouched: handful data rebuild writes the catalogue anew from the packs.",
        ...options,
      });
    default:
      return thrown;
  }
};
