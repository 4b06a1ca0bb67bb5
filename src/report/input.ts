import type { Audit } from "../data/audit.ts";
import type { DataSet } from "../data/dataset.ts";
import type { Estimate, Evidence } from "../evaluate/evidence.ts";

/** Everything the report shows. A row is an image that was learned from; an item is a file of the data set. */
export interface ReportInput {
  /** What the photos are called, the folder's name say. */
  readonly title: string;
  readonly dataset: DataSet;
  readonly audit: Audit;
  readonly evidence: Evidence;
  /** Item of every row; rows are in the order of `evidence.outOfFold`. */
  readonly items: ArrayLike<number>;
  /** What the model scored on a test set of its own, where there is one. */
  readonly heldOut?: HeldOut | null;
  /** What else the reader should know of this run, each a sentence. */
  readonly notes?: readonly string[];
  readonly backbone: {
    readonly name: string;
    /** For people: licence, size, and where a stronger one is to be had. */
    readonly text: string;
  };
  /** The `count` training images nearest to a row, nearest first, itself not among them; null where not known. */
  readonly nearest: ((row: number, count: number) => readonly NearImage[]) | null;
  /** Two coordinates by row, in any unit; null where there is no map. */
  readonly map: EmbeddingMap | null;
  /** What in some photos speaks for which class; absent: not asked. */
  readonly looks?: Looks | null;
  /** The bytes of an item's image, in any format that decodes, or null. Called once an item at most. */
  readonly thumbnail: (item: number) => Promise<Buffer | null>;
  readonly run: RunFacts;
  readonly limits?: Partial<ReportLimits>;
}

export interface HeldOut {
  readonly accuracy: Estimate;
  readonly images: number;
  /** For people: which images they are. */
  readonly text: string;
}

export interface NearImage {
  readonly row: number;
  /** 1 = the same. */
  readonly similarity: number;
}

/** Maps of what in a photo speaks for a class, of a few rows. */
export interface Looks {
  /** For people: how the maps were made, or why there are none. */
  readonly text: string;
  /** Colours of the scale from nothing to the most, as in CSS. */
  readonly colours: readonly string[];
  readonly rows: readonly {
    readonly row: number;
    readonly maps: readonly {
      /** Index of the class. */
      readonly label: number;
      /** Photo under the colours of the map, as a `data:` URI. */
      readonly picture: string;
    }[];
  }[];
}

export interface EmbeddingMap {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
  /** How the coordinates were made, for people: "principal components 1 and 2, 31 % of the variance". */
  readonly text: string;
}

/** Where the model comes from, in names and values that are shown as they are. */
export interface RunFacts {
  readonly command: string;
  readonly seed: number;
  /** When it ended, ISO 8601. */
  readonly finishedAt: string;
  readonly seconds: number;
  readonly stages: readonly { readonly name: string; readonly seconds: number }[];
  readonly machine: string;
  /** What besides photos was learned from, each a sentence; absent: nothing. */
  readonly made?: readonly string[];
  readonly versions: readonly (readonly [name: string, value: string])[];
  readonly hashes: readonly (readonly [name: string, value: string])[];
}

export interface ReportLimits {
  /** Characters of all thumbnails together; default 3.5 million. */
  readonly thumbnailBytes: number;
  /** Default 600. */
  readonly thumbnails: number;
  /** Longer side of a thumbnail in pixels; default 128. */
  readonly thumbnailSide: number;
  /** Up to this many classes a confusion matrix is drawn, beyond it the confused pairs are listed; default 32. */
  readonly matrixClasses: number;
  /** Points on the embedding map; default 1500. */
  readonly mapPoints: number;
}

export const DEFAULT_LIMITS: ReportLimits = {
  thumbnailBytes: 3.5e6,
  thumbnails: 600,
  thumbnailSide: 128,
  matrixClasses: 32,
  mapPoints: 1500,
};
