import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { Cadence } from '../src/cadence.js';
import { createMonitor } from '../src/index.js';
import { PressureTriggers, type Resource } from '../src/sources/pressure-trigger.js';

it('hurries while there is cause and for a quiet minute after', () => {
  const cadence = new Cadence(1_000, 100);
  expect(cadence.next(false, 0)).toBe(1_000);
  expect(cadence.next(true, 1_000)).toBe(100);
  expect(cadence.next(false, 30_000)).toBe(100);
  expect(cadence.next(true, 40_000)).toBe(100);
  expect(cadence.next(false, 99_999)).toBe(100);
  expect(cadence.next(false, 100_000)).toBe(1_000);
});

it('a pending alert makes a monitor sample ten times as often, until it is over', async () => {
  const clock = new ManualClock();
  const rules = 'groups: [{ name: g, rules: [{ alert: Long, expr: length > 10, for: 3s }] }]';
  // No machine to disturb the count: what it measures is not about this test.
  await using monitor = createMonitor({ clock, filesystems: [], thresholds: [], rules, source: 'portable' });
  let length = 0;
  monitor.gauge('length', () => length);
  monitor.start();
  clock.advance(10_000);
  expect(monitor.stats()).toMatchObject({ samplesTotal: 11, currentIntervalMs: 1_000 });
  length = 50;
  clock.advance(1_000);
  expect(monitor.stats()).toMatchObject({ samplesTotal: 12, currentIntervalMs: 100, alertsPending: 1 });
  clock.advance(1_000);
  expect(monitor.stats().samplesTotal).toBe(22);
  length = 0;
  clock.advance(59_900);
  expect(monitor.stats().currentIntervalMs).toBe(100);
  clock.advance(2_000);
  expect(monitor.stats().currentIntervalMs).toBe(1_000);
  const before = monitor.stats().samplesTotal;
  clock.advance(10_000);
  expect(monitor.stats().samplesTotal).toBe(before + 10);
  await monitor.sample(); // Lets the programs end that it started.
});

describe('the kernel\'s word on pressure', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'fog-pressure-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Triggers on files of our own; what they are called with, one after the other. */
  const triggersOn = (clock: ManualClock, cause: () => boolean): { triggers: PressureTriggers; next: () => Promise<Resource> } => {
    let heard: ((resource: Resource) => void) | undefined;
    const called = (resource: Resource): boolean => {
      heard?.(resource);
      return cause();
    };
    return { triggers: new PressureTriggers(folder, called, () => clock.now()), next: () => new Promise((resolve) => (heard = resolve)) };
  };
  /** What the kernel does: the file changes. */
  const change = (resource: Resource): void => appendFileSync(join(folder, `${resource}.pressure`), 'x');

  it('is asked for in each file there is, heard, and asked for again a window later', async () => {
    for (const resource of ['cpu', 'memory']) writeFileSync(join(folder, `${resource}.pressure`), '');
    const clock = new ManualClock();
    const { triggers, next } = triggersOn(clock, () => true);
    try {
      expect(triggers.armed).toBe(2);
      expect(readFileSync(join(folder, 'cpu.pressure'), 'utf8')).toBe('some 200000 2000000\0');
      for (let round = 1; round <= 2; round += 1) {
        const event = next();
        change('memory');
        expect(await event).toBe('memory');
        expect(triggers.eventsTotal).toBe(round);
        const before = readFileSync(join(folder, 'memory.pressure'), 'utf8');
        clock.advance(1_999);
        triggers.rearm();
        expect(readFileSync(join(folder, 'memory.pressure'), 'utf8')).toBe(before);
        clock.advance(1);
        writeFileSync(join(folder, 'memory.pressure'), '');
        triggers.rearm();
        expect(readFileSync(join(folder, 'memory.pressure'), 'utf8')).toBe('some 200000 2000000\0');
        expect(triggers.armed).toBe(2);
      }
    } finally {
      triggers.close();
    }
    expect(triggers.armed).toBe(0);
  });

  it('is left alone for a minute after a call without cause, so that two who watch do not call each other without end', async () => {
    writeFileSync(join(folder, 'cpu.pressure'), '');
    const clock = new ManualClock();
    const [one, other] = [triggersOn(clock, () => false), triggersOn(clock, () => false)];
    try {
      const both = Promise.all([one.next(), other.next()]);
      change('cpu');
      await both;
      writeFileSync(join(folder, 'cpu.pressure'), '');
      clock.advance(59_999);
      one.triggers.rearm();
      other.triggers.rearm();
      expect(readFileSync(join(folder, 'cpu.pressure'), 'utf8')).toBe('');
      expect(one.triggers.eventsTotal + other.triggers.eventsTotal).toBe(0);
      clock.advance(1);
      one.triggers.rearm();
      expect(readFileSync(join(folder, 'cpu.pressure'), 'utf8')).toBe('some 200000 2000000\0');
    } finally {
      one.triggers.close();
      other.triggers.close();
    }
  });

  it('is done without where there are no such files, or they cannot be written', () => {
    const triggers = new PressureTriggers(join(folder, 'nowhere'), () => true, () => 0);
    expect(triggers.armed).toBe(0);
    triggers.close();
    triggers.close();
  });

  it('leaves nothing behind in a monitor, with triggers or without', async () => {
    for (const source of ['auto', 'portable'] as const) {
      const clock = new ManualClock();
      const monitor = createMonitor({ clock, source, filesystems: [] });
      monitor.start();
      await monitor.sample(); // Lets the programs end that it started.
      const { pressureTriggers } = monitor.stats();
      expect(source === 'portable' ? [0] : [0, 1, 2, 3]).toContain(pressureTriggers);
      await monitor.close();
      expect(monitor.stats().pressureTriggers).toBe(0);
      expect(clock.pendingTimers).toBe(0);
    }
  });
});
