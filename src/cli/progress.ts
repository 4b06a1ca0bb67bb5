import type { Progress } from "./command.ts";

const WIDTH = 24;
const MIN_INTERVAL_MS = 80;

const seconds = (s: number): string => (s < 90 ? `${Math.ceil(s)} s` : `${Math.ceil(s / 60)} min`);

/** A bar that redraws its line: title, bar, done/total, rate and remaining time. `clock` in ms, monotonic. */
export const terminalProgress = (
  stream: { write(text: string): unknown },
  clock: () => number,
  title: string,
  unit: string,
): Progress => {
  const start = clock();
  let drawn = -Infinity;
  return {
    update: (done, total) => {
      const now = clock();
      if (now - drawn < MIN_INTERVAL_MS && done < total) return;
      drawn = now;
      const filled = total > 0 ? Math.round((done / total) * WIDTH) : 0;
      const rate = done / Math.max(1e-3, (now - start) / 1000);
      const left = done > 0 && done < total ? `  ETA ${seconds((total - done) / rate)}` : "";
      stream.write(
        `\r\x1b[K${title.padEnd(11)} [${"=".repeat(filled).padEnd(WIDTH)}] ${done}/${total}  ${rate.toFixed(0)} ${unit}/s${left}`,
      );
    },
    end: (text) => void stream.write(`\r\x1b[K${text === undefined ? "" : `${text}\n`}`),
  };
};

/** No bar: only the closing text. */
export const silentProgress = (note: (line: string) => void): Progress => ({
  update: () => undefined,
  end: (text) => {
    if (text !== undefined) note(text);
  },
});
