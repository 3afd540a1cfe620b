/** Uniform in [0, 1); the same sequence for the same seed (a linear congruential generator with an output permutation, after O'Neill, 2014). */
export function randomOf(seed: number): () => number {
  let state = Math.imul(seed | 0, 0x2c1b3c6d) ^ 0x297a2d39;
  return () => {
    state = (Math.imul(state, 0x2c9277b5) + 0x6d2b79f5) | 0;
    let word = Math.imul((state >>> ((state >>> 28) + 4)) ^ state, 0x108ef2d9);
    word = (word >>> 22) ^ word;
    return (word >>> 0) / 2 ** 32;
  };
}

/** Normal with mean 0 and deviation 1, by the polar method (Marsaglia and Bray, 1964). */
export function normal(random: () => number): number {
  for (;;) {
    const x = 2 * random() - 1;
    const y = 2 * random() - 1;
    const square = x * x + y * y;
    if (square > 0 && square < 1) return x * Math.sqrt((-2 * Math.log(square)) / square);
  }
}

/** Gamma with `shape` of at least 1 (Marsaglia and Tsang, 2000). */
export function gamma(random: () => number, shape: number, scale: number): number {
  const d = shape - 1 / 3;
  const c = 1 / Math.sqrt(9 * d);
  for (;;) {
    const x = normal(random);
    const v = (1 + c * x) ** 3;
    if (v > 0 && Math.log(1 - random()) < x * x / 2 + d - d * v + d * Math.log(v)) return d * v * scale;
  }
}
