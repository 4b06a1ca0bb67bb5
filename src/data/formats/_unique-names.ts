/** The same names, with a number before the suffix where one stands for several photos: "1.jpg", "1 (2).jpg". */
export const uniqueNames = (names: readonly string[]): string[] => {
  const wanted = new Set(names);
  const taken = new Set<string>();
  return names.map((name) => {
    let free = name;
    for (let n = 2; taken.has(free); n++) {
      const numbered = name.replace(/(\.[^./]*)?$/, (suffix) => ` (${n})${suffix}`);
      if (!wanted.has(numbered)) free = numbered;
    }
    taken.add(free);
    return free;
  });
};
