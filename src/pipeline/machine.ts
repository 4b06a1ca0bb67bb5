import { availableParallelism, cpus, totalmem } from "node:os";

/** A description of the machine that names nobody. */
export const machineText = (): string => {
  const model = cpus()[0]?.model.trim() || "unknown processor";
  return `${availableParallelism()} cores (${model}), ${Math.round(totalmem() / 2 ** 30)} GiB, ${process.platform} ${process.arch}`;
};
