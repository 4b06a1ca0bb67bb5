import dicomParser, { type DataSet as Tags } from "dicom-parser";
import { dataError, HandfulError, messageOf } from "../base/errors.ts";
import { damaged, truncated } from "./image-faults.ts";

/** What is read of a DICOM file besides its pixels: nothing that says whose they are. */
export interface DicomHeader {
  readonly tags: Tags;
  readonly width: number;
  readonly height: number;
  readonly frames: number;
  /** Transfer syntax: how the pixels are stored. */
  readonly syntax: string;
  /** 1 grey, 3 colour. */
  readonly samples: number;
  /** Of a sample as stored, and how many of them count. */
  readonly bitsAllocated: 8 | 16;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly photometric: string;
  /** Whether the colours lie one after the other, plane by plane. */
  readonly planar: boolean;
}

const PIXELS = "x7fe00010";

/** Reads the tags, up to the pixels alone or with them. A library error says no more than where reading failed. */
const parse = (bytes: Uint8Array, untilTag?: string): Tags => {
  try {
    return dicomParser.parseDicom(bytes, {
      ...(untilTag !== undefined && { untilTag }),
      inflater: () => {
        throw dataError("E_DICOM_SYNTAX", "wanted DICOM of a transfer syntax that can be read, got a deflated file", {
          hint: "Convert it with: dcmconv +te input.dcm output.dcm",
        });
      },
    });
  } catch (thrown) {
    if (thrown instanceof HandfulError) throw thrown;
    const inner = thrown !== null && typeof thrown === "object" && "exception" in thrown ? thrown.exception : thrown;
    // the cause is not handed on: it holds the tags that were read
    const message = messageOf(inner);
    if (/past end|buffer over|overrun|outside|not find|not be greater/.test(message))
      throw truncated(`${bytes.length} bytes, dicom`);
    throw damaged("dicom", message.replace(/^dicomParser[.:]\w*:? ?/, "").slice(0, 100));
  }
};

const refused = (what: string, hint: string): HandfulError =>
  dataError("E_DICOM_PIXELS", `wanted DICOM pixels of a kind that can be read, got ${what}`, { hint });

const PHOTOMETRIC = /^(MONOCHROME[12]|RGB|YBR_(FULL|FULL_422|ICT|RCT))$/;

const checkKind = (header: Omit<DicomHeader, "bitsAllocated"> & { bitsAllocated: number }): DicomHeader => {
  const { photometric, samples, bitsAllocated, bitsStored, highBit, tags } = header;
  const convert = "Convert it with: dcm2img input.dcm output.png";
  if (!PHOTOMETRIC.test(photometric) || samples !== (photometric.startsWith("MONO") ? 1 : 3))
    throw refused(`photometric interpretation "${photometric}" with ${samples} samples a pixel`, convert);
  if (bitsAllocated !== 8 && bitsAllocated !== 16) throw refused(`${bitsAllocated} bits allocated a sample`, convert);
  if (bitsStored < 1 || bitsStored > bitsAllocated || highBit < bitsStored - 1 || highBit >= bitsAllocated)
    throw damaged("dicom", `${bitsStored} bits stored up to bit ${highBit} of ${bitsAllocated}`);
  if (tags.elements.x00283000 && !tags.elements.x00281053) throw refused("a modality look-up table", convert);
  return { ...header, bitsAllocated };
};

/**
 * The header of a DICOM file.
 *
 * @throws E_IMAGE_TRUNCATED, E_IMAGE_DAMAGED; E_DICOM_PIXELS, E_DICOM_SYNTAX naming what cannot be read
 */
export const readDicomHeader = (bytes: Uint8Array, part: "tags" | "whole" = "whole"): DicomHeader => {
  const tags = parse(bytes, part === "tags" ? PIXELS : undefined);
  const [height = 0, width = 0] = [tags.uint16("x00280010"), tags.uint16("x00280011")];
  if (!tags.elements[PIXELS] || width === 0 || height === 0)
    throw dataError("E_DICOM_PIXELS", "wanted a picture, got a DICOM file without pixels", {
      hint: "It may be a report or a directory; leave it out.",
    });
  const bitsAllocated = tags.uint16("x00280100") ?? 0;
  const bitsStored = tags.uint16("x00280101") ?? bitsAllocated;
  return checkKind({
    tags,
    width,
    height,
    frames: Math.max(1, tags.intString("x00280008") ?? 1),
    syntax: tags.string("x00020010") ?? "1.2.840.10008.1.2",
    samples: tags.uint16("x00280002") ?? 1,
    bitsAllocated,
    bitsStored,
    highBit: tags.uint16("x00280102") ?? bitsStored - 1,
    signed: tags.uint16("x00280103") === 1,
    photometric: tags.string("x00280004")?.trim() ?? "",
    planar: tags.uint16("x00280006") === 1,
  });
};

/**
 * Whose picture it is: the patient's identifier, else the study's. For telling pictures apart; never to be shown or kept.
 *
 * @returns null where the file names neither
 */
export const readDicomOwner = (bytes: Uint8Array): string | null => {
  const tags = parse(bytes, "x00280010");
  const [patient, study] = [tags.string("x00100020")?.trim(), tags.string("x0020000d")?.trim()];
  return patient ? `patient ${patient}` : study ? `study ${study}` : null;
};
