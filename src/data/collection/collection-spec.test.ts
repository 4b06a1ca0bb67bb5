import { expect, it } from "vitest";
import { HandfulError } from "../../base/errors.ts";
import { parseCollectionSpec } from "./collection-spec.ts";

const faultOf = (text: string): string => {
  try {
    parseCollectionSpec(text, "spec.yaml");
  } catch (thrown) {
    if (thrown instanceof HandfulError && thrown.code === "E_SPEC") return thrown.message;
    throw thrown;
  }
  throw new Error("nothing was refused");
};

it("takes a whole specification, and one of nothing", () => {
  const spec = parseCollectionSpec(
    `version: 1
photo:
  brightness: { least: 0.2, most: 0.8 }
class: { photos: 5 }
border: { most: 0.4 }
tags:
  light: { name: "*_{}_*", values: [day, night] }
`,
    "spec.yaml",
  );
  expect(spec.photo.brightness).toEqual({ least: 0.2, most: 0.8 });
  expect(spec.tags.light).toEqual({ name: "*_{}_*", values: ["day", "night"], per_class: 1 });
  expect(parseCollectionSpec("version: 1\n", "spec.yaml")).toEqual({ version: 1, photo: {}, class: {}, tags: {} });
});

it.each([
  [
    "version: 1\nphoto:\n  brightnes: { least: 1 }\n",
    'line 3: unknown key "photo.brightnes"; did you mean brightness?',
  ],
  ["version: 1\n\nphotos: {}\n", 'line 3: unknown key "photos"; did you mean photo?'],
  ["version: 1\nclass:\n  photo: 3\n", 'line 3: unknown key "class.photo"; did you mean photos?'],
  ["version: 1\nphoto:\n  size: { least: big }\n", "line 3: photo.size.least: Invalid input: expected number"],
  ["version: 1\nphoto:\n  size:\n    most: 3\n", "line 4: photo.size.most: is no fault of a photo"],
  ["version: 1\nphoto:\n  size: {}\n", "line 3: photo.size: wanted least, most, or both"],
  ["version: 1\nphoto:\n  warmth: { least: 1, most: 0 }\n", "line 3: photo.warmth: wanted least no larger than most"],
  ["version: 1\nborder: { most: 3 }\n", "line 2: border.most: Too big"],
  ["version: 2\n", "line 1: version: Invalid input: expected 1"],
  ["photo: {}\n", "line 1: version: Invalid input"],
  ["version: 1\ntags:\n  light:\n    values: [day]\n", "tags.light: wanted either column or name"],
  ['version: 1\ntags:\n  light: { name: "*day*", values: [day] }\n', "line 3: tags.light.name: wanted {} once"],
  ["version: 1\nphoto: [\n", "line 3: "],
  ["just words\n", "line 1: the file: Invalid input: expected object"],
])("says line and key of %j", (text, message) => expect(faultOf(text)).toContain(message));
