/** Kinds of sets that photos come in and go out by; those of `dataFormats`, which is read only when needed, and archives. */
export const FORMATS: readonly string[] = ["imagefolder", "csv", "jsonl", "hf", "coco", "label-studio", "zip"];
