import { createMonitor } from '@fog/monitor';
import { seededRandom } from '@fog/testkit';
import { defineBench, type Subject } from '../harness/bench.js';
import { ManualTicks } from './manual-ticks.js';

const SERIES = 300;
const SAMPLES = 400;
const INTERVAL_MS = 1_000;

interface Leak {
  readonly values: readonly number[];
  readonly limit: number;
  /** When the leak itself, without the teeth, reaches the limit; from the last sample on. */
  readonly truthMs: number;
}

const random = seededRandom(21);

/** A leak below the teeth of a saw, as memory looks between garbage collections; some with a burst that goes away again. */
const leaks: readonly Leak[] = Array.from({ length: SERIES }, () => {
  const slope = 0.02 + 0.2 * random();
  const period = 10 + Math.floor(40 * random());
  const teeth = (0.2 + 1.5 * random()) * slope * SAMPLES;
  const burst = random() < 0.3 ? SAMPLES * random() : -1;
  let length = period * (0.8 + 0.4 * random());
  let phase = Math.floor(length * random());
  const values = Array.from({ length: SAMPLES }, (_, index) => {
    phase += 1;
    if (phase >= length) {
      phase = 0;
      length = period * (0.8 + 0.4 * random());
    }
    const extra = index >= burst && index < burst + 30 && burst >= 0 ? 2 * teeth : 0;
    return 100 + slope * index + (teeth * phase) / length + extra + 0.05 * teeth * random();
  });
  const middle = 100 + slope * (SAMPLES - 1) + teeth / 2;
  const limit = middle + slope * SAMPLES * (0.5 + 2 * random());
  return { values, limit, truthMs: ((limit - middle) / slope) * INTERVAL_MS };
});

/** The error of an estimate, as a share of the truth; one that says never is wrong by all of it. */
const errorOf = (estimateMs: number, { truthMs }: Leak): number => (Number.isFinite(estimateMs) ? Math.min(1, Math.abs(estimateMs - truthMs) / truthMs) : 1);

type Estimate = (index: number) => number;

function ours(): { estimate: Estimate; close: () => unknown } {
  const ticks = new ManualTicks(INTERVAL_MS);
  let sample = 0;
  const monitor = createMonitor({ clock: ticks, intervalMs: INTERVAL_MS, historySize: SAMPLES, tiers: [], filesystems: [], thresholds: [] });
  leaks.forEach(({ values }, index) => monitor.gauge(`leak_${index}`, () => values[sample] ?? Number.NaN));
  monitor.start();
  for (sample = 1; sample < SAMPLES; sample += 1) ticks.next();
  return { estimate: (index) => monitor.forecast(`leak_${index}`, { limit: leaks[index]?.limit ?? 0 }).exhaustionMs, close: () => monitor.close() };
}

/** A line of least squares, carried on to the limit. */
const leastSquares: Estimate = (index) => {
  const { values, limit } = leaks[index] as Leak;
  const middle = (SAMPLES - 1) / 2;
  const height = values.reduce((sum, value) => sum + value, 0) / SAMPLES;
  const squares = values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
  const slope = values.reduce((sum, value, at) => sum + (at - middle) * value, 0) / squares;
  return slope > 0 ? ((limit - (height + slope * middle)) / slope) * INTERVAL_MS : Infinity;
};

/** What is left, over how much was used since the beginning. */
const endToEnd: Estimate = (index) => {
  const { values, limit } = leaks[index] as Leak;
  const [first = 0, last = 0] = [values[0], values.at(-1)];
  return last > first ? ((limit - last) / (last - first)) * (SAMPLES - 1) * INTERVAL_MS : Infinity;
};

const subject = ({ estimate, close }: { estimate: Estimate; close?: () => unknown }): Subject => ({
  run: (iterations) => {
    for (let iteration = 0; iteration < iterations; iteration += 1) estimate(iteration % SERIES);
    return iterations;
  },
  figures: () => {
    const errors = leaks.map((leak, index) => errorOf(estimate(index), leak)).sort((one, other) => one - other);
    return { medianErrorPercent: 100 * (errors[SERIES / 2] ?? 1), p90ErrorPercent: 100 * (errors[Math.floor(0.9 * SERIES)] ?? 1) };
  },
  ...(close && { close }),
});

const OURS = '@fog/monitor';

export default defineBench({
  name: 'monitor/exhaustion',
  title: `When ${SERIES} leaks below the teeth of a saw will have used all there is`,
  operation: 'estimate',
  cases: { [`${SERIES} leaks`]: undefined },
  contenders: { [OURS]: () => subject(ours()), 'least squares': () => subject({ estimate: leastSquares }), 'first and last': () => subject({ estimate: endToEnd }) },
  reference: 'least squares',
  rounds: 1,
  targets: (readings) => [
    { id: 'median error, ours over that of least squares', reach: '<= 0.6', value: readings.figure('medianErrorPercent', OURS) / readings.figure('medianErrorPercent', 'least squares') },
  ],
});
