import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { IndexedHeap, type HeapItem } from '../src/queue/indexed-heap.js';

interface Entry extends HeapItem {
  key: number;
}

const step = fc.oneof(
  fc.record({ kind: fc.constant('push' as const), key: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ kind: fc.constant('pop' as const) }),
  fc.record({ kind: fc.constant('remove' as const), at: fc.nat() }),
  fc.record({ kind: fc.constant('update' as const), at: fc.nat(), key: fc.integer({ min: 0, max: 9 }) }),
  fc.record({ kind: fc.constant('rekey' as const), key: fc.integer({ min: 1, max: 9 }) }),
);

const first = (model: readonly Entry[]): Entry | undefined => model.toSorted((a, b) => a.key - b.key || a.sequence - b.sequence)[0];

it('gives what a sorted list would, equals in the order they came, after any changes from the middle', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 120 }), (steps) => {
      const heap = new IndexedHeap<Entry>();
      const model: Entry[] = [];
      const forget = (entry: Entry): void => void model.splice(model.indexOf(entry), 1);
      for (const [sequence, action] of steps.entries()) {
        const chosen = 'at' in action ? model[action.at % model.length] : undefined;
        if (action.kind === 'push') {
          const entry: Entry = { heapIndex: -1, sequence, key: action.key };
          model.push(entry);
          heap.push(entry, entry.key);
        } else if (action.kind === 'pop') {
          const expected = first(model);
          expect(heap.pop()).toBe(expected);
          if (expected !== undefined) forget(expected);
        } else if (action.kind === 'rekey') {
          for (const entry of model) entry.key = (entry.key * action.key) % 10;
          heap.rekey(({ key }) => key);
        } else if (chosen !== undefined && action.kind === 'remove') {
          heap.remove(chosen);
          forget(chosen);
          expect(chosen.heapIndex).toBe(-1);
        } else if (chosen !== undefined && action.kind === 'update') {
          chosen.key = action.key;
          heap.update(chosen, action.key);
        }
        expect(heap.size).toBe(model.length);
        expect(heap.peek()).toBe(first(model));
        expect(heap.peekKey()).toBe(first(model)?.key ?? Infinity);
      }
      for (const entry of model) expect(heap.keyOf(entry)).toBe(entry.key);
    }),
    { seed: 1, numRuns: 200 },
  );
});

it('changes nothing when a new key cannot be computed', () => {
  const heap = new IndexedHeap<Entry>();
  for (let sequence = 0; sequence < 5; sequence += 1) heap.push({ heapIndex: -1, sequence, key: 0 }, 5 - sequence);
  expect(() =>
    heap.rekey(({ sequence }) => {
      if (sequence === 2) throw new Error('no order');
      return sequence;
    }),
  ).toThrow('no order');
  expect(Array.from({ length: 5 }, () => heap.pop()?.sequence)).toEqual([4, 3, 2, 1, 0]);
});
