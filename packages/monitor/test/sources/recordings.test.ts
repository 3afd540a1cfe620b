import { afterEach, describe, expect, it } from '@jest/globals';
import { FixtureSampler, KernelFixture, readingsOf, recordings, type Reading } from '../kernel-fixture.js';

/*
 * What the parsers make of recorded files is compared with the same arithmetic done another way, on strings; and the columns
 * that they read with other files of the kernel, which tell one number by name.
 */
const words = (text: string | undefined): string[] => (text ?? '').trim().split(/\s+/);
const numbers = (text: string | undefined): number[] => words(text).map(Number);
const field = (text: string | undefined, name: string): number => Number(new RegExp(`^${name}:?\\s+(\\d+)`, 'm').exec(text ?? '')?.[1] ?? Number.NaN);
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Folders of devices with hardware behind them, by name. */
const hardware = ({ files }: Reading, folder: string): string[] =>
  Object.keys(files).flatMap((path) => new RegExp(`^${folder}/([^/]+)/device/$`).exec(path)?.[1] ?? []);
/** Where there is no hardware, as in a container, all interfaces but loopback. */
const interfaces = (reading: Reading): string[] => {
  const found = hardware(reading, 'sys/class/net');
  return found.length > 0 ? found : Object.keys(reading.files).flatMap((path) => /^sys\/class\/net\/([^/]+)\/$/.exec(path)?.[1] ?? []).filter((name) => name !== 'lo');
};

/** Of two readings, what grew from one to the other a second. */
const rate = (before: Reading, after: Reading, count: (reading: Reading) => number): number => ((count(after) - count(before)) / (after.timeMs - before.timeMs)) * 1_000;

function machineCpu(before: Reading, after: Reading): Record<string, number> {
  const ticks = ({ files }: Reading): number[] => numbers(/^cpu {2}(.*)$/m.exec(files['proc/stat'] ?? '')?.[1]).slice(0, 8);
  const passed = ticks(after).map((value, index) => Math.max(0, value - (ticks(before)[index] ?? 0)));
  const [user = 0, , system = 0, idle = 0, iowait = 0] = passed;
  return {
    'cpu.utilization': 1 - (idle + iowait) / sum(passed),
    'cpu.utilization{mode="user"}': user / sum(passed),
    'cpu.utilization{mode="system"}': system / sum(passed),
    'cpu.limit': [...(after.files['proc/stat'] ?? '').matchAll(/^cpu\d/gm)].length,
  };
}

function machineMemory({ files }: Reading): Record<string, number> {
  const of = (name: string): number => field(files['proc/meminfo'], name) * 1_024;
  const available = Number.isNaN(of('MemAvailable')) ? of('MemFree') + of('Buffers') + of('Cached') : of('MemAvailable');
  return { 'memory.limit': of('MemTotal'), 'memory.available': available, 'memory.used': of('MemTotal') - available };
}

/** The columns of a device's line after its name. */
const line = (text: string | undefined, name: string): number[] => numbers(new RegExp(`^.*\\b${name}:? +(.*)$`, 'm').exec(text ?? '')?.[1]);

function disks(before: Reading, after: Reading): Record<string, number> {
  const of = (name: string, column: number): number => rate(before, after, ({ files }) => line(files['proc/diskstats'], name)[column] ?? Number.NaN);
  const names = hardware(after, 'sys/block');
  return {
    ...Object.fromEntries(names.map((name) => [`disk.io.read{device="${name}"}`, of(name, 2) * 512])),
    'disk.io.read': sum(names.map((name) => of(name, 2) * 512)),
    'disk.io.write': sum(names.map((name) => of(name, 6) * 512)),
    'disk.operations.write': sum(names.map((name) => of(name, 4))),
    'disk.busy': Math.max(...names.map((name) => Math.min(1, of(name, 9) / 1_000))),
  };
}

function network(before: Reading, after: Reading): Record<string, number> {
  const of = (column: number): number => sum(interfaces(after).map((name) => rate(before, after, ({ files }) => line(files['proc/net/dev'], name)[column] ?? Number.NaN)));
  return { 'network.io.receive': of(0), 'network.io.transmit': of(8) };
}

function pressure(before: Reading, after: Reading, pathOf: (resource: string) => string): Record<string, number> {
  const of = (resource: string, line: string): number =>
    Math.min(1, rate(before, after, ({ files }) => Number(new RegExp(`^${line} .*total=(\\d+)`, 'm').exec(files[pathOf(resource)] ?? '')?.[1])) / 1e6);
  return { 'pressure.cpu.some': of('cpu', 'some'), 'pressure.memory.some': of('memory', 'some'), 'pressure.io.some': of('io', 'some'), 'pressure.io.full': of('io', 'full') };
}

/** Of a cgroup with half a core, whose CPU limit is that of `cpuFolder`. */
function cgroup(before: Reading, after: Reading, folder: string, cpuFolder: string): Record<string, number> {
  const stat = (name: string): number => rate(before, after, ({ files }) => field(files[`${cpuFolder}/cpu.stat`], name));
  const used = field(`current ${after.files[`${folder}/memory.current`]}`, 'current') - field(after.files[`${folder}/memory.stat`], 'inactive_file');
  return {
    'cpu.limit': 0.5,
    'cpu.utilization': stat('usage_usec') / 1e6 / 0.5,
    'cpu.utilization{mode="system"}': stat('system_usec') / 1e6 / 0.5,
    'cgroup.cpu.throttled': stat('nr_throttled') / stat('nr_periods'),
    'memory.limit': Number(after.files[`${folder}/memory.max`]),
    'memory.used': used,
  };
}

/** What a reading of a recording should come to, given the one before. */
function expected(recording: string, before: Reading, after: Reading): Record<string, number> {
  const [oneMinute = Number.NaN] = numbers(after.files['proc/loadavg']);
  const own = recording.endsWith('slice') ? 'sys/fs/cgroup/slice/app' : 'sys/fs/cgroup';
  const limited = /slice|container/.test(recording);
  return {
    'cpu.load_average.1m': oneMinute,
    ...disks(before, after),
    ...network(before, after),
    ...(limited ? cgroup(before, after, own, own.replace('/app', '')) : { ...machineCpu(before, after), ...machineMemory(after) }),
    ...pressure(before, after, (resource) => (limited ? `${own}/${resource}.pressure` : `proc/pressure/${resource}`)),
  };
}

const opened: { fixture: KernelFixture; sampler: FixtureSampler }[] = [];
afterEach(() => {
  for (const { fixture, sampler } of opened.splice(0)) {
    sampler.close();
    fixture.delete();
  }
});

describe.each(recordings.filter((name) => readingsOf(name).length > 1))('files recorded as %s', (recording) => {
  const readings = readingsOf(recording);
  const pairs = readings.slice(1).map((after, index) => [readings[index] ?? after, after] as const);

  it('come to what the same arithmetic on their text comes to', () => {
    const fixture = new KernelFixture().write(readings[0]?.files ?? {});
    const sampler = new FixtureSampler(fixture);
    opened.push({ fixture, sampler });
    sampler.sample();
    for (const [before, after] of pairs) {
      fixture.write(after.files);
      const values = sampler.sample(after.timeMs - before.timeMs);
      for (const [name, value] of Object.entries(expected(recording, before, after))) {
        // A kernel without pressure has none.
        if (Number.isNaN(value)) expect([name, values[name]]).toEqual([name, undefined]);
        else expect([name, values[name]]).toEqual([name, expect.closeTo(value, 6)]);
      }
    }
    expect(sampler.failures).toEqual([]);
  });

  it('have in the columns that are read what other files, read a moment later, have by name', () => {
    for (const [now, next] of pairs) {
      const between = (of: string, path: string, column: number, other: number | undefined): void => {
        const [low = Number.NaN, high = Number.NaN] = [now, next].map(({ files }) => line(files[path], of)[column] ?? Number.NaN);
        expect([of, other, other !== undefined && low <= other && other <= high]).toEqual([of, other, true]);
      };
      for (const name of hardware(now, 'sys/block')) {
        // Reads, sectors read, writes, sectors written, ms busy: Documentation/block/stat.rst.
        for (const column of [0, 2, 4, 6, 9]) between(name, 'proc/diskstats', column, numbers(now.files[`sys/block/${name}/stat`])[column]);
      }
      for (const name of interfaces(now)) {
        between(name, 'proc/net/dev', 0, Number(now.files[`sys/class/net/${name}/statistics/rx_bytes`]));
        between(name, 'proc/net/dev', 8, Number(now.files[`sys/class/net/${name}/statistics/tx_bytes`]));
      }
    }
  });
});

describe('a container', () => {
  const sampled = (recording: string, options?: ConstructorParameters<typeof FixtureSampler>[1]): Record<string, number> => {
    const fixture = new KernelFixture().write(readingsOf(recording)[0]?.files ?? {});
    const sampler = new FixtureSampler(fixture, options);
    opened.push({ fixture, sampler });
    return sampler.sample();
  };

  it.each(recordings.filter((name) => name.endsWith('container')))('recorded as %s is measured by its own limits, or by the machine if asked', (recording) => {
    expect(sampled(recording)).toMatchObject({ 'cpu.limit': 0.5, 'memory.limit': 48 * 1024 * 1024 });
    expect(sampled(recording, { scope: 'host' })).toMatchObject({ 'cpu.limit': 2 });
  });

  it('is measured by its limits also where the machine does not tell its memory', () => {
    for (const text of ['', undefined]) {
      const { 'proc/meminfo': _, ...files } = readingsOf('linux-6.1-amd64-container')[0]?.files ?? {};
      const fixture = new KernelFixture().write({ ...files, ...(text !== undefined && { 'proc/meminfo': text }) });
      const sampler = new FixtureSampler(fixture);
      opened.push({ fixture, sampler });
      expect(sampler.sample()).toMatchObject({ 'memory.limit': 48 * 1024 * 1024 });
      expect(sampler.failures).toEqual([]);
    }
  });

  it('of version 1 is measured by the machine, and a wish for its limits refused', () => {
    expect(sampled('linux-5.10-amd64-cgroup1')).toMatchObject({ 'cpu.limit': 2 });
    const refusal = expect.objectContaining({ code: 'ERR_MONITOR_SOURCE_UNAVAILABLE', message: expect.stringContaining('version 2') });
    for (const recording of ['linux-5.10-amd64-cgroup1', 'linux-6.18-amd64']) expect(() => sampled(recording, { scope: 'cgroup' })).toThrow(refusal);
  });

  it('is not what the root of all cgroups is, which has no memory of its own', () => {
    expect(() => sampled('linux-6.1-amd64', { scope: 'cgroup' })).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_SOURCE_UNAVAILABLE' }));
  });
});
