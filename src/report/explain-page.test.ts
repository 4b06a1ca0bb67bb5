import { expect, it } from "vitest";
import { colourScale } from "./colour-scale.ts";
import { explainPage, type ExplainedPhoto } from "./explain-page.ts";

const HOSTILE = `"><script>alert(1)</script>`;
const photo: ExplainedPhoto = {
  name: HOSTILE,
  label: null,
  likeliest: HOSTILE,
  probability: 0.52,
  className: HOSTILE,
  photo: "data:image/webp;base64,AA",
  overlay: "data:image/webp;base64,AB",
  isFlat: true,
  nearest: [{ name: HOSTILE, label: "nut", similarity: 0.875, picture: null }],
};

it("shows photos, answers and nearest photos, names as text", () => {
  const page = explainPage({ title: HOSTILE, how: "hires-cam", colours: ["#000", "#fff"], photos: [photo] });
  expect(page).not.toContain("<script");
  expect(page.match(/<img /g)!.length).toBe(2);
  expect(page).toContain("52\u00a0%");
  expect(page).toContain("0.88");
  expect(page).toContain("Nothing in the photo speaks for this class");
  expect(page).toContain("default-src 'none'");
});

it("draws the scale evenly from the first to the last colour", () => {
  const { markup } = colourScale(["#001", "#888", "#ff0"], "scale");
  expect([...markup.matchAll(/offset="([\d.]+)" stop-color="(#\w+)"/g)].map(([, at, colour]) => [at, colour])).toEqual([
    ["0", "#001"],
    ["0.5", "#888"],
    ["1", "#ff0"],
  ]);
});
