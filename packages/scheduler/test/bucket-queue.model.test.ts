import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { BucketQueue } from '../src/queue/bucket-queue.js';
import type { OrderedItem } from '../src/queue/ordered.js';

interface Entry extends OrderedItem {
  key: number;
}

const key = fc.integer({ min: 0, max: 4 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('push' as const), key }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('pop' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('return' as const), at: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('rekey' as const), key }) },
);

it('gives what a sorted list would, equals in the order of their sequence, those too that come back', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const queue = new BucketQueue<Entry>();
      const inside: Entry[] = [];
      const outside: Entry[] = [];
      const sorted = (): Entry[] => inside.toSorted((a, b) => a.key - b.key || a.sequence - b.sequence);
      const move = (entry: Entry, from: Entry[], to: Entry[]): void => {
        from.splice(from.indexOf(entry), 1);
        to.push(entry);
      };
      for (const [sequence, action] of steps.entries()) {
        if (action.kind === 'push') {
          const entry: Entry = { heapIndex: -1, bucket: undefined, sequence, key: action.key };
          inside.push(entry);
          queue.push(entry, entry.key);
        } else if (action.kind === 'pop') {
          const expected = sorted()[0];
          expect(queue.pop()).toBe(expected);
          if (expected !== undefined) move(expected, inside, outside);
        } else if (action.kind === 'rekey') {
          for (const entry of inside) entry.key = (entry.key + action.key) % 5;
          queue.rekey((entry) => entry.key);
        } else {
          const [from, to] = action.kind === 'remove' ? [inside, outside] : [outside, inside];
          const chosen = from[action.at % from.length];
          if (chosen === undefined) continue;
          move(chosen, from, to);
          if (action.kind === 'remove') queue.remove(chosen);
          else queue.push(chosen, chosen.key);
        }
        const [first] = sorted();
        expect([queue.size, queue.peek(), queue.peekKey()]).toEqual([inside.length, first, first?.key ?? Infinity]);
        expect(new Set(queue)).toEqual(new Set(inside));
        for (const entry of inside) expect(queue.keyOf(entry)).toBe(entry.key);
      }
      for (const expected of sorted()) expect(queue.pop()).toBe(expected);
    }),
    { seed: 3, numRuns: 300 },
  );
});
