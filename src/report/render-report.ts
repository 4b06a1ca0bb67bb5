import { createBook } from "./book.ts";
import { bytes, count, moment, plural } from "./format.ts";
import type { ReportInput } from "./input.ts";
import { pageOf } from "./page.ts";
import type { WriteSection } from "./section.ts";
import { writeBalance } from "./sections/balance.ts";
import { writeCalibration } from "./sections/calibration.ts";
import { writeClasses } from "./sections/classes.ts";
import { writeConfusion } from "./sections/confusion.ts";
import { writeHeadline } from "./sections/headline.ts";
import { writeHeads } from "./sections/heads.ts";
import { writeLearningCurve } from "./sections/learning-curve.ts";
import { writeLooks } from "./sections/looks.ts";
import { writeMap } from "./sections/map.ts";
import { writeMistakes } from "./sections/mistakes.ts";
import { writePairs } from "./sections/pairs.ts";
import { writeProblems } from "./sections/problems.ts";
import { writeRun } from "./sections/run.ts";
import { writeUnknown } from "./sections/unknown.ts";
import { wishThumbnails, type LoadedThumbnails } from "./thumbnails.ts";
import { viewOf } from "./view.ts";

/** In the order of the page. */
const SECTIONS: readonly WriteSection[] = [
  writeHeadline,
  writeConfusion,
  writeMistakes,
  writeLooks,
  writePairs,
  writeClasses,
  writeLearningCurve,
  writeMap,
  writeCalibration,
  writeUnknown,
  writeBalance,
  writeProblems,
  writeHeads,
  writeRun,
];

/**
 * The report of a training run as one HTML file that needs nothing beside it: no network, no other file.
 *
 * Names of files and classes are shown as text, whatever they hold. Pictures are made anew from pixels, so no metadata
 * of the photos is in it. Its size is bounded whatever the number of classes and images; what was left out is said.
 *
 * @throws HandfulError (internal) when rows of evidence and items differ in number
 */
export const renderReport = async (input: ReportInput): Promise<string> => {
  const view = viewOf(input);
  const { thumbnailBytes, thumbnails, thumbnailSide } = view.limits;
  const wishes = wishThumbnails(input.thumbnail, {
    maxBytes: thumbnailBytes,
    maxCount: thumbnails,
    side: thumbnailSide,
  });
  const book = createBook(wishes);
  const sections = SECTIONS.flatMap((write) => write(view, book) ?? []);
  const loaded = await wishes.load();
  return pageOf({
    title: input.title,
    subtitle: `Image classifier trained ${moment(input.run.finishedAt)} · ${plural(input.evidence.images, "image")}, ${plural(view.classNames.length, "class", "classes")}`,
    sections,
    footer: leftOut(loaded),
    data: book.data(loaded),
  });
};

const leftOut = ({ images, leftOut: more, unreadable }: LoadedThumbnails): string => {
  const size = [...images.values()].reduce((sum, one) => sum + one.uri.length, 0);
  const said = [`This file carries ${plural(images.size, "thumbnail")} (${bytes(size)}), without metadata.`];
  if (more > 0) said.push(`${count(more)} more were left out to keep it small; their names are shown instead.`);
  if (unreadable > 0) said.push(`Of ${plural(unreadable, "image")} no picture could be made.`);
  return said.join(" ");
};
