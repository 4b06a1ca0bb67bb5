import { createHmac, randomBytes } from "node:crypto";
import type { DataSet, Warning } from "./dataset.ts";
import type { Pair } from "./duplicates.ts";
import { isDicom } from "./sniff.ts";

/** Tells patients apart without knowing them. */
export interface Owners {
  /**
   * A number that is the same for images of the same patient (of the same study, where no patient is named); -1 where
   * the file names neither.
   */
  of(bytes: Uint8Array): Promise<number>;
}

/**
 * A fresh register of patients. An identifier is hashed at once with a salt that is drawn here and kept nowhere, so that
 * neither it nor anything it could be guessed from outlives the register; what leaves are numbers.
 */
export const createOwners = (): Owners => {
  const salt = randomBytes(32);
  const numbers = new Map<string, number>();
  return {
    of: async (bytes) => {
      if (!isDicom(bytes)) return -1;
      const { readDicomOwner } = await import("./dicom-header.ts");
      const owner = readDicomOwner(bytes);
      if (owner === null) return -1;
      const hash = createHmac("sha256", salt).update(owner).digest("base64");
      const number = numbers.get(hash) ?? numbers.size;
      numbers.set(hash, number);
      return number;
    },
  };
};

/**
 * Whether the images name one and the same patient, all of them: what an anonymiser left in the place of every
 * identifier, most likely.
 */
const isPlaceholder = (owners: Int32Array): boolean => {
  const named = owners.filter((owner) => owner >= 0);
  return named.length > 1 && named.length === owners.length && named.every((owner) => owner === named[0]);
};

/** Images of one patient in pairs with the first of them: they belong on one side of every split. */
export const ownerPairs = (owners: Int32Array): Pair[] => {
  if (isPlaceholder(owners)) return [];
  const first = new Map<number, number>();
  const pairs: Pair[] = [];
  owners.forEach((owner, index) => {
    if (owner < 0) return;
    const a = first.get(owner);
    if (a === undefined) first.set(owner, index);
    else pairs.push({ a, b: index, similarity: 1 });
  });
  return pairs;
};

/** What to know of patients: how many stand on two sides of the data set's own splits, or that none is told apart. */
export const ownerWarnings = ({ items }: DataSet, owners: Int32Array): Warning[] => {
  if (isPlaceholder(owners))
    return [
      {
        code: "W_ONE_PATIENT",
        message:
          "all images carry one patient identifier, which was taken for a placeholder: if they are of several patients whom their names tell apart, say so with --group-by",
      },
    ];
  const splits = new Map<number, Set<string>>();
  owners.forEach((owner, index) => {
    if (owner >= 0) splits.set(owner, (splits.get(owner) ?? new Set()).add(items[index]!.split ?? "train"));
  });
  const both = [...splits.values()].filter((set) => set.size > 1).length;
  if (both === 0) return [];
  return [
    {
      code: "W_PATIENT_SPLIT",
      message: `${both} ${both === 1 ? "patient has" : "patients have"} images in more than one of training, validation and test`,
    },
  ];
};
