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
  registry.registerMetric(valuesOf(monitor));
  return async () => ({ type: registry.contentType, text: await registry.metrics() });
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

const valuesOf = (monitor: Monitor): Gauge<'series'> =>
  new Gauge({
    name: 'fog_monitor_value',
    help: "The latest value of each of the monitor's series",
    labelNames: ['series'],
    registers: [],
    collect() {
      this.reset();
      for (const [series, value] of Object.entries(monitor.snapshot().values)) this.set({ series }, value);
    },
  });

const snake = (name: string): string => name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
