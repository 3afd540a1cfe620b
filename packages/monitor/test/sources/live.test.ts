import { createHook } from 'node:async_hooks';
import { createSocket } from 'node:dgram';
import diagnostics from 'node:diagnostics_channel';
import { closeSync, existsSync, fsyncSync, mkdtempSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { availableParallelism, freemem, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { describe, expect, it } from '@jest/globals';
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
  const startMs = performance.now();
  await monitor.sample();
  // Busy until the kernel says so, not for a time: CPU time is what is measured.
  const before = process.cpuUsage();
  let garbage: unknown[] = [];
  for (let used = 0; used < 200_000; used = sum(process.cpuUsage(before))) garbage = Array.from({ length: 10_000 }, (_, index) => ({ index, garbage: garbage.length }));
  await pause(60); // Collections are reported a turn later, delays when a timer fires.
  const { values } = await monitor.sample();
  const seconds = (performance.now() - startMs) / 1_000;
  await monitor.close();
  // However long that took on a machine that others use too: 0.2 s of CPU time, and no less of the loop's.
  expect((values['process.cpu.usage'] ?? 0) * seconds).toBeGreaterThan(0.19);
  expect((values['nodejs.eventloop.utilization'] ?? 0) * seconds).toBeGreaterThan(0.19);
  expect(values['nodejs.eventloop.delay.max']).toBeGreaterThan(50);
  expect(values['v8js.gc.count']).toBeGreaterThan(0);
  expect(values['v8js.gc.pause.max']).toBeGreaterThan(0);
  expect(values['v8js.memory.heap.used']).toBeLessThan(values['v8js.memory.heap.limit'] ?? 0);
});

const sum = ({ user, system }: NodeJS.CpuUsage): number => user + system;

it('rates are those that text and subtraction give for the same stretch of time', async () => {
  const monitor = createMonitor({ scope: 'host', source: 'linux', thresholds: [] });
  const before = readCounters();
  const { timeMs: startMs } = await monitor.sample();
  await pause(400); // For the kernel to count some ticks.
  const { values, timeMs: endMs } = await monitor.sample();
  const after = readCounters();
  await monitor.close();
  // Between the samples, not around them: what was counted comes out again however far apart they were.
  const seconds = (endMs - startMs) / 1_000;
  for (const [name, count] of Object.entries(after)) {
    const value = values[name];
    if (value === undefined || before[name] === undefined) continue;
    // Theirs is taken just outside ours: it has all of it, and a little more.
    expect([name, value * seconds <= count - before[name] + 0.001]).toEqual([name, true]);
  }
  const busy = 1 - (after['idle'] - before['idle']) / (after['ticks'] - before['ticks']);
  expect(Math.abs((values['cpu.utilization'] ?? 0) - busy)).toBeLessThan(0.35);
});

/** Counters of the kernel by the names of our rates, read the way people do. */
function readCounters(): Record<string, number> & { readonly idle: number; readonly ticks: number } {
  const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/).slice(0, 9).map(Number);
  const interfaces = readFileSync('/proc/net/dev', 'utf8').split('\n').slice(2).map((line) => line.trim().split(/[:\s]+/)).filter(([name]) => name !== '' && name !== undefined);
  const disks = readFileSync('/proc/diskstats', 'utf8').split('\n').map((line) => line.trim().split(/\s+/)).filter((fields) => fields.length > 10);
  return {
    idle: (ticks[3] ?? 0) + (ticks[4] ?? 0),
    ticks: ticks.reduce((sum, value) => sum + value, 0),
    ...Object.fromEntries(interfaces.flatMap(([name = '', ...fields]) => [[`network.io.receive{interface="${name}"}`, Number(fields[0])], [`network.io.transmit{interface="${name}"}`, Number(fields[8])]])),
    ...Object.fromEntries(disks.flatMap(([, , name = '', reads, , sectors, , writes, , written]) => [
      [`disk.operations.read{device="${name}"}`, Number(reads)],
      [`disk.io.read{device="${name}"}`, Number(sectors) * 512],
      [`disk.operations.write{device="${name}"}`, Number(writes)],
      [`disk.io.write{device="${name}"}`, Number(written) * 512],
    ])),
  };
}

describe('a real load moves the right series:', () => {
  it('memory', async () => {
    const monitor = createMonitor({ scope: 'host', thresholds: [] });
    const before = (await monitor.sample()).values;
    const held = Buffer.alloc(200 * 2 ** 20, 1);
    await pause(20);
    const after = (await monitor.sample()).values;
    await monitor.close();
    expect(held[held.length - 1]).toBe(1);
    const grown = (name: string): number => ((after[name] ?? 0) - (before[name] ?? 0)) / 2 ** 20;
    expect(grown('process.memory.rss')).toBeGreaterThan(150);
    expect(grown('process.memory.external')).toBeGreaterThan(150);
    expect(grown('v8js.memory.heap.used')).toBeLessThan(100);
  });

  it('disk', async () => {
    const monitor = createMonitor({ scope: 'host', thresholds: [], filesystems: [] });
    const folder = mkdtempSync(join(tmpdir(), 'fog-load-'));
    try {
      const { timeMs: startMs } = await monitor.sample();
      const file = openSync(join(folder, 'file'), 'w');
      for (let written = 0; written < 16; written += 1) writeSync(file, Buffer.alloc(2 ** 20, written));
      fsyncSync(file);
      closeSync(file);
      const { values, timeMs } = await monitor.sample();
      // On a disk that the kernel lists; not so in memory or over a network. In bytes, as nobody knows how long it took.
      if (onDisk(folder)) expect(((values['disk.io.write'] ?? 0) * (timeMs - startMs)) / 1_000).toBeGreaterThan(2 ** 23);
      else expect(values['disk.io.write'] ?? 0).toBeGreaterThanOrEqual(0);
    } finally {
      rmSync(folder, { recursive: true });
      await monitor.close();
    }
  });

  it('network', async () => {
    const monitor = createMonitor({ scope: 'host', thresholds: [], filesystems: [] });
    await monitor.sample();
    const sent = await sendOut(500);
    await pause(20);
    const { values } = await monitor.sample();
    await monitor.close();
    // To a network for documentation (RFC 5737), where nobody listens; without a way out nothing is sent.
    if (sent > 0 && values['network.io.transmit'] !== undefined) expect(values['network.io.transmit']).toBeGreaterThan(0);
  });

  it('pressure, of which the kernel itself tells where it can', async () => {
    const monitor = createMonitor({ thresholds: [], filesystems: [] });
    const told: unknown[] = [];
    const hear = (message: unknown): void => void told.push(message);
    diagnostics.subscribe('@fog/monitor:pressure:exceeded', hear);
    monitor.start();
    const { pressureTriggers } = monitor.stats();
    // Three times as many as there are CPUs want to run.
    const busy = Array.from({ length: 3 * availableParallelism() }, () => new Worker('for (;;) Math.sqrt(Math.random());', { eval: true }));
    try {
      // Until it hurries, whether the kernel called or a sample showed it: a call without cause, as others who watch the
      // same files make, has the kernel left alone for a minute. Kernels without PSI tell nothing at all.
      for await (const { values } of monitor.samples()) if (monitor.stats().currentIntervalMs === 100 || (told.length === 0 && values['pressure.cpu.some'] === undefined && monitor.stats().samplesTotal > 3)) break;
      expect(monitor.stats().pressureTriggers).toBe(pressureTriggers);
      expect(monitor.stats().pressureEventsTotal).toBe(told.length);
      if (monitor.snapshot().values['pressure.cpu.some'] !== undefined) expect(monitor.stats().currentIntervalMs).toBe(100);
    } finally {
      diagnostics.unsubscribe('@fog/monitor:pressure:exceeded', hear);
      await Promise.all(busy.map((worker) => worker.terminate()));
      await monitor.close();
    }
  }, 30_000);
});

const onDisk = (folder: string): boolean => {
  const [, device] = /^\/dev\/(\S+)$/.exec(mountOf(folder)) ?? [];
  return device !== undefined && existsSync(`/sys/class/block/${device}`) && existsSync('/sys/block/' + device.replace(/p?\d+$/, ''));
};

function mountOf(folder: string): string {
  const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').map((line) => line.split(' '));
  const [device = ''] = mounts.filter(([, path]) => path !== undefined && `${folder}/`.startsWith(path === '/' ? '/' : `${path}/`)).sort(([, one = ''], [, other = '']) => other.length - one.length)[0] ?? [];
  return device;
}

/** Datagrams sent out of this machine, as far as it lets them. */
async function sendOut(count: number): Promise<number> {
  const socket = createSocket('udp4');
  let sent = 0;
  for (let index = 0; index < count; index += 1)
    await new Promise<void>((resolve) => {
      socket.send(Buffer.alloc(1_000), 9, '192.0.2.1', (error) => {
        if (error === null) sent += 1;
        resolve();
      });
    });
  socket.close();
  return sent;
}
