export type Colour = readonly [red: number, green: number, blue: number];

/** Polynomials in t of red, green and blue, constant first. */
const CIVIDIS: readonly (readonly number[])[] = [
  [-4.54, -35.34, 2381.73, -6402.7, 7024.72, -2710.57],
  [32.49, 170.73, 52.82, -131.46, 176.58, -67.37],
  [81.24, 442.36, -2482.43, 6167.24, -6614.94, 2475.67],
];

/**
 * Cividis: from dark blue through grey to yellow, lightness rising evenly, the same to eyes that do not tell red from
 * green. By polynomials of the fifth degree.
 *
 * @param t  in [0, 1]
 * @returns 0 to 255 each
 * @see Nuñez, Anderton & Renslow 2018. https://arxiv.org/abs/1712.01662
 */
export const cividis = (t: number): Colour => {
  const [red, green, blue] = CIVIDIS.map((factors) => {
    const value = factors.reduceRight((sum, factor) => sum * t + factor, 0);
    return Math.max(0, Math.min(255, Math.round(value)));
  });
  return [red!, green!, blue!];
};
