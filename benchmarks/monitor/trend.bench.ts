import { createMonitor, type Clock } from '@fog/monitor';
import { seededRandom } from '@fog/testkit';
import { defineBench, type Subject } from '../harness/bench.js';

const SAMPLES = 200;
const SERIES = 400;
const AUTOCORRELATION = 0.9;
/** Where a test of 5 % at so many independent samples draws its line: t of 198 degrees of freedom. */
const CRITICAL_T = 1.972;
/** A rise over the whole series that stands out of its swings, in standard deviations. */
const RISE = 8;

const random = seededRandom(11);
const normal = (): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Wanders about, but goes nowhere: as CPU or memory of a steady service do. */
function wandering(): number[] {
  const spread = 1 / Math.sqrt(1 - AUTOCORRELATION ** 2);
  let value = normal() * spread;
  return Array.from({ length: SAMPLES }, () => (value = AUTOCORRELATION * value + normal()) / spread);
}

const flat = Array.from({ length: SERIES }, wandering);
const rising = Array.from({ length: SERIES }, () => wandering().map((value, index) => value + (RISE * index) / SAMPLES));

/** Says of a series, by its index, whether it has a trend, at 95 %. */
interface Judge {
  isTrend(index: number): boolean;
  close(): unknown;
}

const given = [...flat, ...rising];

/** A monitor that has sampled the series, a second of its own clock a value. */
async function ours(): Promise<Judge> {
  let second = 0;
  const timer = { ref: () => undefined, unref: () => undefined, refresh: () => undefined, close: () => undefined };
  const clock: Clock = { now: () => second * 1_000, setTimeout: () => timer, setInterval: () => timer };
  const monitor = createMonitor({ clock, historySize: SAMPLES, filesystems: [] });
  given.forEach((values, index) => monitor.gauge(`series_${index}`, () => values[second] ?? Number.NaN));
  for (; second < SAMPLES; second += 1) await monitor.sample();
  return {
    isTrend: (index) => monitor.trend(`series_${index}`, { confidence: 0.95, minChangeRatio: 0 }).direction !== 'stable',
    close: () => monitor.close(),
  };
}

/** Least squares and a t test that takes samples for independent, as most libraries do. */
const leastSquares: Judge = { isTrend: (index) => Math.abs(tOf(given[index] ?? [])) > CRITICAL_T, close: () => undefined };

function tOf(values: readonly number[]): number {
  const middle = (SAMPLES - 1) / 2;
  const height = values.reduce((sum, value) => sum + value, 0) / SAMPLES;
  const squares = values.reduce((sum, _, index) => sum + (index - middle) ** 2, 0);
  const slope = values.reduce((sum, value, index) => sum + (index - middle) * value, 0) / squares;
  const rest = values.reduce((sum, value, index) => sum + (value - height - slope * (index - middle)) ** 2, 0);
  return slope / Math.sqrt(rest / (SAMPLES - 2) / squares);
}

/** Trends found in the series from `start` on. */
const found = (judge: Judge, start: number): number => Array.from({ length: SERIES }, (_, index) => judge.isTrend(start + index)).filter(Boolean).length;

const subject = (judge: Judge): Subject => ({
  run: (iterations) => {
    let trends = 0;
    for (let iteration = 0; iteration < iterations; iteration += 1) trends += judge.isTrend(iteration % given.length) ? 1 : 0;
    // They differ in what they find, and are meant to; that they judged as many is all they agree on.
    return trends <= iterations ? iterations : Number.NaN;
  },
  figures: () => ({ falseTrendRatio: found(judge, 0) / SERIES, foundTrendRatio: found(judge, SERIES) / SERIES }),
  close: () => judge.close(),
});

export default defineBench({
  name: 'monitor/trend',
  title: 'How often a series with autocorrelation 0.9 that goes nowhere is said to have a trend',
  operation: 'judgement of 200 samples',
  cases: { 'AR(1), phi 0.9': undefined },
  contenders: { '@fog/monitor': async () => subject(await ours()), 'least squares': () => subject(leastSquares) },
  reference: 'least squares',
  rounds: 1,
  targets: (readings) => [
    { id: 'false trends, least squares against ours', reach: '>= 6', value: readings.figure('falseTrendRatio', 'least squares') / readings.figure('falseTrendRatio', '@fog/monitor') },
    { id: 'trends found', reach: '>= 0.9', value: readings.figure('foundTrendRatio', '@fog/monitor') },
  ],
});
