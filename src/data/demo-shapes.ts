/** A point of a shape's surface: how far inside it lies, and which way it leans. */
export interface Surface {
  /** Signed distance to the outline, negative inside; the shape fits into a circle of radius 1. */
  readonly distance: number;
  /** Slope of the surface towards +u and +v, -1 .. 1; 0 = flat. */
  readonly leanU: number;
  readonly leanV: number;
  /** Brightness of what is cut into it (thread, edges), 1 = none. */
  readonly shade: number;
}

/** Proportions of one piece, each 0 .. 1, drawn anew per picture. */
export interface Proportions {
  readonly bore: number;
  readonly length: number;
  readonly thickness: number;
}

export type Shape = (u: number, v: number, proportions: Proportions) => Surface;

const circle = (u: number, v: number, radius: number): number => Math.hypot(u, v) - radius;

const box = (u: number, v: number, [halfWidth, halfHeight]: readonly [number, number]): number => {
  const x = Math.abs(u) - halfWidth;
  const y = Math.abs(v) - halfHeight;
  return Math.hypot(Math.max(x, 0), Math.max(y, 0)) + Math.min(Math.max(x, y), 0);
};

/** A regular hexagon with flat sides left and right; `radius` to the middle of a side. */
const hexagon = (u: number, v: number, radius: number): number => {
  const sides = [0, Math.PI / 3, (2 * Math.PI) / 3];
  return Math.max(...sides.map((angle) => Math.abs(u * Math.cos(angle) + v * Math.sin(angle)))) - radius;
};

/** A shaft along v, lit as a cylinder; `thread` turns per unit length, 0 = smooth. */
const shaft = (
  u: number,
  v: number,
  { half, from, to, thread }: { half: number; from: number; to: number; thread: number },
): Surface => {
  const shade = thread === 0 ? 1 : 0.8 + 0.3 * Math.cos(2 * Math.PI * (v * thread + u * 0.6));
  const edge = thread === 0 ? half : half * (0.94 + 0.06 * Math.cos(4 * Math.PI * v * thread));
  return { distance: box(u, v - (from + to) / 2, [edge, (to - from) / 2]), leanU: u / half, leanV: 0, shade };
};

const nearer = (a: Surface, b: Surface): Surface => (a.distance < b.distance ? a : b);

/** Seen from the side: hexagonal head, threaded shaft. */
const bolt: Shape = (u, v, { length, thickness }) => {
  const half = 0.16 + 0.07 * thickness;
  const end = 0.35 + 0.55 * length;
  const facet = Math.abs(u) > 0.22 ? 0.8 : 1.05;
  const head: Surface = {
    distance: box(u, v + 0.68, [0.44, 0.2]),
    leanU: Math.abs(u) > 0.22 ? Math.sign(u) * 0.7 : 0,
    leanV: 0,
    shade: facet,
  };
  return nearer(head, shaft(u, v, { half, from: -0.5, to: end, thread: 7 }));
};

/** Seen from the side: domed head, short smooth shank. */
const rivet: Shape = (u, v, { length, thickness }) => {
  const half = 0.18 + 0.08 * thickness;
  const dome = Math.max(circle(u, v + 0.3, 0.5), v + 0.3);
  const head: Surface = { distance: dome, leanU: u / 0.5, leanV: (v + 0.3) / 0.5, shade: 1 };
  return nearer(head, shaft(u, v, { half, from: -0.35, to: 0.25 + 0.65 * length, thread: 0 }));
};

/** Seen from above: hexagon with a bore and a chamfer around it. */
const nut: Shape = (u, v, { bore }) => {
  const hole = 0.34 + 0.16 * bore;
  const radius = Math.hypot(u, v);
  const chamfer = radius > hole && radius < hole + 0.1;
  const lean = chamfer ? -0.8 / Math.max(radius, 1e-6) : 0;
  return { distance: Math.max(hexagon(u, v, 0.78), hole - radius), leanU: u * lean, leanV: v * lean, shade: 1 };
};

/** Seen from above: flat ring. */
const washer: Shape = (u, v, { bore }) => {
  const radius = Math.hypot(u, v);
  return { distance: Math.max(radius - 0.84, 0.34 + 0.2 * bore - radius), leanU: 0, leanV: 0, shade: 1 };
};

export const SHAPES = { bolt, nut, rivet, washer } as const satisfies Record<string, Shape>;
