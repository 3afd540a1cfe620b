import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Succession } from '../../src/io/succession.js';

/** How many of these follow on another; told as they end. */
function followed(operations: readonly (readonly [beganMs: number, endedMs: number])[]): number {
  const succession = new Succession();
  return operations.toSorted(([, a], [, b]) => a - b).filter(([began, ended]) => succession.add(began, ended)).length;
}

const row = (count: number, fromMs = 0): [number, number][] => Array.from({ length: count }, (_, index) => [fromMs + index * 5, fromMs + index * 5 + 4.5]);

it('all but the first follow where each is awaited, in several rows at once too', () => {
  expect(followed(row(20))).toBe(19);
  expect(followed([row(20), row(20, 1), row(20, 3.2)].flat())).toBe(57);
});

it('none follow of what begins together, and one at most on each end', () => {
  const together = (atMs: number): [number, number][] => Array.from({ length: 10 }, (_, index) => [atMs, atMs + 8 + index / 10]);
  expect(followed([0, 50, 100, 150].flatMap(together))).toBe(0);
  expect(followed([[0, 10], ...Array.from({ length: 9 }, () => [10.5, 20] as const)])).toBe(1);
});

it('none follow on an answer of long ago, or on one that is still to come', () => {
  expect(followed([[0, 10], [13, 20], [15, 40]])).toBe(0);
});

it('an operation may take as long as a thousand others', () => {
  const others = Array.from({ length: 1_000 }, (_, index): [number, number] => [index * 10, index * 10 + 5]);
  expect(followed([[0, 1], [1.5, 10_100], ...others.slice(1)])).toBe(1);
});

it('agrees with looking at all ends', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 400 }), fc.integer({ min: 0, max: 40 })), { maxLength: 60 }), (drawn) => {
      const operations = drawn.map(([began, took]) => [began / 2, (began + took) / 2] as const).toSorted(([, a], [, b]) => a - b);
      const ends: { ms: number; isFree: boolean }[] = [];
      let expected = 0;
      for (const [began, ended] of operations) {
        const before = ends.findLast(({ ms, isFree }) => isFree && ms <= began && ms >= began - 2);
        if (before !== undefined) {
          before.isFree = false;
          expected += 1;
        }
        ends.push({ ms: ended, isFree: true });
      }
      expect(followed(operations)).toBe(expected);
    }),
  );
});
