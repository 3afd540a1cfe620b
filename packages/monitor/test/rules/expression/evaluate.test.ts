import { describe, expect, it } from '@jest/globals';
import { Registry } from '../../../src/registry.js';
import { compile } from '../../../src/rules/expression/evaluate.js';
import { parseExpression } from '../../../src/rules/expression/parser.js';
import { seriesName, type Labels } from '../../../src/series.js';

const registry = new Registry({ historySize: 60, maxSeries: 100, tiers: [{ stepMs: 10_000, size: 100 }] });
const series = (metric: string, labels: Labels = {}): ReturnType<Registry['claim']> => registry.claim({ name: seriesName(metric, labels), metric, labels, unit: 'count', description: '' });
const recorded: [ReturnType<Registry['claim']>, (second: number) => number][] = [
  [series('up'), (second) => second],
  [series('flat'), () => 5],
  [series('wave'), (second) => second % 10],
  [series('none'), () => Number.NaN],
  [series('gone'), (second) => (second < 95 ? 1 : Number.NaN)],
  [series('disk'), () => 9],
  [series('disk', { device: 'sda' }), () => 3],
  [series('disk', { device: 'sdb' }), () => 9],
  [series('size', { device: 'sda' }), () => 6],
  [series('size', { device: 'sdb' }), () => 10],
  [series('size', { device: 'sdc' }), () => 1],
];
for (let second = 0; second < 100; second += 1) {
  registry.begin(second * 1_000);
  for (const [each, value] of recorded) registry.record(each, value(second));
  registry.commit();
}

/** What holds, as Prometheus would give it. */
const evaluate = (source: string): Record<string, number> =>
  Object.fromEntries(compile(parseExpression(source))({ registry, nowMs: 99_000 }).filter(({ holds, value }) => holds && !Number.isNaN(value)).map(({ labels, value }) => [Object.values(labels).join() || '-', Math.round(value * 1e6) / 1e6]));

describe('an expression over series', () => {
  it.each<[string, Record<string, number>]>([
    ['up', { '-': 99 }],
    ['vector(1)', { '-': 1 }],
    ['size > vector(5)', { sda: 6, sdb: 10 }],
    ['disk', { '-': 9 }],
    ['size', { sda: 6, sdb: 10, sdc: 1 }],
    ['disk{}', { '-': 9, sda: 3, sdb: 9 }],
    ['disk{device=~"sd.+"}', { sda: 3, sdb: 9 }],
    ['disk{device!~"sda|sdb"}', { '-': 9 }],
    ['disk{device!=""} > 5', { sdb: 9 }],
    ['5 < disk{device!=""}', { sdb: 9 }],
    ['disk{device!=""} / size', { sda: 0.5, sdb: 0.9 }],
    ['size - flat', { sda: 1, sdb: 5, sdc: -4 }],
    ['-up + 2 ^ 3 % 5', { '-': -96 }],
    ['sum(size)', { '-': 17 }],
    ['avg by (device) (disk{device!=""})', { sda: 3, sdb: 9 }],
    ['max without (device) (size)', { '-': 10 }],
    ['min(size > 5)', { '-': 6 }],
    ['count(size > 5)', { '-': 2 }],
    ['count(size > 100)', { '-': 0 }],
    ['sum(size > 100)', {}],
    ['size > 5 and disk{device!=""} > 5', { sdb: 10 }],
    ['size > 5 unless disk{device!=""} > 5', { sda: 6 }],
    ['size > 5 or size < 2', { sda: 6, sdb: 10, sdc: 1 }],
    ['size > 5 and up > 1', { sda: 6, sdb: 10 }],
    ['absent(none)', { '-': 1 }],
    ['absent(flat)', {}],
    ['absent(nosuch)', { '-': 1 }],
    ['absent_over_time(gone[3s])', { '-': 1 }],
    ['absent_over_time(gone[10s])', {}],
    ['none or flat', { '-': 5 }],
    ['avg_over_time(up[10s])', { '-': 94.5 }],
    ['min_over_time(up[10s])', { '-': 90 }],
    ['max_over_time(wave[10s])', { '-': 9 }],
    ['sum_over_time(flat[4s])', { '-': 20 }],
    ['count_over_time(gone[10s])', { '-': 5 }],
    ['last_over_time(gone[10s])', { '-': 1 }],
    ['delta(up[10s])', { '-': 9 }],
    ['stddev_over_time(wave[10s])', { '-': 2.872281 }],
    ['quantile_over_time(0.5, up[11s])', { '-': 94 }],
    ['deriv(up[30s])', { '-': 1 }],
    ['predict_linear(up[30s], 1m)', { '-': 159 }],
    ['trend(up[30s])', { '-': 1 }],
    ['trend(flat[30s])', { '-': 0 }],
    ['time_to(up[30s], 129)', { '-': 30_000 }],
    ['time_to(flat[30s], 129) < 1h', {}],
    ['clamp(up, 0, 50) + round(flat) * abs(-flat)', { '-': 75 }],
    // Beyond the 60 samples kept, a tier stands in: whole buckets of it.
    ['max_over_time(up[1h]) - min_over_time(up[1h])', { '-': 99 }],
    ['count_over_time(flat[1h])', { '-': 100 }],
    ['avg_over_time(flat[1h])', { '-': 5 }],
  ])('%s', (source, expected) => {
    expect(evaluate(source)).toEqual(expected);
  });

  it('tells what is false from what is unknown', () => {
    const of = (source: string): unknown => compile(parseExpression(source))({ registry, nowMs: 99_000 })[0];
    expect(of('flat > 10')).toEqual({ labels: {}, value: 5, holds: false });
    expect(of('none > 10')).toEqual({ labels: {}, value: Number.NaN, holds: false });
    expect(of('flat > 10 and none > 10')).toMatchObject({ value: 5, holds: false });
    expect(of('flat > 1 and none > 10')).toMatchObject({ value: Number.NaN, holds: false });
    expect(of('none > 10 and flat > 10')).toMatchObject({ value: 5, holds: false });
    expect(of('flat > 1 or none > 10')).toMatchObject({ value: 5, holds: true });
    expect(of('flat > 10 or none > 10')).toMatchObject({ value: Number.NaN, holds: false });
  });
});
