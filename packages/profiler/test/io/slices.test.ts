import { describe, expect, it } from '@jest/globals';
import { Slices } from '../../src/io/slices.js';

/** Of bytes by the ms at which they came. */
function slicesOf(came: Readonly<Record<number, number>>, endMs: number): Slices {
  const slices = new Slices();
  slices.begin(0);
  for (const [atMs, bytes] of Object.entries(came)) slices.add(bytes, Number(atMs));
  slices.end(endMs);
  return slices;
}

describe('bytes over time', () => {
  it.each([
    ['of the busiest second', { 0: 10, 950: 10, 1_050: 10, 1_800: 10, 5_000: 10 }, 6_000, 30],
    ['of a burst in a long recording, by a whole second', { 100: 60, 400: 60 }, 5_000, 120],
    ['of a burst after which the recording goes on, just as much', { 100: 60, 200: 60 }, 1_000, 120],
    ['of a recording of half a second, by that', { 0: 30, 400: 30 }, 499, 120],
    ['of less time than can have a rate, by 0.3 s', { 0: 30 }, 1, 100],
    ['of nothing', {}, 1_000, 0],
  ])('have a peak rate: %s', (_of, came, endMs, perSecond) => {
    expect(slicesOf(came as Record<number, number>, endMs).peakBytesPerSecond()).toBe(perSecond);
  });

  it('stay few, however long it takes, and lose nothing', () => {
    const slices = slicesOf({ 0: 1, 59_999: 2, 60_000: 3, 3_600_000: 4 }, 7_200_000);
    expect(slices.bytes.length).toBeLessThanOrEqual(600);
    expect(slices.bytes.reduce((sum, bytes) => sum + bytes, 0)).toBe(10);
    expect(slices.bytes.length * slices.sliceMs).toBeGreaterThanOrEqual(7_200_000);
  });
});
