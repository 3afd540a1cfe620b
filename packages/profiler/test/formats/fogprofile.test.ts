import { gunzipSync, gzipSync } from 'node:zlib';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createProfiler, parseProfile } from '../../src/index.js';
import { createProfile } from '../../src/profile.js';
import { plainSamples, samplesFrom } from '../arbitrary-samples.js';
import { allocate, kept, threeToOne } from '../workload.js';

const code = { code: 'ERR_PROFILER_INVALID_PROFILE' };

describe('a .fogprofile', () => {
  it('gives back whatever stacks there are', () => {
    fc.assert(
      fc.property(plainSamples, fc.double({ min: 0, max: Number.MAX_SAFE_INTEGER, noNaN: true }), (plain, durationMs) => {
        const profile = createProfile({ durationMs, cpu: samplesFrom(plain) });
        const again = parseProfile(profile.toFogProfile());
        expect(again.cpu).toEqual(profile.cpu);
        expect(again.durationMs).toBe(durationMs === 0 ? 0 : durationMs);
      }),
    );
  });

  it('gives back all that was recorded', async () => {
    await using profiler = createProfiler({ cpu: { intervalUs: 500 } });
    const { profile } = await profiler.profile(
      () => {
        threeToOne(40);
        allocate(100, 16_000);
      },
      { mode: 'ALL' },
    );
    kept.length = 0;
    const again = parseProfile(profile.toFogProfile());
    for (const part of ['cpu', 'memory', 'io', 'promises', 'runtime', 'conditions', 'workers', 'checkpoints', 'startedAtMs', 'durationMs'] as const) expect(again[part]).toEqual(profile[part]);
    expect(again.bottlenecks()).toEqual(profile.bottlenecks());
  });

  it('is refused with a code when it is cut short or not what it says', () => {
    const whole = createProfile({ durationMs: 1, cpu: samplesFrom([{ deltaUs: 0, stack: [{ name: 'a', url: '', line: 0, column: 0, kind: 'native' }] }]) }).toFogProfile();
    expect(() => parseProfile(whole.subarray(0, whole.length - 12))).toThrow(expect.objectContaining(code));
    for (const content of ['{"fogProfile":2}', '{"fogProfile":1}', '{"fogProfile":1,"durationMs":1,"workers":[{}],"checkpoints":[]}']) expect(() => parseProfile(content)).toThrow(expect.objectContaining(code));
  });

  it('never fails in another way, whatever was changed in it', () => {
    const json = gunzipSync(createProfile({ durationMs: 5, cpu: samplesFrom([{ deltaUs: 0, stack: [{ name: 'a', url: '', line: 0, column: 0, kind: 'native' }] }]) }).toFogProfile()).toString();
    const paths = [...json.matchAll(/-?\d+(?:\.\d+)?/g)].map(({ index, 0: text }) => [index, text.length] as const);
    fc.assert(
      fc.property(fc.constantFrom(...paths), fc.constantFrom('-1', '1e9', 'null', '"text"', '{}', '[]', '0.5', 'true'), ([index, length], value) => {
        const changed = gzipSync(json.slice(0, index) + value + json.slice(index + length));
        try {
          parseProfile(changed).toHtml();
        } catch (error) {
          expect(error).toMatchObject(code);
        }
      }),
    );
  });
});
