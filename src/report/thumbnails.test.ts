import sharp from "sharp";
import { expect, it } from "vitest";
import { makeThumbnail, wishThumbnails } from "./thumbnails.ts";

const picture = (colour: string): Promise<Buffer> =>
  sharp({ create: { width: 300, height: 200, channels: 3, background: colour } })
    .jpeg()
    .toBuffer();

const bytesOf = (uri: string): Buffer => Buffer.from(uri.split(",")[1]!, "base64");

it("leaves EXIF and GPS behind and stands the picture upright", async () => {
  const source = await sharp(await picture("red"))
    .withExif({
      IFD0: { Copyright: "me" },
      IFD3: { GPSLatitudeRef: "N", GPSLatitude: "51/1 30/1 3230/100" },
    })
    .withMetadata({ orientation: 6 })
    .jpeg()
    .toBuffer();
  expect((await sharp(source).metadata()).exif?.includes("me")).toBe(true);
  const thumbnail = await makeThumbnail(source, 96);
  const { exif, icc, xmp, iptc } = await sharp(bytesOf(thumbnail!.uri)).metadata();
  expect([exif, icc, xmp, iptc]).toEqual([undefined, undefined, undefined, undefined]);
  expect([thumbnail!.width, thumbnail!.height]).toEqual([64, 96]);
});

it("gives null for what is no image", async () => {
  expect(await makeThumbnail(Buffer.from("<svg><script/></svg>"), 96)).toBeNull();
  expect(await makeThumbnail(Buffer.alloc(0), 96)).toBeNull();
});

it("loads the most wanted first, within count and bytes, and counts what was left out", async () => {
  const bytes = await picture("blue");
  const asked: number[] = [];
  const source = async (index: number): Promise<Buffer | null> => {
    asked.push(index);
    return index === 7 ? null : bytes;
  };
  const wishes = wishThumbnails(source, { maxBytes: 1e6, maxCount: 3, side: 64 });
  wishes.want([1, 2, 3], 5);
  wishes.want([7, 2, 9], 0);
  const loaded = await wishes.load();
  expect([...loaded.images.keys()]).toEqual([2, 9, 1]);
  expect([loaded.leftOut, loaded.unreadable]).toEqual([1, 1]);
  expect(new Set(asked).size).toBe(asked.length);

  const one = loaded.images.get(2)!.uri.length;
  const small = wishThumbnails(source, { maxBytes: one * 2 + 1, maxCount: 99, side: 64 });
  small.want([1, 2, 3, 4], 0);
  const fitted = await small.load();
  expect([fitted.images.size, fitted.leftOut]).toEqual([2, 2]);
});
