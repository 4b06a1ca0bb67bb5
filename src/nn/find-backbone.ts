import { unknownName } from "../base/nearest-name.ts";
import type { BackboneEntry } from "./backbones/_shared.ts";
import { backbones } from "./backbones/index.ts";

/**
 * The catalogue's entry of a name.
 *
 * @param alsoKnown  names from elsewhere, for the message when there is no such entry
 * @throws optionError that lists the known names and suggests the nearest
 */
export const findBackbone = (name: string, alsoKnown: readonly string[] = []): BackboneEntry => {
  const entry = backbones.find((backbone) => backbone.name === name);
  if (entry) return entry;
  throw unknownName("backbone", name, [...new Set([...alsoKnown, ...backbones.map((backbone) => backbone.name)])]);
};
