import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EXCHANGE_PAIRS, type Allocator } from '../src/allocator.js';
import { createAllocator } from '../src/backend.js';
import { backends } from './backends.js';

type Operation = { allocate: { size: number; align: number; count: number } } | { free: number[] } | { grow: number } | 'reset';

interface Live {
  readonly slot: number;
  readonly offset: number;
  readonly size: number;
}

const operation: fc.Arbitrary<Operation> = fc.oneof(
  { weight: 30, arbitrary: fc.record({ allocate: fc.record({ size: fc.integer({ min: 1, max: 40 }), align: fc.constantFrom(1, 1, 1, 2, 8), count: fc.integer({ min: 1, max: 8 }) }) }) },
  { weight: 30, arbitrary: fc.record({ allocate: fc.record({ size: fc.integer({ min: 1, max: 2_000 }), align: fc.constantFrom(1, 1, 4, 256), count: fc.constant(1) }) }) },
  { weight: 60, arbitrary: fc.record({ free: fc.array(fc.nat(), { minLength: 1, maxLength: 8 }) }) },
  { weight: 4, arbitrary: fc.record({ grow: fc.integer({ min: 1, max: 500 }) }) },
  { weight: 1, arbitrary: fc.constant('reset' as const) },
);

/** The naive model: a list of live blocks, and whatever lies between them is free. */
class Model {
  live: Live[] = [];
  capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  gaps(): { readonly from: number; readonly to: number }[] {
    const gaps = [];
    let from = 0;
    for (const { offset, size } of [...this.live.toSorted((a, b) => a.offset - b.offset), { offset: this.capacity, size: 0 }]) {
      if (offset > from) gaps.push({ from, to: offset });
      from = offset + size;
    }
    return gaps;
  }
}

/** Applies one operation to both and checks what the allocator answers. */
function step(allocator: Allocator, model: Model, operation: Operation): void {
  if (operation === 'reset') {
    allocator.reset();
    model.live = [];
  } else if ('grow' in operation) {
    model.capacity += operation.grow;
    allocator.grow(model.capacity);
  } else if ('free' in operation) {
    const chosen = new Set(operation.free.map((pick) => model.live[pick % Math.max(1, model.live.length)]).filter((block) => block !== undefined));
    [...chosen].forEach(({ slot }, index) => (allocator.exchange[index] = slot));
    allocator.free(chosen.size);
    model.live = model.live.filter((block) => !chosen.has(block));
  } else {
    const { size, align, count } = operation.allocate;
    const placed = allocator.allocate(size, align, count);
    for (let index = 0; index < placed; index += 1) {
      const [slot = 0, offset = -1] = allocator.exchange.subarray(2 * index);
      expect(offset % align).toBe(0);
      expect(model.gaps().some(({ from, to }) => from <= offset && offset + size <= to)).toBe(true);
      expect(model.live.some((block) => block.slot === slot)).toBe(false);
      model.live.push({ slot, offset, size });
    }
    // Fewer than asked for only if no gap could hold another.
    if (placed < count) expect(model.gaps().filter(({ from, to }) => Math.ceil(from / align) * align + size <= to)).toEqual([]);
  }
  const sizes = model.gaps().map(({ from, to }) => to - from);
  // As many free blocks as gaps: no two of them are neighbours, and nothing is lost.
  expect(allocator.survey()).toEqual({ freeSize: sizes.reduce((sum, size) => sum + size, 0), freeBlocks: sizes.length, largestSize: Math.max(0, ...sizes) });
}

describe.each(backends)('the %s allocator', (backend) => {
  it('behaves as a list of blocks and the gaps between them', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_000 }), fc.array(operation, { maxLength: 150 }), (capacity, operations) => {
        const allocator = createAllocator(backend, capacity);
        const model = new Model(capacity);
        for (const each of operations) step(allocator, model, each);
        for (const { slot } of model.live) {
          allocator.exchange[0] = slot;
          allocator.free(1);
        }
        expect(allocator.survey()).toEqual({ freeSize: model.capacity, freeBlocks: 1, largestSize: model.capacity });
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('fills a region to the last granule', () => {
    const allocator = createAllocator(backend, 1_000);
    for (let left = 1_000; left > 0; left -= 40) expect(allocator.allocate(1, 1, 40)).toBe(40);
    expect(allocator.allocate(1, 1, 1)).toBe(0);
    expect(allocator.survey()).toEqual({ freeSize: 0, freeBlocks: 0, largestSize: 0 });
  });

  it('refuses to free a slot that is not in use', () => {
    const allocator = createAllocator(backend, 1_000);
    allocator.allocate(10, 1, 1);
    for (const slot of [0, 1_000, -1]) {
      allocator.exchange[0] = slot;
      expect(() => allocator.free(1)).toThrow('not in use');
    }
  });
});

it('gives every block the same slot and place on every backend', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4_000 }), fc.array(operation, { maxLength: 300 }), (capacity, operations) => {
      const histories = backends.map((backend) => history(createAllocator(backend, capacity), capacity, operations));
      for (const other of histories) expect(other).toEqual(histories[0]);
    }),
    { seed: 2, numRuns: 100 },
  );
});

/** All that an allocator answers. */
function history(allocator: Allocator, capacity: number, operations: readonly Operation[]): number[] {
  const answers: number[] = [];
  const model = new Model(capacity);
  for (const each of operations) {
    if (typeof each === 'object' && 'allocate' in each) {
      const { size, align, count } = each.allocate;
      const placed = allocator.allocate(size, align, count);
      answers.push(placed, ...allocator.exchange.subarray(0, 2 * placed));
      for (let index = 0; index < placed; index += 1) model.live.push({ slot: allocator.exchange[2 * index] ?? 0, offset: allocator.exchange[2 * index + 1] ?? 0, size });
    } else step(allocator, model, each);
  }
  return answers;
}

it('serves as many blocks in one call as the exchange holds', () => {
  for (const backend of backends) {
    const allocator = createAllocator(backend, 1_000);
    expect(allocator.allocate(1, 1, EXCHANGE_PAIRS)).toBe(EXCHANGE_PAIRS);
  }
});
