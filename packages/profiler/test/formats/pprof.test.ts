import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Function as NamedFunction, Line, Location, Profile as SecondReader, Sample, StringTable, ValueType } from 'pprof-format';
import { parseProfile } from '../../src/index.js';
import { createProfile } from '../../src/profile.js';
import type { Samples } from '../../src/samples.js';
import { plainSamples, samplesFrom } from '../arbitrary-samples.js';

const profileOf = (cpu: Samples) => createProfile({ startedAtMs: 1_700_000_000_123, durationMs: 5, cpu, memory: undefined, runtime: undefined, conditions: undefined });
/** UTF-8 has no half characters. */
const wellFormed = (text: string) => Buffer.from(text).toString();

describe('a pprof file', () => {
  it('reads back with the same stacks, costs and counts, whatever the names', () => {
    fc.assert(
      fc.property(plainSamples, (plain) => {
        const profile = profileOf(samplesFrom(plain));
        const again = parseProfile(profile.toPprof());
        expect(wellFormed(again.toFolded()).split('\n').toSorted()).toEqual(wellFormed(profile.toFolded()).split('\n').toSorted());
        expect(again.costs()).toMatchObject({ total: profile.costs().total, idle: profile.costs().idle, gc: profile.costs().gc });
        expect(again.cpu?.values[0]?.reduce((sum, count) => sum + count, 0)).toBe(plain.length);
        expect(again).toMatchObject({ startedAtMs: 1_700_000_000_123, durationMs: 5 });
        expect(parseProfile(again.toCpuProfile()).costs().total).toBeCloseTo(profile.costs().total);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  it('means the same to a second reader', () => {
    fc.assert(
      fc.property(plainSamples, (plain) => {
        const samples = samplesFrom(plain);
        const file = SecondReader.decode(gunzipSync(profileOf(samples).toPprof()));
        const text = (index: number | bigint) => file.stringTable.strings[Number(index)];
        expect(file.sampleType.map(({ type, unit }) => [text(type), text(unit)])).toEqual([['samples', 'count'], ['wall', 'nanoseconds']]);
        const named = new Map(file.function.map(({ id, name, filename, startLine }) => [id, [text(name), text(filename), Number(startLine)]]));
        const placed = new Map(file.location.map(({ id, line: [line] }) => [id, named.get(line?.functionId ?? 0)]));
        const read = file.sample.map(({ locationId, value }) => JSON.stringify([locationId.map((id) => placed.get(id)), value.map(Number)]));
        const expected = [...samples.nodeFrames.keys()].flatMap((leaf) => {
          const stack: unknown[] = [];
          for (let node = leaf; node >= 0; node = samples.nodeParents[node] ?? -1) {
            const { name = '', url, line } = samples.frames[samples.nodeFrames[node] ?? -1] ?? {};
            stack.push([wellFormed(name), url, line]);
          }
          const [count = 0, timeUs = 0] = samples.values.map((column) => column[leaf] ?? 0);
          return count + timeUs > 0 ? [JSON.stringify([stack, [count, timeUs * 1e3]])] : [];
        });
        expect(read).toEqual(expected);
        expect(Number(file.timeNanos)).toBe(1_700_000_000_123e6);
        expect(Number(file.durationNanos)).toBe(5e6);
        expect(Number(file.defaultSampleType)).toBe(0); // The last one then, which is what is meant; older speedscopes misread any other.
      }),
      { seed: 8, numRuns: 100 },
    );
  });

  it('holds allocations as bytes', () => {
    const frame = { name: 'build', url: 'file:///a.js', line: 3, column: 4, kind: 'script' as const };
    const memory: Samples = {
      valueTypes: [{ type: 'samples', unit: 'count' }, { type: 'allocated', unit: 'bytes' }],
      frames: [frame],
      nodeFrames: Int32Array.of(0),
      nodeParents: Int32Array.of(-1),
      values: [Float64Array.of(2), Float64Array.of(2 ** 40)],
    };
    const again = parseProfile(createProfile({ startedAtMs: undefined, durationMs: 0, cpu: undefined, memory, runtime: undefined, conditions: undefined }).toPprof());
    expect(again).toMatchObject({ cpu: undefined, startedAtMs: undefined, memory });
  });

  it('of another program is read too: gzipped or not, several values, a location for each line', () => {
    const stringTable = new StringTable();
    const text = (value: string) => stringTable.dedup(value);
    const file = new SecondReader({
      sampleType: ['alloc_objects', 'alloc_space', 'inuse_objects', 'inuse_space'].map((type) => new ValueType({ type: text(type), unit: text(type.endsWith('s') ? 'count' : 'bytes') })),
      sample: [new Sample({ locationId: [1, 2], value: [9, 900, 4, 400] }), new Sample({ locationId: [2], value: [1, 100, 1, 100] })],
      location: [1, 2].map((id) => new Location({ id, line: [new Line({ functionId: 1, line: 10 + id })] })),
      function: [new NamedFunction({ id: 1, name: text('main'), filename: text('main.go'), startLine: 10 })],
      stringTable,
    }).encode();
    for (const bytes of [file, gzipSync(file)]) {
      const { memory } = parseProfile(bytes);
      expect(memory?.frames).toEqual([{ name: 'main', url: 'main.go', line: 10, column: 0, kind: 'script' }]);
      expect(memory?.values.map((column) => [...column])).toEqual([[1, 4], [100, 400]]);
    }
  });

  it('cut short or damaged is refused, and never anything else happens', () => {
    const whole = profileOf(samplesFrom([{ deltaUs: 5, stack: [{ name: 'f', url: 'file:///f.js', line: 1, column: 1, kind: 'script' }] }])).toPprof();
    const refused = expect.objectContaining({ code: 'ERR_PROFILER_INVALID_PROFILE' });
    expect(() => parseProfile(whole.subarray(0, -9))).toThrow(refused);
    expect(() => parseProfile(new Uint8Array())).toThrow(refused);
    expect(() => parseProfile(Buffer.from('not a profile'))).toThrow(refused);
    const message = gunzipSync(whole);
    let refusals = 0;
    for (const [at] of message.entries())
      for (const damaged of [message.subarray(0, at), Buffer.from(message.map((byte, index) => (index === at ? byte ^ 0xff : byte)))]) {
        try {
          parseProfile(damaged);
        } catch (error) {
          refusals += 1;
          expect(error).toMatchObject({ code: 'ERR_PROFILER_INVALID_PROFILE' });
        }
      }
    expect(refusals).toBeGreaterThan(message.length);
  });
});
