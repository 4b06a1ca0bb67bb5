import { html, visible, type Html } from "./html.ts";

/** Stands for a number that is not known. */
export const UNKNOWN = "–";

/** `0.9412` -> `94.1 %`; a dash where it is not known, more digits where 0 would be said of more. */
export const percent = (share: number | null | undefined, digits = 1): string =>
  share === null || share === undefined || !Number.isFinite(share)
    ? UNKNOWN
    : share > 0 && share * 100 < 0.5 * 10 ** -digits
      ? `${Number((share * 100).toPrecision(1))}\u00a0%`
      : `${(share * 100).toFixed(digits)}\u00a0%`;

/** `[0.889, 0.973]` -> `88.9–97.3 %`. */
export const percentRange = (range: readonly [number, number] | null | undefined, digits = 1): string =>
  range ? `${(range[0] * 100).toFixed(digits)}–${(range[1] * 100).toFixed(digits)}\u00a0%` : UNKNOWN;

/** `12345` -> `12 345`, with narrow no-break spaces. */
export const count = (value: number): string =>
  Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, "\u202f");

/** A number with few digits: `0.031`. */
export const decimal = (value: number | null | undefined, digits = 3): string =>
  value === null || value === undefined || !Number.isFinite(value) ? UNKNOWN : value.toFixed(digits);

/** `1 image`, `2 images`. */
export const plural = (n: number, one: string, many = `${one}s`): string => `${count(n)} ${n === 1 ? one : many}`;

/** `2026-11-24T10:02:11.123Z` -> `2026-11-24 10:02 UTC`; anything else stays as it is. */
export const moment = (iso: string): string => iso.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d)\S*Z$/, "$1 $2 UTC");

/** The last part of a path: `daisy/12.jpg` -> `12.jpg`. */
export const baseName = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** Seconds as a person says them: `0.8 s`, `42 s`, `3 min 10 s`. */
export const duration = (seconds: number): string =>
  seconds < 10
    ? `${seconds.toFixed(1)} s`
    : seconds < 120
      ? `${Math.round(seconds)} s`
      : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;

/** Bytes as a person says them: `1.4 MB`. */
export const bytes = (sizeBytes: number): string =>
  sizeBytes < 1000
    ? `${sizeBytes} B`
    : sizeBytes < 1e6
      ? `${(sizeBytes / 1e3).toFixed(0)} kB`
      : `${(sizeBytes / 1e6).toFixed(1)} MB`;

/** A name cut in the middle to at most `length` characters, so that both its ends are seen; "" is said in words. */
export const shortName = (name: string, length = 60): string => {
  const shown = Array.from(visible(name.length > 4000 ? `${name.slice(0, 2000)}${name.slice(-2000)}` : name));
  if (shown.length === 0) return "(empty name)";
  if (shown.length <= length) return shown.join("");
  const tail = Math.floor((length - 1) * 0.5);
  return `${shown.slice(0, length - 1 - tail).join("")}…${shown.slice(-tail).join("")}`;
};

/** A class or file name on the page: text in its own direction, cut when long. */
export const name = (text: string, length = 60): Html => html`<bdi class="name">${shortName(text, length)}</bdi>`;
