/** The file at the root of a folder that says its pictures were made, by what, and from which photos. */
export const SYNTHETIC_MARKER = "handful-synthetic.json";
