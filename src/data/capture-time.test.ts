import fc from "fast-check";
import sharp from "sharp";
import { expect, it } from "vitest";
import { captureTime, exifTime, parseTime } from "./capture-time.ts";

const picture = () => sharp({ create: { width: 8, height: 8, channels: 3, background: "#123" } });

it.each([
  ["2026-11-24", Date.UTC(2026, 10, 24)],
  ["2026:11:24 10:02:11", Date.UTC(2026, 10, 24, 10, 2, 11)],
  ["2026-11-24T10:02:11.5Z", Date.UTC(2026, 10, 24, 10, 2, 11, 500)],
  ["2026-11-24 10:02+01:00", Date.UTC(2026, 10, 24, 9, 2)],
  ["2026/11/24 10:02:00-0130", Date.UTC(2026, 10, 24, 11, 32)],
  [" 2024-02-29 ", Date.UTC(2024, 1, 29)],
  ["2026-02-29", null],
  ["2026-13-01", null],
  ["2026-11-24 25:00", null],
  ["24.11.2026", null],
  ["0000:00:00 00:00:00", null],
  ["yesterday", null],
])("reads %j", (text, time) => expect(parseTime(text)).toBe(time));

it("reads what cameras write into JPEG, PNG and WebP", async () => {
  const exif = { IFD2: { DateTimeOriginal: "2026:11:24 10:02:11", OffsetTimeOriginal: "+01:00" } };
  for (const format of ["jpeg", "png", "webp"] as const)
    expect(await captureTime(await picture().withExif(exif).toFormat(format).toBuffer())).toBe(
      Date.UTC(2026, 10, 24, 9, 2, 11),
    );
});

it("says nothing where the file does not", async () => {
  expect(await captureTime(await picture().jpeg().toBuffer())).toBeNull();
  expect(
    await captureTime(
      await picture()
        .withExif({ IFD0: { Copyright: "me" } })
        .jpeg()
        .toBuffer(),
    ),
  ).toBeNull();
  expect(await captureTime(Buffer.from("<html>"))).toBeNull();
  expect(await captureTime((await picture().jpeg().toBuffer()).subarray(0, 40))).toBeNull();
});

it("survives any block of bytes", () => {
  const bytes = fc.uint8Array({ maxLength: 200 });
  const head = Buffer.from("II*\0\x08\0\0\0", "latin1");
  fc.assert(
    fc.property(bytes, (tail) => {
      for (const block of [Buffer.concat([head, tail]), Buffer.from(tail)]) {
        const time = exifTime(block);
        expect(time === null || Number.isFinite(time)).toBe(true);
      }
    }),
    { seed: 1, numRuns: 300 },
  );
});
