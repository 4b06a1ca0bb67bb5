import type { Listing } from "./data-format.ts";
import { scanDataset } from "./scan.ts";

/** Photos as every other command sees them: class folders, splits, or a manifest. */
export const readScanned = async (path: string): Promise<Listing> => {
  const { items, dropped = [], skipped, warnings } = await scanDataset(path);
  return {
    items: [...items, ...dropped],
    notes: [
      ...warnings
        .filter(({ code }) => code !== "W_CLASS_DROPPED" && code !== "W_CLASS_MISSING")
        .map(({ message }) => message),
      ...skipped.map(({ name, reason }) => `${name}: ${reason}`),
    ],
  };
};
