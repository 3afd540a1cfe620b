import { afterAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { FixtureSampler, KernelFixture, readingsOf, recordings } from '../kernel-fixture.js';

const filesOf = (recording: string): Readonly<Record<string, string>> => readingsOf(recording)[0]?.files ?? {};
/** Of each recording its files, which whoever damages one makes whole again. */
const machines = new Map(recordings.map((recording) => [recording, new KernelFixture().write({ 'sys/block/': '', 'sys/class/net/': '', ...filesOf(recording) })]));
afterAll(() => {
  for (const fixture of machines.values()) fixture.delete();
});
const machine = (recording: string): KernelFixture => machines.get(recording) ?? new KernelFixture();

/** In recordings for the tests alone, or read once and not again. */
const NOT_SAMPLED = /^proc\/(?:uptime|self\/cgroup)$|cgroup\.controllers$|^sys\/(?:block|class)/;

describe.each(recordings)('files as in %s', (recording) => {
  it('are read without a failure, twice', () => {
    const sampler = new FixtureSampler(machine(recording));
    const first = sampler.sample();
    const second = sampler.sample();
    expect(sampler.failures).toEqual([]);
    expect(first['memory.limit']).toBeGreaterThan(0);
    expect(first['cpu.limit']).toBeGreaterThan(0);
    expect(second['network.io.receive']).toBe(0);
    for (const [name, value] of Object.entries(second)) expect([name, value >= 0]).toEqual([name, true]);
    sampler.close();
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
  const file = fc.constantFrom(
    ...recordings.flatMap((recording) => Object.entries(filesOf(recording)).flatMap(([path, whole]) => (path.endsWith('/') || NOT_SAMPLED.test(path) ? [] : [{ recording, path, whole }]))),
  );
  fc.assert(
    fc.property(file, fc.array(damage, { minLength: 1, maxLength: 3 }), ({ recording, path, whole }, damages) => {
      const fixture = machine(recording);
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
        fixture.write({ [path]: whole });
        sampler.close();
      }
    }),
    { seed: 12, numRuns: 500 },
  );
});

it('files that are damaged from the start do no more harm than a gap, wherever the monitor runs', () => {
  // Without proc/stat there is no Linux: that is refused, and tested elsewhere.
  const file = fc.constantFrom(
    ...recordings.flatMap((recording) => Object.entries(filesOf(recording)).flatMap(([path, whole]) => (/^proc\/uptime$|\/$|^sys.*(?:statistics|\/stat$)|^proc\/stat$/.test(path) ? [] : [{ recording, path, whole }]))),
  );
  fc.assert(
    fc.property(file, fc.constantFrom('auto' as const, 'host' as const), fc.option(damage, { freq: 1 }), ({ recording, path, whole }, scope, how) => {
      const fixture = machine(recording);
      try {
        if (how === null) fixture.remove(path);
        else fixture.write({ [path]: damaged(whole, how) });
        const sampler = new FixtureSampler(fixture, { scope });
        sampler.sample();
        for (const [name, value] of Object.entries(sampler.sample())) expect([name, Number.isFinite(value) && value >= 0]).toEqual([name, true]);
        sampler.close();
      } finally {
        fixture.write({ [path]: whole });
      }
    }),
    { seed: 5, numRuns: 500 },
  );
});
