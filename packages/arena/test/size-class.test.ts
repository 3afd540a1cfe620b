import { describe, expect, it } from '@jest/globals';
import { EXACT_GRANULES, FIRST_LEVEL, SECOND_LEVEL, classFitting, classOf, smallestOf } from '../src/central/size-class.js';

const LARGEST = 2 ** 28;
const small = Array.from({ length: 20_000 }, (_, index) => index + 1);
const sizes = [...small, LARGEST - 1, LARGEST];

describe('size classes', () => {
  it('ascend with the size, without a gap', () => {
    expect(small.filter((size) => ![0, 1].includes(classOf(size + 1) - classOf(size)))).toEqual([]);
  });

  it('hold one size each up to 1 KiB', () => {
    expect(small.filter((size) => size < EXACT_GRANULES && classOf(size) !== size)).toEqual([]);
  });

  it('tell their smallest size', () => {
    const isSmallest = (size: number, of: number): boolean => classOf(size) === of && classOf(size - 1) < of;
    expect(sizes.filter((size) => !isSmallest(smallestOf(classOf(size)), classOf(size)))).toEqual([]);
  });

  it('round a request up to the next class by less than 1/32', () => {
    const granted = (size: number): number => smallestOf(classFitting(size));
    expect(sizes.filter((size) => granted(size) < size || granted(size) >= size * (1 + 1 / SECOND_LEVEL))).toEqual([]);
  });

  it('end with one for the largest block', () => {
    expect(classOf(LARGEST)).toBeLessThan(FIRST_LEVEL * SECOND_LEVEL);
  });
});
