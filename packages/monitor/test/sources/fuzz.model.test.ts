import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FixtureSampler, KernelFixture } from '../kernel-fixture.js';

const fixtures = new URL('../fixtures/', import.meta.url).pathname;
const kernels = readdirSync(fixtures);
const filesOf = (kernel: string): string[] =>
  readdirSync(join(fixtures, kernel), { recursive: true, encoding: 'utf8' }).filter((file) => statSync(join(fixtures, kernel, file)).isFile());

const opened: { fixture: KernelFixture; sampler: FixtureSampler | undefined }[] = [];
afterEach(() => {
  for (const { fixture, sampler } of opened.splice(0)) {
    sampler?.close();
    fixture.delete();
  }
});

/** What a container with limits on CPU and memory sees of its cgroup beside the kernel's files. */
const cgroup: Readonly<Record<string, string>> = {
  'proc/self/cgroup': '0::/docker/4f1d\n',
  'sys/fs/cgroup/cgroup.controllers': 'cpuset cpu io memory pids\n',
  'sys/fs/cgroup/docker/4f1d/cpu.max': '150000 100000\n',
  'sys/fs/cgroup/docker/4f1d/cpu.stat': 'usage_usec 91231233\nuser_usec 71231233\nsystem_usec 20000000\nnice_usec 0\nnr_periods 9123\nnr_throttled 312\nthrottled_usec 9123123\nnr_bursts 0\nburst_usec 0\n',
  'sys/fs/cgroup/docker/4f1d/memory.max': '536870912\n',
  'sys/fs/cgroup/docker/4f1d/memory.current': '212312064\n',
  'sys/fs/cgroup/docker/4f1d/memory.stat': 'anon 112312320\nfile 91231232\nkernel 8123392\nshmem 0\ninactive_anon 0\nactive_anon 112312320\ninactive_file 41231232\nactive_file 50000000\n',
  'sys/fs/cgroup/docker/4f1d/cpu.pressure': 'some avg10=0.53 avg60=0.87 avg300=0.40 total=9123123\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
  'sys/fs/cgroup/docker/4f1d/memory.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=0\n',
  'sys/fs/cgroup/docker/4f1d/io.pressure': 'some avg10=0.00 avg60=0.00 avg300=0.00 total=91\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=90\n',
};

/** The files of a kernel in a folder of their own, in a container where that is asked for. */
function machine(kernel: string, container = false): KernelFixture {
  const fixture = new KernelFixture().recorded(kernel);
  opened.push({ fixture, sampler: undefined });
  fixture.write({ 'sys/block/': '', 'sys/class/net/': '', ...(container && cgroup) });
  return fixture;
}

describe.each(kernels)('files as %s writes them', (kernel) => {
  it('are read without a failure, twice', () => {
    const sampler = new FixtureSampler(machine(kernel));
    opened.push({ fixture: new KernelFixture(), sampler });
    const first = sampler.sample();
    const second = sampler.sample();
    expect(sampler.failures).toEqual([]);
    expect(first['memory.limit']).toBeGreaterThan(0);
    expect(first['cpu.limit']).toBeGreaterThan(0);
    expect(second['network.io.receive']).toBe(0);
    for (const [name, value] of Object.entries(second)) expect([name, value >= 0]).toEqual([name, true]);
  });
});

/** What may become of a file on its way: cut off, bytes changed, lines gone, doubled or filled with something else. */
const damage = fc.oneof(
  fc.record({ kind: fc.constant('cut' as const), at: fc.double({ min: 0, max: 1, noNaN: true }) }),
  fc.record({ kind: fc.constant('byte' as const), at: fc.double({ min: 0, max: 0.9999, noNaN: true }), byte: fc.integer({ min: 0, max: 255 }) }),
  fc.record({ kind: fc.constant('line' as const), at: fc.double({ min: 0, max: 0.9999, noNaN: true }), line: fc.constantFrom('', 'cpu', 'cpu0 -1 nan', 'garbage', '   8 0 sda', 'eth0:', 'some total=', '\0\0\0', '9'.repeat(400), 'MemTotal: kB') }),
  fc.record({ kind: fc.constant('double' as const), at: fc.double({ min: 0, max: 0.9999, noNaN: true }) }),
);

type Damage = typeof damage extends fc.Arbitrary<infer Value> ? Value : never;

function damaged(text: string, how: Damage): string {
  const lines = text.split('\n');
  const index = Math.floor(how.at * (how.kind === 'cut' || how.kind === 'byte' ? text.length : lines.length));
  switch (how.kind) {
    case 'cut':
      return text.slice(0, index);
    case 'byte':
      return `${text.slice(0, index)}${String.fromCodePoint(how.byte)}${text.slice(index + 1)}`;
    case 'line':
      return lines.with(index, how.line).join('\n');
    default:
      return lines.toSpliced(index, 0, lines[index] ?? '').join('\n');
  }
}

it('damaged files fail with their name or give values that can be; whole ones are read again after', () => {
  const ofKernels = kernels.flatMap((kernel) => filesOf(kernel).map((path) => ({ kernel, path: `proc/${path}`, whole: readFileSync(join(fixtures, kernel, path), 'latin1') })));
  const ofContainer = Object.entries(cgroup).map(([path, whole]) => ({ kernel: 'linux-6.18', path, whole }));
  const file = fc.oneof(fc.constantFrom(...ofKernels), fc.constantFrom(...ofContainer));
  fc.assert(
    fc.property(file, fc.array(damage, { minLength: 1, maxLength: 3 }), ({ kernel, path, whole }, damages) => {
      const fixture = machine(kernel, path in cgroup);
      const sampler = new FixtureSampler(fixture);
      try {
        sampler.sample();
        fixture.write({ [path]: damages.reduce(damaged, whole) });
        for (const [name, value] of Object.entries(sampler.sample())) {
          expect([name, Number.isFinite(value) && value >= 0]).toEqual([name, true]);
          if (/utilization|busy|pressure|throttled/.test(name)) expect([name, value <= 1 || name.startsWith('memory') || name.startsWith('pressure') || name.includes('cgroup')]).toEqual([name, true]);
        }
        for (const failure of sampler.failures) expect(failure).toMatch(/is not as expected|too long|longer than/);
        fixture.write({ [path]: whole });
        const { length } = sampler.failures;
        sampler.sample();
        sampler.sample();
        expect(sampler.failures).toHaveLength(length);
      } finally {
        sampler.close();
        fixture.delete();
      }
    }),
    { seed: 12, numRuns: 200 },
  );
});
