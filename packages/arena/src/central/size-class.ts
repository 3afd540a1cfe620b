/**
 * Size ↔ class of the free lists, the twin of `core/src/size_class.rs`. Sizes count granules of 16 bytes.
 *
 * Two levels, as in TLSF: a first-level class is a power of two, cut into 32 second-level classes of equal width. Up to
 * 64 granules (1 KiB) a class holds one size; above, sizes of one class differ by less than 1/32 of the smallest, which
 * bounds what a good fit wastes against the best one.
 */
export const GRANULE_BYTES = 16;
const SECOND_LEVEL_BITS = 5;
/** Lists a first-level class. */
export const SECOND_LEVEL: number = 1 << SECOND_LEVEL_BITS;
/** Enough for a block of 2^28 granules, 4 GiB. */
export const FIRST_LEVEL = 25;
/** Above it a class holds more than one size. */
export const EXACT_GRANULES: number = 2 * SECOND_LEVEL;

const log2 = (size: number): number => 31 - Math.clz32(size);

/** The class whose list a free block of `size` granules is in. */
export function classOf(size: number): number {
  if (size < SECOND_LEVEL) return size;
  const shift = log2(size) - SECOND_LEVEL_BITS;
  // The leading bit of `size >>> shift` adds 1 to the first level, which is why none is added here.
  return (shift << SECOND_LEVEL_BITS) + (size >>> shift);
}

/** The first class all of whose blocks have at least `size` granules. */
export function classFitting(size: number): number {
  if (size < EXACT_GRANULES) return classOf(size);
  return classOf(size + (1 << (log2(size) - SECOND_LEVEL_BITS)) - 1);
}

/** The smallest size of a class. */
export function smallestOf(sizeClass: number): number {
  if (sizeClass < EXACT_GRANULES) return sizeClass;
  const shift = (sizeClass >>> SECOND_LEVEL_BITS) - 1;
  return (SECOND_LEVEL + (sizeClass & (SECOND_LEVEL - 1))) << shift;
}
