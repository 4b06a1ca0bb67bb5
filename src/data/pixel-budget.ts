/** A semaphore counted in pixels: bounds the memory of decodes that run at the same time. */
export interface PixelBudget {
  /** Runs `work` once `pixels` are free; a request above the whole budget runs alone. First come, first served. */
  run<T>(pixels: number, work: () => Promise<T>): Promise<T>;
}

/** A budget of `pixels` in flight; 64 million by default. */
export const createPixelBudget = (pixels = 64e6): PixelBudget => {
  let free = pixels;
  const waiting: { wanted: number; start: () => void }[] = [];
  const admit = (): void => {
    for (let next = waiting[0]; next && next.wanted <= free; next = waiting[0]) {
      waiting.shift();
      free -= next.wanted;
      next.start();
    }
  };
  return {
    async run(wanted, work) {
      const taken = Math.min(wanted, pixels);
      await new Promise<void>((start) => {
        waiting.push({ wanted: taken, start });
        admit();
      });
      try {
        return await work();
      } finally {
        free += taken;
        admit();
      }
    },
  };
};
