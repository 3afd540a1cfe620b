import { describe, expect, it } from '@jest/globals';
import { chooseGpus, commonRoom, copyRoom, Dimensions, fits, move, shareInUse } from '../src/workers/resources.js';
import { codeOf } from './workload.js';

const dimensions = new Dimensions();
const room = (capacity: Parameters<Dimensions['room']>[0]) => dimensions.room(capacity);
const demand = (needs: Parameters<Dimensions['demand']>[0]) => dimensions.demand(needs);

describe('amounts', () => {
  it('fill a worker to exactly nothing, though 0.1 is no binary fraction', () => {
    const free = room({ cpu: 1 });
    const tenth = demand({ cpu: 0.1 });
    for (let taken = 0; taken < 10; taken += 1) {
      expect(fits(tenth, free)).toBe(true);
      move(tenth, [], free, -1);
    }
    expect(fits(demand({ cpu: 0.000_001 }), free)).toBe(false);
    for (let given = 0; given < 10; given += 1) move(tenth, [], free, 1);
    expect(free).toEqual(room({ cpu: 1 }));
  });

  it('of a resource the worker has not heard of do not fit', () => {
    expect(fits(demand({ licences: 1 }), room({ cpu: 64 }))).toBe(false);
    expect(fits(demand({ licences: 0 }), room({ cpu: 64 }))).toBe(true);
  });

  it('that nobody can need are refused', () => {
    for (const cpu of [-1, Number.NaN, Infinity, 1e300]) expect(codeOf(() => demand({ cpu }))).toBe('ERR_SCHEDULER_INVALID_OPTION');
    expect(codeOf(() => demand({ gpu: 1.5 }))).toBe('ERR_SCHEDULER_INVALID_OPTION');
  });

  it('in common are the lesser of both', () => {
    expect(commonRoom({ amounts: [3, 1], gpus: [5] }, { amounts: [2, 4], gpus: [6] })).toEqual({ amounts: [2, 1], gpus: [5] });
  });
});

describe('GPUs', () => {
  const whole = 1_000_000;

  it('are shared where the fullest one has the share, so that whole ones stay whole', () => {
    expect(chooseGpus(0.25 * whole, [whole, 0.5 * whole, 0.3 * whole, 0.2 * whole])).toEqual([2]);
    expect(chooseGpus(whole, [0.5 * whole, whole])).toEqual([1]);
    expect(chooseGpus(0.75 * whole, [0.5 * whole, 0.5 * whole])).toBeUndefined();
  });

  it('are taken whole when more than one is needed, the first of them first', () => {
    expect(chooseGpus(2 * whole, [whole, 0.9 * whole, whole, whole])).toEqual([0, 2]);
    expect(chooseGpus(3 * whole, [whole, 0.9 * whole, whole])).toBeUndefined();
  });

  it('given back are as they were', () => {
    const before = room({ cpu: 1, gpu: [1, 1, 0.5] });
    const free = copyRoom(before);
    const two = demand({ gpu: 2 });
    move(two, [0, 1], free, -1);
    expect(free.gpus).toEqual([0, 0, 0.5 * whole]);
    expect(shareInUse(before, free)).toBe(0.8);
    move(two, [0, 1], free, 1);
    expect(free).toEqual(before);
  });
});
