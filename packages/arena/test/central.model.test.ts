import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { EXCHANGE_SLOTS, type Backend, type Central, type Fit } from '../src/central/central.js';
import { FIRST_ROW, FIRST_SLOT } from '../src/records/layout.js';
import { chooseNative, openCentral } from '../src/central/open-central.js';
import { Records } from '../src/records/records.js';
import { enter } from '../src/records/threads.js';
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

/** A central allocator with its records, to be looked at. */
interface Subject {
  readonly central: Central;
  readonly records: Records;
}

function create(backend: Backend, capacity: number, fit: Fit = 'good'): Subject {
  const records = Records.create(2 ** 20);
  records.reserve(10_000);
  const central = openCentral(chooseNative(backend), records, enter(records), fit);
  central.grow(capacity);
  return { central, records };
}

const placesOf = ({ central, records }: Subject, placed: number): Omit<Live, 'size'>[] => Array.from(central.exchange.subarray(0, placed), (slot) => ({ slot, offset: records.offsetBytesOf(slot) / 16 }));

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
function step(subject: Subject, model: Model, operation: Operation): void {
  const allocator = subject.central;
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
    const placed = allocator.allocate(size, align, count, FIRST_ROW);
    for (const { slot, offset } of placesOf(subject, placed)) {
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
  it.each(['good', 'best'] as const)('with the %s fit, behaves as a list of blocks and the gaps between them', (fit) => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4_000 }), fc.array(operation, { maxLength: 150 }), (capacity, operations) => {
        const subject = create(backend, capacity, fit);
        const model = new Model(capacity);
        for (const each of operations) step(subject, model, each);
        for (const { slot } of model.live) {
          subject.central.exchange[0] = slot;
          subject.central.free(1);
        }
        expect(subject.central.survey()).toEqual({ freeSize: model.capacity, freeBlocks: 1, largestSize: model.capacity });
      }),
      { seed: 1, numRuns: 60 },
    );
  });

  it('takes the smallest gap that holds a block where the best fit is asked for', () => {
    const { central, records } = create(backend, 100_000, 'best');
    const sizes = [3_000, 1, 2_990, 1, 2_995, 1, 2_999, 1];
    const slots = sizes.map((size) => {
      central.allocate(size, 1, 1, FIRST_ROW);
      return central.exchange[0] as number;
    });
    slots.filter((_, index) => index % 2 === 0).forEach((slot, index) => (central.exchange[index] = slot));
    central.free(4);
    central.allocate(2_991, 1, 1, FIRST_ROW);
    expect(records.offsetBytesOf(central.exchange[0] as number) / 16).toBe(3_000 + 1 + 2_990 + 1);
  });

  it('fills a region to the last granule', () => {
    const { central } = create(backend, 1_000);
    for (let left = 1_000; left > 0; left -= 40) expect(central.allocate(1, 1, 40, FIRST_ROW)).toBe(40);
    expect(central.allocate(1, 1, 1, FIRST_ROW)).toBe(0);
    expect(central.survey()).toEqual({ freeSize: 0, freeBlocks: 0, largestSize: 0 });
  });

  it('refuses to free a slot that is not in use', () => {
    const { central } = create(backend, 1_000);
    central.allocate(10, 1, 1, FIRST_ROW);
    for (const slot of [0, 1_000, FIRST_SLOT + 5_000, -1]) {
      central.exchange[0] = slot;
      expect(() => central.free(1)).toThrow('not in use');
    }
  });
});

it('gives every block the same slot and place on every backend', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4_000 }), fc.array(operation, { maxLength: 300 }), (capacity, operations) => {
      const histories = backends.map((backend) => history(create(backend, capacity), capacity, operations));
      for (const other of histories) expect(other).toEqual(histories[0]);
    }),
    { seed: 2, numRuns: 100 },
  );
});

/** All that an allocator answers. */
function history(subject: Subject, capacity: number, operations: readonly Operation[]): number[] {
  const answers: number[] = [];
  const model = new Model(capacity);
  for (const each of operations) {
    if (typeof each === 'object' && 'allocate' in each) {
      const { size, align, count } = each.allocate;
      const placed = subject.central.allocate(size, align, count, FIRST_ROW);
      const places = placesOf(subject, placed);
      answers.push(placed, ...places.flatMap(({ slot, offset }) => [slot, offset]));
      for (const place of places) model.live.push({ ...place, size });
    } else step(subject, model, each);
  }
  return answers;
}

it('serves as many blocks in one call as the exchange holds', () => {
  for (const backend of backends) expect(create(backend, 1_000).central.allocate(1, 1, EXCHANGE_SLOTS, FIRST_ROW)).toBe(EXCHANGE_SLOTS);
});
