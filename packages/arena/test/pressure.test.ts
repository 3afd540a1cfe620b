import diagnostics from 'node:diagnostics_channel';
import { ManualClock } from '@fog/testkit';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createArena } from '../src/arena.js';
import { CLOSED } from '../src/records/layout.js';
import { readPressure, type PressureReadings } from '../src/pressure/pressure-sources.js';
import type { Pressure } from '../src/pressure/pressure-watch.js';
import { nextLevel, type PressureLevel } from '../src/pressure/pressure.js';

const thresholds = { warning: 0.85, critical: 0.95 };

describe('the level of pressure', () => {
  it('rises at a threshold and falls below it by the hysteresis', () => {
    const ratios = [0.5, 0.85, 0.81, 0.79, 0.96, 0.91, 0.89, 0.86, 0.7, 1];
    let level: PressureLevel = 'normal';
    const levels = ratios.map((ratio) => (level = nextLevel(level, ratio, thresholds, 0.05)));
    expect(levels).toEqual(['normal', 'warning', 'warning', 'normal', 'critical', 'critical', 'warning', 'warning', 'normal', 'critical']);
  });

  it('does not change again while a reading trembles by less than the hysteresis', () => {
    fc.assert(
      fc.property(fc.double({ min: 0.86, max: 0.9, noNaN: true }), fc.array(fc.double({ min: -0.05, max: 0.04, noNaN: true })), (centre, trembles) => {
        let level: PressureLevel = 'warning';
        for (const tremble of trembles) level = nextLevel(level, centre + tremble, thresholds, 0.06);
        return level === 'warning';
      }),
    );
  });
});

describe('a pressure watch', () => {
  it('tells of each change once, purges at a warning, and evicts when it is critical', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend: 'javascript', clock });
    const object = arena.lazy(() => undefined, { bytes: 1_000 });
    let readings: PressureReadings = { system: 0.5 };
    const told: Pressure[] = [];
    const watch = arena.onPressure({ ...thresholds, intervalMs: 100, read: () => readings }, (pressure) => told.push(pressure));
    void object.u8;
    clock.advance(100);
    readings = { system: 0.9, process: 0.2 };
    clock.advance(300);
    expect(object.isLoaded).toBe(true);
    readings = { system: 0.2, cgroup: 0.99 };
    clock.advance(300);
    expect(object.isLoaded).toBe(false);
    readings = { system: 0.2, cgroup: 0.2 };
    clock.advance(100);
    expect(told.map(({ level, previous, relievedBytes }) => [previous, level, relievedBytes])).toEqual([
      ['normal', 'warning', 0],
      ['warning', 'critical', 1_000],
      ['critical', 'normal', 0],
    ]);
    expect(watch.level).toBe('normal');
    readings = { stall: 0.2 };
    expect(watch.check()).toBe('warning');
    watch.close();
    clock.advance(1_000);
    expect(clock.pendingTimers).toBe(0);
  });

  it('forgets a source that is there no more', async () => {
    await using arena = createArena({ backend: 'javascript' });
    let readings: PressureReadings = { cgroup: 0.99 };
    const watch = arena.onPressure({ read: () => readings });
    expect(watch.check()).toBe('critical');
    readings = { system: 0.1 };
    expect(watch.check()).toBe('normal');
  });

  it('outlives a listener and a source that throw, and tells of the first of a row', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ name: 'watched', backend: 'javascript', clock });
    let read = (): PressureReadings => ({ system: 0.99 });
    const watch = arena.onPressure({ intervalMs: 100, read: () => read() }, ({ level }) => {
      throw new Error(`told of ${level}`);
    });
    const errors: unknown[] = [];
    const note = (message: unknown): unknown => errors.push(message);
    diagnostics.subscribe('@fog/arena:pressure:unwatched', note);
    clock.advance(100);
    clock.advance(100);
    read = () => {
      throw new Error('no reading');
    };
    clock.advance(200);
    expect(() => watch.check()).toThrow('no reading');
    diagnostics.unsubscribe('@fog/arena:pressure:unwatched', note);
    expect(errors).toEqual(['told of critical', 'no reading'].map((message) => ({ arena: 'watched', error: new Error(message) })));
    expect(watch.level).toBe('critical');
  });

  it('ends with its arena', async () => {
    const clock = new ManualClock();
    const arena = createArena({ backend: 'javascript', clock });
    arena.onPressure();
    expect([clock.pendingTimers, clock.pendingRefs]).toEqual([1, 0]);
    await arena.close();
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends when another thread has closed its arena, without a word', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend: 'javascript', clock });
    let looks = 0;
    arena.onPressure({ intervalMs: 100, read: () => ({ system: 0.99, looks: (looks += 1) }) as PressureReadings });
    new Int32Array(arena.share().records)[CLOSED] = 1;
    clock.advance(300);
    expect([looks, clock.pendingTimers]).toEqual([0, 0]);
  });

  it.each([{ warning: 0 }, { warning: 0.96 }, { critical: 1.1 }, { hysteresis: -1 }, { hysteresis: 0.9 }, { intervalMs: 0 }, { stall: { warning: 2, critical: 3 } }, { read: 7 }, { more: 1 }, { stall: null }, null, 7])('refuses %p', async (options) => {
    await using arena = createArena({ backend: 'javascript' });
    expect(() => arena.onPressure(options as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_OPTION' }));
  });
});

it('reads what there is of process, container and system', () => {
  const readings = readPressure();
  expect(Object.keys(readings)).toEqual(expect.arrayContaining(['process', 'system']));
  for (const ratio of Object.values(readings) as number[]) expect(ratio >= 0 && ratio <= 1).toBe(true);
});
