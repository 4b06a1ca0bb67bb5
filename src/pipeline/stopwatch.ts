/** Seconds each stage took, by a monotonic clock. */
export const stopwatch = () => {
  const start = performance.now();
  let last = start;
  const stages: { name: string; seconds: number }[] = [];
  return {
    stages,
    lap: (name: string): number => {
      const seconds = (performance.now() - last) / 1000;
      last = performance.now();
      stages.push({ name, seconds });
      return seconds;
    },
    total: () => (performance.now() - start) / 1000,
  };
};
