import { setImmediate as turn } from 'node:timers/promises';
import { afterAll, describe, expect, it } from '@jest/globals';
import { gunzipSync } from 'node:zlib';
import { Profile as SecondReader } from 'pprof-format';
import { type Labels, createProfiler, mergeProfiles, parseProfile } from '../src/index.js';
import { LabelTrack, labelCosts, resolveLabels, withLabels } from '../src/labels.js';
import { createProfile } from '../src/profile.js';
import { nowUs } from '../src/v8-clock.js';
import { samplesFrom } from './arbitrary-samples.js';
import { recursive, threeToOne } from './workload.js';

const frame = (name: string) => ({ name, url: 'file:///app/a.js', line: 1, column: 1, kind: 'script' as const });

describe('labels', () => {
  it('are those of the time when a sample was taken, across what is awaited, the inner ones on top of the outer', async () => {
    const track = new LabelTrack(resolveLabels({}));
    const marks: [timeUs: number, labels: Labels][] = [];
    const mark = (labels: Labels) => marks.push([nowUs() + 1, labels]);
    const pause = () => new Promise((resolve) => setImmediate(resolve));
    const spend = () => {
      for (const until = nowUs() + 200; nowUs() < until; );
    };
    mark({});
    spend();
    await track.run({ endpoint: '/a' }, async () => {
      mark({ endpoint: '/a' });
      spend();
      await pause();
      mark({ endpoint: '/a' });
      spend();
      await track.run({ tenant: 'acme', endpoint: '/b' }, async () => {
        await pause();
        mark({ endpoint: '/b', tenant: 'acme' });
        spend();
      });
    });
    await turn();
    const nodes = new Int32Array(marks.length);
    const timesUs = Float64Array.from(marks, ([timeUs]) => timeUs);
    const samples = { ...samplesFrom([{ deltaUs: 0, stack: [frame('a')] }]), timeline: { startUs: timesUs[0] ?? 0, endUs: nowUs(), nodes, timesUs } };
    const joined = track.join(samples);
    track.close();
    expect(Array.from(joined.timeline?.labels ?? [], (set) => joined.labelSets?.[set])).toEqual(marks.map(([, labels]) => labels));
  });

  it('refuses keys that were not agreed on, and takes what source adds', () => {
    const track = new LabelTrack(resolveLabels({ keys: ['endpoint', 'trace_id'], source: () => ({ trace_id: 'f00' }) }));
    expect(() => track.run({ password: 'secret' }, () => 1)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
    expect(() => track.run({ endpoint: 5 } as unknown as Labels, () => 1)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
    expect(() => track.run(null as unknown as Labels, () => 1)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
    expect(track.run({ endpoint: 'x'.repeat(10_000) }, () => 'ran')).toBe('ran');
    track.close();
  });

  it('are asked for by name, and by texts alone', () => {
    const profile = createProfile({ durationMs: 1, cpu: samplesFrom([{ deltaUs: 0, stack: [frame('main')] }]) });
    for (const wrong of ['/a', null, { endpoint: 5 }]) expect(() => profile.only(wrong as unknown as Labels)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
    expect(() => profile.labels(5 as unknown as string)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
  });

  const labelled = (() => {
    const samples = samplesFrom([
      { deltaUs: 0, stack: [frame('main'), frame('parse')] },
      { deltaUs: 100, stack: [frame('main'), frame('store')] },
      { deltaUs: 300, stack: [frame('main'), frame('parse')] },
    ]);
    const sets: Labels[] = [{}, { endpoint: '/a' }, { endpoint: '/b', constructor: 'x' }];
    return { ...samples, labelSets: sets, timeline: { ...(samples.timeline ?? { startUs: 0, endUs: 0, nodes: new Int32Array(), timesUs: new Float64Array() }), labels: Int32Array.of(1, 2, 1) } };
  })();

  it('divide costs by their values, which add up to all', () => {
    expect(labelCosts(labelled, 'endpoint')).toEqual([{ value: '/b', self: 300, ratio: 0.6 }, { value: '/a', self: 200, ratio: 0.4 }]);
    expect(labelCosts(labelled, 'constructor')).toEqual([{ value: 'x', self: 300, ratio: 0.6 }, { value: undefined, self: 200, ratio: 0.4 }]);
    const parts = ['/a', '/b'].map((endpoint) => withLabels(labelled, { endpoint }));
    const sums = parts.map(({ values }) => values[1]?.reduce((sum, value) => sum + value, 0));
    expect(sums).toEqual([200, 300]);
    expect(withLabels(labelled, { endpoint: '/c' }).values[0]?.every((count) => count === 0)).toBe(true);
  });

  describe('of a program', () => {
    const profiler = createProfiler({ cpu: { intervalUs: 200 }, labels: { keys: ['endpoint'] } });
    afterAll(() => profiler.close());

    it('give endpoints their shares, survive merging, and are in pprof', async () => {
      threeToOne(200); // Compiled before.
      const serve = (endpoint: string, rounds: number) =>
        profiler.label({ endpoint }, async () => {
          await turn();
          for (let round = 0; round < rounds; round += 1) recursive(3);
        });
      const { profile } = await profiler.profile(async () => {
        for (let request = 0; request < 20; request += 1) await Promise.all([serve('/three', 3), serve('/one', 1)]);
      });
      // Samples, as their times hold what others had of the core.
      const shareOf = (endpoint: string) => profile.only({ endpoint }).cpu?.values[0]?.reduce((sum, count) => sum + count, 0) ?? 0;
      const [three, one] = [shareOf('/three'), shareOf('/one')];
      expect(three / (three + one)).toBeGreaterThan(0.65);
      expect(three / (three + one)).toBeLessThan(0.85);
      expect(profile.labels('endpoint').map(({ value }) => value)).toEqual(expect.arrayContaining(['/three', '/one']));

      const merged = mergeProfiles([profile, profile]);
      expect(merged.labels('endpoint').find(({ value }) => value === '/three')?.self).toBeCloseTo(2 * (profile.labels('endpoint').find(({ value }) => value === '/three')?.self ?? 0), -3);
      const { sample, stringTable } = SecondReader.decode(gunzipSync(profile.toPprof()));
      const texts = new Set(sample.flatMap(({ label }) => label.map(({ key, str }) => `${stringTable.strings[Number(key)]} ${stringTable.strings[Number(str)]}`)));
      expect(texts).toEqual(new Set(['endpoint /three', 'endpoint /one']));
      expect(parseProfile(profile.toPprof()).costs().total).toBeCloseTo(profile.costs().total, -1);
      expect(parseProfile(profile.toFogProfile()).labels('endpoint')).toEqual(profile.labels('endpoint'));
    });
  });
});
