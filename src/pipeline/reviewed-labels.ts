import { dataError } from "../base/errors.ts";
import { unknownName } from "../base/nearest-name.ts";
import { manifestRows } from "../data/manifest-rows.ts";
import type { PseudoLabels } from "../methods/semi-supervised-method.ts";

/** One photo whose label a person has looked through. */
export interface Reviewed {
  readonly line: number;
  /** Name in the pool; "" where only the hash is known. */
  readonly photo: string;
  /** "" where only the name is known. */
  readonly sha256: string;
  readonly label: string;
}

/**
 * Reads the labels of unlabelled photos as `pseudo-labels.csv` holds them, after a person has changed labels or taken out
 * rows. A row without a label counts as taken out.
 *
 * @throws dataError E_MANIFEST for a table without photos or labels, or with two labels for a photo; E_OPTION for a class
 *   nobody knows
 */
export const readReviewed = async (path: string, classes: readonly string[]): Promise<Reviewed[]> => {
  const found = new Map<string, Reviewed>();
  const refuse = (line: number, wanted: string, hint: string): Error =>
    dataError("E_MANIFEST", `${path}: line ${line}: ${wanted}`, { hint });
  for await (const { line, cells, isHeader, fault } of manifestRows(path)) {
    if (fault !== undefined) throw refuse(line, fault, "Give the file that train wrote as pseudo-labels.csv.");
    const [photo, sha256, label] = ["photo", "sha256", "label"].map((column) => cells.get(column) ?? "");
    if (isHeader) {
      if (label === "" || (photo === "" && sha256 === ""))
        throw refuse(line, "wanted the columns photo (or sha256) and label", "First line: photo,sha256,label");
      continue;
    }
    if (label === "") continue;
    if (!classes.includes(label!)) throw unknownName(`class in ${path}, line ${line},`, label!, classes);
    const key = sha256 === "" ? photo! : sha256!;
    const before = found.get(key);
    if (before && before.label !== label)
      throw refuse(line, `wanted one label for ${photo || sha256}, got ${before.label} and ${label}`, "Take one out.");
    found.set(key, { line, photo: photo!, sha256: sha256!, label: label! });
  }
  return [...found.values()];
};

/** Photos of a pool, known by hash and by name. */
export interface Known {
  readonly names: readonly string[];
  /** sha256 */
  readonly keys: readonly string[];
}

/** The labels by row of the pool: known by hash where the list has one, else by name. `strays` are in the list alone. */
export const reviewedLabels = (
  list: readonly Reviewed[],
  { names, keys }: Known,
  classes: readonly string[],
): { readonly labels: PseudoLabels; readonly strays: readonly Reviewed[] } => {
  const byHash = new Map(keys.map((key, row) => [key, row]));
  const byName = new Map(names.map((name, row) => [name, row]));
  const rowOf = ({ sha256, photo }: Reviewed): number | undefined =>
    sha256 === "" ? byName.get(photo) : byHash.get(sha256);
  const given = list
    .flatMap((one) => {
      const [row, label] = [rowOf(one), classes.indexOf(one.label)];
      return row === undefined || label < 0 ? [] : [{ row, label }];
    })
    .sort((a, b) => a.row - b.row);
  return {
    labels: {
      rows: Int32Array.from(given, ({ row }) => row),
      labels: Int32Array.from(given, ({ label }) => label),
      rounds: new Int32Array(given.length).fill(1),
      confidences: new Float64Array(given.length).fill(1),
    },
    strays: list.filter((one) => rowOf(one) === undefined || !classes.includes(one.label)),
  };
};
