import { unknownName } from "../base/nearest-name.ts";
import type { ActiveStrategy } from "./active-strategy.ts";
import { activeStrategies } from "./active/index.ts";

/** Photos a class up to which what is typical is asked for, not what is doubtful. */
const COLD = 4;

/**
 * The strategy meant by a name; "auto": what is typical while there are up to four photos a class, then what is doubtful.
 *
 * @throws E_OPTION for an unknown one
 */
export const strategyOf = (
  name: string,
  { labelled, ways }: { readonly labelled: number; readonly ways: number },
): ActiveStrategy => {
  const wanted = name === "auto" ? (labelled <= COLD * ways ? "typiclust" : "uncertainty-diversity") : name;
  const found = activeStrategies.find((one) => one.name === wanted);
  if (!found) throw unknownName("strategy", name, ["auto", ...activeStrategies.map((one) => one.name)]);
  return found;
};
