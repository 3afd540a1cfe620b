import { createMonitor } from '@fog/monitor';
import { defineBench, type Subject } from '../harness/bench.js';
import { ManualTicks } from './manual-ticks.js';
import { readCorpus, type LabelledSeries } from './nab-corpus.js';

const corpus = readCorpus().filter(({ name }) => name.startsWith('realAWSCloudwatch/'));
/** Of the corpus. */
const INTERVAL_MS = 300_000;
/** Of each series, what the highest twentieth of its values exceed: a threshold as people set one. */
const SHARE = 0.95;

/** What somebody who is told when alerts begin would know. */
interface Watch {
  /** When it told, as numbers of samples. */
  readonly told: readonly number[];
  /** Whether it was firing at each sample. */
  readonly firing: readonly boolean[];
}

function bound(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.ceil(SHARE * sorted.length) - 1] ?? Number.NaN;
}

/** Tells each time the value rises above the bound. */
function naive({ values }: LabelledSeries): Watch {
  const limit = bound(values);
  const firing = values.map((value) => value > limit);
  return { told: firing.flatMap((now, sample) => (now && firing[sample - 1] !== true ? [sample] : [])), firing };
}

/** The same bound as a rule: over only when 15 % below it, and for so long. */
const high = (limit: number, keep: string): string => `{ alert: High, expr: 'value > ${limit}', clear: 'value < ${0.85 * limit}', keep_firing_for: ${keep} }`;
/** The score from which on docs/rules.md calls most an incident. */
const ODD = `{ alert: Odd, expr: 'anomaly.score{series="value"} > 0.997', keep_firing_for: 3h }`;

const hysteresis = (limit: number): readonly string[] => [high(limit, '3h')];
/** One tells that the level is high and then holds its peace for half a day; the other, meanwhile too, that something is new. */
const hysteresisAndScore = (limit: number): readonly string[] => [high(limit, '12h'), ODD];

function ruled({ values }: LabelledSeries, rulesFor: (limit: number) => readonly string[]): Watch {
  const rules = `groups:\n  - name: g\n    rules:\n${rulesFor(bound(values)).map((rule) => `      - ${rule}\n`).join('')}`;
  const ticks = new ManualTicks(INTERVAL_MS);
  let sample = 0;
  const monitor = createMonitor({ clock: ticks, intervalMs: INTERVAL_MS, filesystems: [], thresholds: [], tiers: [], historySize: 10, anomalies: rules.includes('anomaly.score') ? ['value'] : [], rules });
  const told: number[] = [];
  monitor.gauge('value', () => values[sample] ?? Number.NaN);
  monitor.onAlert(({ state }) => void (state === 'firing' && told.push(sample)));
  monitor.start();
  const firing: boolean[] = [monitor.stats().alertsFiring > 0];
  for (sample = 1; sample < values.length; sample += 1) {
    ticks.next();
    firing.push(monitor.stats().alertsFiring > 0);
  }
  void monitor.close();
  return { told, firing };
}

function subject(watch: (series: LabelledSeries) => Watch): Subject {
  return {
    run: (iterations) => {
      for (let iteration = 0; iteration < iterations; iteration += 1) watch(corpus[iteration % corpus.length] as LabelledSeries);
      return iterations;
    },
    figures: () => {
      let [notifications, windows, windowsFiring, windowsTold] = [0, 0, 0, 0];
      for (const series of corpus) {
        const { told, firing } = watch(series);
        notifications += told.length;
        for (const [from, to] of series.windows) {
          windows += 1;
          windowsFiring += firing.slice(from, to + 1).includes(true) ? 1 : 0;
          windowsTold += told.some((sample) => sample >= from && sample <= to) ? 1 : 0;
        }
      }
      return { notifications, windows, windowsFiring, windowsTold };
    },
  };
}

const OURS = '@fog/monitor, hysteresis, keep_firing_for and anomaly score';
const HYSTERESIS = '@fog/monitor, hysteresis and keep_firing_for';
const NAIVE = 'naive threshold';

export default defineBench({
  name: 'monitor/notifications',
  title: 'Notifications of a threshold at the 95th percentile of the AWS series of the Numenta Anomaly Benchmark that are here',
  operation: 'series watched',
  cases: corpus.length === 0 ? {} : { [`${corpus.length} series`]: undefined },
  contenders: {
    [OURS]: () => subject((series) => ruled(series, hysteresisAndScore)),
    [HYSTERESIS]: () => subject((series) => ruled(series, hysteresis)),
    [NAIVE]: () => subject(naive),
  },
  reference: NAIVE,
  checkIterations: 1,
  rounds: 1,
  targets: (readings) =>
    corpus.length === 0
      ? []
      : [
          { id: 'notifications, naive against ours', reach: '>= 15', value: readings.figure('notifications', NAIVE) / readings.figure('notifications', OURS) },
          { id: 'incident windows in which it was firing, ours less naive', reach: '>= 0', value: readings.figure('windowsFiring', OURS) - readings.figure('windowsFiring', NAIVE) },
        ],
});
