import { unknownName } from "../base/nearest-name.ts";
import type { ActiveStrategy } from "./active-strategy.ts";
import { activeStrategies } from "./active/index.ts";

/**
 * The strategy meant by a name; "auto": what is typical while there are fewer labelled images than classes, then what is
 * doubtful and unlike.
 *
 * @throws E_OPTION for an unknown one
 */
export const strategyOf = (
  name: string,
  { labelled, ways }: { readonly labelled: number; readonly ways: number },
): ActiveStrategy => {
  const wanted = name === "auto" ? (labelled < ways ? "typiclust" : "uncertainty-diversity") : name;
  const found = activeStrategies.find((one) => one.name === wanted);
  if (!found) throw unknownName("strategy", name, ["auto", ...activeStrategies.map((one) => one.name)]);
  return found;
};
