/** The smallest class, in bytes. */
const SMALLEST = 64;
/** Classes from one power of two to the next: a buffer has at most a quarter more than was asked for. */
const STEPS = 4;

/**
 * Sizes that are pooled: 64 bytes, then four steps from each power of two to the next, as in jemalloc. So few of them that
 * buffers are used again, so many that at most a fifth of each is wasted.
 */
export function classOf(bytes: number): number {
  if (bytes <= SMALLEST) return 0;
  const exponent = 31 - Math.clz32(bytes - 1);
  const step = 2 ** exponent / STEPS;
  return (exponent - Math.log2(SMALLEST)) * STEPS + Math.ceil((bytes - 2 ** exponent) / step);
}

/** How many bytes a buffer of this class has. */
export function bytesOf(index: number): number {
  return 2 ** Math.floor(index / STEPS) * (SMALLEST + (index % STEPS) * (SMALLEST / STEPS));
}
