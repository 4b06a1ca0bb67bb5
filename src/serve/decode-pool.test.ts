import sharp from "sharp";
import { afterAll, describe, expect, it } from "vitest";
import { tinyPreprocess } from "../../test/fixtures/tiny-model.ts";
import { HandfulError } from "../base/errors.ts";
import { preprocessImage } from "../data/preprocess.ts";
import { openDecodePool } from "./decode-pool.ts";

const pool = openDecodePool(2, tinyPreprocess, () => undefined);
afterAll(() => pool.close());

describe("threads that decode", () => {
  it("give what preprocessing gives, however many ask, and leave the image as it is", async () => {
    const images = await Promise.all(
      Array.from({ length: 12 }, (_, i) =>
        sharp({ create: { width: 20 + i, height: 30, channels: 3, background: { r: 20 * i, g: 9, b: 250 - i } } })
          .jpeg()
          .toBuffer(),
      ),
    );
    const decoded = await Promise.all(images.map((image) => pool.decode(image)));
    for (const [i, image] of images.entries()) expect(decoded[i]).toEqual(await preprocessImage(image, tinyPreprocess));
  });

  it("give each bad image its error", async () => {
    const codes = [Buffer.alloc(0), Buffer.from("<svg xmlns='x'></svg>"), Buffer.from([0xff, 0xd8, 0xff])].map((bad) =>
      pool.decode(bad).catch((thrown: unknown) => (thrown instanceof HandfulError ? thrown.code : thrown)),
    );
    expect(await Promise.all(codes)).toEqual(["E_IMAGE_EMPTY", "E_IMAGE_FORMAT", "E_IMAGE_TRUNCATED"]);
  });
});
