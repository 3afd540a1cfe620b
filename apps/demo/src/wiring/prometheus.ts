import type { Monitor } from '@fog/monitor';
import { Counter, Gauge, Registry } from 'prom-client';

/** All components' `stats()` and the monitor's series in Prometheus' text format. Names are made once a component. */
export function createExposition(components: Readonly<Record<string, () => object>>, monitor: Monitor): () => Promise<{ type: string; text: string }> {
  const registry = new Registry();
  for (const [component, stats] of Object.entries(components)) {
    for (const name of Object.keys(stats())) {
      const metric = `fog_${component}_${snake(name)}`;
      const read = (): number => Number((stats() as Readonly<Record<string, unknown>>)[name]);
      const help = `${name} of the ${component}'s stats()`;
      registry.registerMetric(name.endsWith('Total') ? counter(metric, help, read) : gauge(metric, help, read));
    }
  }
  return async () => ({ type: registry.contentType, text: `${await registry.metrics()}\n${await readingsOf(monitor).metrics()}` });
}

/** Counters of ours are absolute, prom-client's only know increments. */
const counter = (name: string, help: string, read: () => number): Counter =>
  new Counter({
    name,
    help,
    registers: [],
    collect() {
      this.reset();
      this.inc(read());
    },
  });

const gauge = (name: string, help: string, read: () => number): Gauge =>
  new Gauge({
    name,
    help,
    registers: [],
    collect() {
      this.set(read());
    },
  });

/** The monitor's series under their own names and labels; made for each reading, since devices come and go. */
function readingsOf(monitor: Monitor): Registry {
  const registry = new Registry();
  const { values } = monitor.snapshot();
  const series = monitor.series().filter(({ name }) => values[name] !== undefined);
  const labelNames = [...new Set(series.flatMap(({ labels }) => Object.keys(labels)))];
  const gauges = new Map<string, Gauge>();
  for (const { name, metric, labels, unit, description } of series) {
    const known = gauges.get(metric) ?? new Gauge({ name: `fog_${snake(metric.replaceAll('.', '_'))}_${snake(unit)}`, help: description || metric, labelNames, registers: [registry] });
    gauges.set(metric, known);
    known.set(labels, values[name] ?? Number.NaN);
  }
  return registry;
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
