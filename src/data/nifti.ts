import { constants, gunzip } from "node:zlib";
import { promisify } from "node:util";
import { NIFTI2, readHeader } from "nifti-reader-js";
import { dataError, messageOf } from "../base/errors.ts";
import { damaged, tooLarge, truncated } from "./image-faults.ts";
import { hasNiftiHeader, isGzip, niftiHead } from "./nifti-head.ts";
import type { Axes, Volume } from "./volume.ts";

/** What the header of a NIfTI file says. */
export interface NiftiHeader {
  /** Voxels along the stored axes, the first fastest. */
  readonly dims: readonly [number, number, number];
  readonly littleEndian: boolean;
  readonly datatype: number;
  readonly dataOffset: number;
  /** Intensity = slope · stored + intercept. */
  readonly slope: number;
  readonly intercept: number;
  /** Rows x, y, z: how each stored axis moves to the right, to the front and to the head, in mm. */
  readonly directions: readonly (readonly [number, number, number])[];
}

type Read = (view: DataView, at: number, littleEndian: boolean) => number;

/** Bytes and readers of the numbers a voxel may be. */
const KINDS: Readonly<Record<number, readonly [bytes: number, read: Read]>> = {
  2: [1, (view, at) => view.getUint8(at)],
  4: [2, (view, at, little) => view.getInt16(at, little)],
  8: [4, (view, at, little) => view.getInt32(at, little)],
  16: [4, (view, at, little) => view.getFloat32(at, little)],
  64: [8, (view, at, little) => view.getFloat64(at, little)],
  256: [1, (view, at) => view.getInt8(at)],
  512: [2, (view, at, little) => view.getUint16(at, little)],
  768: [4, (view, at, little) => view.getUint32(at, little)],
};

/** Rows of the rotation that a unit quaternion stands for. NIfTI-1 standard, method 2. */
const rotationOf = (b: number, c: number, d: number): number[][] => {
  const a = Math.sqrt(Math.max(0, 1 - b * b - c * c - d * d));
  return [
    [a * a + b * b - c * c - d * d, 2 * (b * c - a * d), 2 * (b * d + a * c)],
    [2 * (b * c + a * d), a * a + c * c - b * b - d * d, 2 * (c * d - a * b)],
    [2 * (b * d - a * c), 2 * (c * d + a * b), a * a + d * d - b * b - c * c],
  ];
};

type Header = NonNullable<ReturnType<typeof readHeader>>;

/** Sform where there is one, else qform, else the stored axes as they are, as nibabel does. */
const directionsOf = (header: Header, head: Uint8Array): NiftiHeader["directions"] => {
  const { littleEndian, pixDims } = header;
  if (header.sform_code > 0) {
    const view = new DataView(head.buffer, head.byteOffset, head.byteLength);
    const entry = (row: number, column: number): number =>
      header instanceof NIFTI2
        ? view.getFloat64(400 + 32 * row + 8 * column, littleEndian)
        : view.getFloat32(280 + 16 * row + 4 * column, littleEndian);
    return [0, 1, 2].map((row) => [entry(row, 0), entry(row, 1), entry(row, 2)]);
  }
  const [x, y, z] = [1, 2, 3].map((axis) => Math.abs(pixDims[axis]!) || 1) as [number, number, number];
  if (header.qform_code <= 0) return [[x, 0, 0], [0, y, 0], [0, 0, z]]; // prettier-ignore
  const turned = pixDims[0] === -1 ? -z : z;
  const rows = rotationOf(header.quatern_b, header.quatern_c, header.quatern_d);
  return rows.map(([i, j, k]) => [i! * x, j! * y, k! * turned]);
};

/** Longest side in voxels. */
const MAX_SIDE = 4096;

/**
 * @param maxVoxels  most voxels taken
 * @throws E_IMAGE_TRUNCATED, E_IMAGE_DAMAGED, E_IMAGE_TOO_LARGE; E_NIFTI_KIND naming what is not read
 */
export const readNiftiHeader = (bytes: Uint8Array, maxVoxels: number): NiftiHeader => {
  const head = niftiHead(bytes);
  if (!head || !hasNiftiHeader(head)) throw truncated(`${bytes.length} bytes, nifti`);
  const own = new Uint8Array(head);
  const header = readHeader(own.buffer);
  if (!header) throw damaged("nifti", "no header");
  const dims = [1, 2, 3].map((axis) => (axis <= header.dims[0]! ? header.dims[axis]! : 1)) as [number, number, number];
  const times = header.dims.slice(4, 1 + header.dims[0]!).reduce((product, n) => product * Math.max(1, n), 1);
  if (dims.some((n) => !(n >= 1 && n <= MAX_SIDE))) throw damaged("nifti", `sides of ${dims.join(" x ")} voxels`);
  const kind = (what: string, hint: string) =>
    dataError("E_NIFTI_KIND", `wanted one NIfTI volume of plain numbers, got ${what}`, { hint });
  if (times > 1) throw kind(`${times} volumes in one file`, "Take one of them: fslroi input.nii output.nii 0 1");
  if (!KINDS[header.datatypeCode])
    throw kind(
      `voxels of data type ${header.datatypeCode}`,
      "Convert it with: mri_convert -odt float input.nii output.nii",
    );
  const voxels = dims[0] * dims[1] * dims[2];
  if (voxels > maxVoxels)
    throw tooLarge(maxVoxels, dims.join(" x "), "Resample it first: mri_convert -vs 2 2 2 input.nii output.nii");
  const scaled = Number.isFinite(header.scl_slope) && header.scl_slope !== 0;
  return {
    dims,
    littleEndian: header.littleEndian,
    datatype: header.datatypeCode,
    dataOffset: Math.max(header.vox_offset, 0),
    slope: scaled ? header.scl_slope : 1,
    intercept: scaled && Number.isFinite(header.scl_inter) ? header.scl_inter : 0,
    directions: directionsOf(header, own),
  };
};

interface Way {
  readonly axis: number;
  readonly forward: boolean;
}

/** For each of right, front and head the stored axis that runs along it most, and whether it runs there or away. */
const axesOf = (directions: NiftiHeader["directions"]): Way[] => {
  const taken = new Set<number>();
  const found: Way[] = [];
  const entries = directions.flatMap((row, way) => {
    const length = (axis: number): number => Math.hypot(...directions.map((r) => r[axis]!)) || 1;
    return row.map((mm, axis) => ({ way, axis, share: mm / length(axis) }));
  });
  // the clearest first, so that an oblique axis takes what is left
  for (const { way, axis, share } of entries.sort((a, b) => Math.abs(b.share) - Math.abs(a.share)))
    if (!found[way] && !taken.has(axis)) {
      found[way] = { axis, forward: share >= 0 };
      taken.add(axis);
    }
  return found;
};

const gunzipAsync = promisify(gunzip);

/** Bytes that may follow the voxels. */
const SLACK = 2 ** 20;

/** The file without gzip's compression; of one cut off, what is there. */
const inflated = async (bytes: Uint8Array, needed: number): Promise<Uint8Array> => {
  if (!isGzip(bytes)) return bytes;
  try {
    return await gunzipAsync(bytes, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: needed + SLACK });
  } catch (thrown) {
    const over = thrown instanceof Error && "code" in thrown && thrown.code === "ERR_BUFFER_TOO_LARGE";
    throw damaged("nifti", over ? `more than the ${needed} bytes that its header states` : messageOf(thrown));
  }
};

/** Voxels from foot to head, back to front and left to right. */
export const niftiSize = ({ dims, directions }: NiftiHeader): Axes => {
  const [right, front, top] = axesOf(directions) as [Way, Way, Way];
  return [dims[top.axis]!, dims[front.axis]!, dims[right.axis]!];
};

/**
 * The volume of a NIfTI file, turned to RAS: axes are swapped and reversed as its sform, else its qform says; nothing is
 * interpolated, so that an oblique volume stays as oblique as it is.
 *
 * @throws E_IMAGE_TRUNCATED, E_IMAGE_DAMAGED
 */
export const readNifti = async (bytes: Uint8Array, header: NiftiHeader): Promise<Volume> => {
  const { dims, datatype, littleEndian, slope, intercept, dataOffset, directions } = header;
  const [width, read] = KINDS[datatype]!;
  const needed = dataOffset + width * dims[0] * dims[1] * dims[2];
  const all = await inflated(bytes, needed);
  if (all.length < needed) throw truncated(`${all.length} bytes, ${needed} wanted, nifti`);
  const view = new DataView(all.buffer, all.byteOffset, all.byteLength);
  const [right, front, top] = axesOf(directions) as [Way, Way, Way];
  const steps = [1, dims[0], dims[0] * dims[1]];
  const lineOf = ({ axis, forward }: Way) => ({
    count: dims[axis]!,
    step: forward ? steps[axis]! : -steps[axis]!,
    start: forward ? 0 : (dims[axis]! - 1) * steps[axis]!,
    spacing: Math.hypot(...directions.map((row) => row[axis]!)) || 1,
  });
  const [columns, rows, planes] = [lineOf(right), lineOf(front), lineOf(top)];
  const data = new Float32Array(dims[0] * dims[1] * dims[2]);
  let at = 0;
  for (let z = 0; z < planes.count; z++)
    for (let y = 0; y < rows.count; y++) {
      let voxel = planes.start + z * planes.step + rows.start + y * rows.step + columns.start;
      for (let x = 0; x < columns.count; x++, voxel += columns.step) {
        const value = slope * read(view, dataOffset + width * voxel, littleEndian) + intercept;
        data[at++] = Number.isFinite(value) ? value : 0;
      }
    }
  const size: Axes = [planes.count, rows.count, columns.count];
  return { size, spacing: [planes.spacing, rows.spacing, columns.spacing], data };
};
