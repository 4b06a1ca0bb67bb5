import { spawn, spawnSync } from "node:child_process";
import { createInterface } from "node:readline";
import type { Contestant } from "./race.ts";

const PYTHON = "/usr/bin/python3";

/** Whether PyTorch is there (Debian: `apt-get install python3-torch`). */
export const hasTorch = (): boolean => spawnSync(PYTHON, ["-c", "import torch"]).status === 0;

interface TorchStep {
  readonly network: "conv4" | "resnet18" | "mobilenet";
  /** How many of the network's parts are frozen. */
  readonly frozen?: number;
  readonly batch: number;
  readonly size: number;
}

/** PyTorch's training step, in a process that waits between runs. */
export const torchStep = ({ network, frozen = 0, batch, size }: TorchStep): Contestant => {
  const script = new URL("pytorch_step.py", import.meta.url).pathname;
  const child = spawn(PYTHON, [script, network, frozen, batch, size].map(String), {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    name: "PyTorch",
    run: async () => {
      child.stdin.write("step\n");
      const { value, done } = await lines.next();
      if (done) throw new Error("PyTorch's process ended: see what it printed above");
      return Number(value);
    },
    close: async () => {
      child.stdin.end();
    },
  };
};
