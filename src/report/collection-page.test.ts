import { expect, it } from "vitest";
import { collectionPage } from "./collection-page.ts";

const hostile = "</script><img src=x onerror=alert(1)>";

it("shows what fails with what to do, and obeys no name", () => {
  const shown = { name: hostile, label: hostile, picture: "data:image/webp;base64,AAAA" };
  const page = collectionPage("Photos", {
    photos: [
      {
        title: "too dark",
        advice: "More light.",
        index: 0,
        key: "brightness",
        value: 0.1,
        limit: 0.2,
        text: "dark",
        shown,
      },
    ],
    classes: [
      {
        title: "too few photos",
        advice: "More photos.",
        name: hostile,
        key: "photos",
        value: 1,
        least: 2,
        text: "1",
        shown: [],
      },
    ],
    tags: [{ tag: "light", value: "night", name: null, photos: 0, least: 1, text: "light night: 0 photos" }],
    untagged: [{ tag: "light", count: 3, shown: [shown] }],
    border: {
      border: { value: 0.9, interval: { low: 0.8, high: 0.95 } },
      middle: { value: 0.5, interval: null },
      chance: 0.25,
      photos: 40,
      protocol: "",
      isOver: true,
      shown: [shown],
    },
    leftOut: 7,
  });
  expect(page).not.toContain("<img src=x");
  expect(page).toContain("Too dark (1)");
  expect(page).toContain("More light.");
  expect(page).toContain("light night: 0 photos");
  expect(page).toContain("No known value of &quot;light&quot; (3)");
  expect(page).toContain("The border tells the class");
  expect(page).toContain("80.0–95.0\u00a0%");
  expect(page).toContain("7 pictures are left out");
  expect(page).toContain("default-src 'none'");
});
