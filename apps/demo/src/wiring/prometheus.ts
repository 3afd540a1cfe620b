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
      if (name.endsWith('Total'))
        new Counter({ name: metric, help, registers: [registry], collect() {
          this.reset(); // Counters of ours are absolute, prom-client's only know increments.
          this.inc(read());
        } });
      else
        new Gauge({ name: metric, help, registers: [registry], collect() {
          this.set(read());
        } });
    }
  }
  new Gauge({ name: 'fog_monitor_value', help: "The latest value of each of the monitor's series", labelNames: ['series'], registers: [registry], collect() {
    this.reset();
    for (const [series, value] of Object.entries(monitor.snapshot().values)) this.set({ series }, value);
  } });
  return async () => ({ type: registry.contentType, text: await registry.metrics() });
}

const snake = (name: string): string => name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`);
