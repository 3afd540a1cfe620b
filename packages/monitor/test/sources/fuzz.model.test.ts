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

/** The files of a kernel, and of a container if it has a cgroup, in a folder of their own. */
function machine(kernel: string): KernelFixture {
  const fixture = new KernelFixture().recorded(kernel);
  opened.push({ fixture, sampler: undefined });
  fixture.write({ 'sys/block/': '', 'sys/class/net/': '' });
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
  const file = fc.constantFrom(...kernels.flatMap((kernel) => filesOf(kernel).map((path) => ({ kernel, path }))));
  fc.assert(
    fc.property(file, fc.array(damage, { minLength: 1, maxLength: 3 }), ({ kernel, path }, damages) => {
      const fixture = machine(kernel);
      const sampler = new FixtureSampler(fixture);
      const whole = readFileSync(join(fixtures, kernel, path), 'latin1');
      try {
        sampler.sample();
        fixture.write({ [`proc/${path}`]: damages.reduce(damaged, whole) });
        for (const [name, value] of Object.entries(sampler.sample())) {
          expect([name, Number.isFinite(value) && value >= 0]).toEqual([name, true]);
          if (/utilization|busy|pressure|throttled/.test(name)) expect([name, value <= 1 || name.startsWith('memory') || name.startsWith('pressure') || name.includes('cgroup')]).toEqual([name, true]);
        }
        for (const failure of sampler.failures) expect(failure).toMatch(/is not as expected|too long|longer than/);
        fixture.write({ [`proc/${path}`]: whole });
        const { length } = sampler.failures;
        sampler.sample();
        sampler.sample();
        expect(sampler.failures).toHaveLength(length);
      } finally {
        sampler.close();
        fixture.delete();
      }
    }),
    { seed: 12, numRuns: 120 },
  );
});
