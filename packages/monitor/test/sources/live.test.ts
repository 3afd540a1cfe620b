import { createHook } from 'node:async_hooks';
import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import { expect, it } from '@jest/globals';
import { createMonitor } from '../../src/index.js';

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

it('samples of this machine are plausible, complete and start no process', async () => {
  const started: string[] = [];
  const hook = createHook({ init: (_id, type) => void (type === 'PROCESSWRAP' && started.push(type)) }).enable();
  const monitor = createMonitor({ scope: 'host', source: 'linux' });
  await monitor.sample();
  await pause(120); // For the kernel to count some ticks.
  const { values } = await monitor.sample();
  hook.disable();
  const { sourceFailuresTotal, droppedSamplesTotal } = monitor.stats();
  const series = monitor.series();
  await monitor.close();

  expect({ started, sourceFailuresTotal, droppedSamplesTotal }).toEqual({ started: [], sourceFailuresTotal: 0, droppedSamplesTotal: 0 });
  for (const { name, unit } of series) {
    const value = values[name];
    if (value === undefined) continue;
    expect([name, value >= 0]).toEqual([name, true]);
    // The kernel's own clock and ours are read a moment apart, which shows in shares of a short interval.
    if (unit === 'ratio') expect([name, value <= 1.05]).toEqual([name, true]);
  }
  for (const name of ['cpu.utilization', 'memory.utilization', 'network.io.receive', 'process.memory.rss', 'nodejs.eventloop.utilization', 'filesystem.utilization'])
    expect(values).toHaveProperty([name]);
});

it('agrees with what other ways to ask the kernel say', async () => {
  const monitor = createMonitor({ scope: 'host', source: 'linux' });
  const { values } = await monitor.sample();
  await monitor.close();
  const cpus = readFileSync('/proc/stat', 'utf8').split('\n').filter((line) => /^cpu\d/.test(line)).length;
  expect(values['cpu.limit']).toBe(cpus);
  expect(values['memory.limit']).toBe(totalmem());
  expect(Math.abs((values['memory.available'] ?? 0) - freemem()) / totalmem()).toBeLessThan(0.1);
  expect(Math.abs((values['process.memory.rss'] ?? 0) - process.memoryUsage.rss()) / process.memoryUsage.rss()).toBeLessThan(0.2);
});

it('a busy process shows', async () => {
  const monitor = createMonitor();
  await monitor.sample();
  // Busy until the kernel says so, not for a time: CPU time is what is measured.
  const before = process.cpuUsage();
  let garbage: unknown[] = [];
  for (let used = 0; used < 200_000; used = sum(process.cpuUsage(before))) garbage = Array.from({ length: 10_000 }, (_, index) => ({ index, garbage: garbage.length }));
  await pause(60); // Collections are reported a turn later, delays when a timer fires.
  const { values } = await monitor.sample();
  await monitor.close();
  expect(values['process.cpu.usage']).toBeGreaterThan(0.05);
  expect(values['nodejs.eventloop.utilization']).toBeGreaterThan(0.3);
  expect(values['nodejs.eventloop.delay.max']).toBeGreaterThan(50);
  expect(values['v8js.gc.count']).toBeGreaterThan(0);
  expect(values['v8js.gc.pause.max']).toBeGreaterThan(0);
  expect(values['v8js.memory.heap.used']).toBeLessThan(values['v8js.memory.heap.limit'] ?? 0);
});

const sum = ({ user, system }: NodeJS.CpuUsage): number => user + system;
