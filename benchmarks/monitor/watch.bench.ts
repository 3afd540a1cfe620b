import { createMonitor } from '@fog/monitor';
import { seededRandom } from '@fog/testkit';
import { defineBench, type Subject } from '../harness/bench.js';
import { ManualTicks } from './manual-ticks.js';

const SERIES = 50;
const INTERVAL_MS = 100;
const SAMPLES_PER_SECOND = 1_000 / INTERVAL_MS;

/** Of each series a rule over a minute with hysteresis and one about its trend over five. */
const rules = `groups:\n  - name: watch\n    rules:\n${Array.from({ length: SERIES }, (_, index) =>
  [
    `      - { alert: High, expr: 'avg_over_time(series_${index}[1m]) > 2', clear: 'avg_over_time(series_${index}[1m]) < 1.5', for: 10s, labels: { number: '${index}' } }`,
    `      - { alert: Rising, expr: 'trend(series_${index}[5m]) > 0 and series_${index} > 3', for: 1m, labels: { number: '${index}' } }`,
  ].join('\n'),
).join('\n')}\n`;

/** A monitor with signals alone (the machine's own are in every contender), and what of them is looked at. */
function watching(looks: { readonly rules: boolean; readonly anomalies: boolean }): Subject {
  const random = seededRandom(7);
  const ticks = new ManualTicks(INTERVAL_MS);
  const names = Array.from({ length: SERIES }, (_, index) => `series_${index}`);
  const monitor = createMonitor({
    clock: ticks,
    intervalMs: INTERVAL_MS,
    filesystems: [],
    thresholds: [],
    anomalies: looks.anomalies ? names : [],
    ...(looks.rules && { rules }),
  });
  const levels = names.map(() => 0);
  names.forEach((name, index) => monitor.gauge(name, () => (levels[index] = 0.95 * (levels[index] ?? 0) + random() - 0.5)));
  monitor.start();
  // Windows and histograms filled, as they are after the first minutes.
  for (let sample = 0; sample < 3_000; sample += 1) ticks.next();
  return {
    run: (iterations) => {
      const before = monitor.stats().samplesTotal;
      for (let sample = 0; sample < iterations; sample += 1) ticks.next();
      return monitor.stats().samplesTotal - before;
    },
    close: () => monitor.close(),
  };
}

const OURS = 'rules, trends and anomaly scores';

export default defineBench({
  name: 'monitor/watch',
  title: `${SERIES} series at ${SAMPLES_PER_SECOND} samples a second: what looking at them costs`,
  operation: 'sample of all',
  cases: { [`${SERIES} series`]: undefined },
  contenders: {
    [OURS]: () => watching({ rules: true, anomalies: true }),
    'rules and trends': () => watching({ rules: true, anomalies: false }),
    'samples alone': () => watching({ rules: false, anomalies: false }),
  },
  reference: 'samples alone',
  rounds: 3,
  targets: (readings) => [{ id: 'percent of a core', reach: '<= 1', value: (readings.cpuNs(OURS) * SAMPLES_PER_SECOND) / 1e9 * 100 }],
});
