import { Counter, Gauge, Registry } from 'prom-client';
import { invalidOption } from '../errors.js';
import type { Monitor } from '../monitor.js';
import { checkNames } from '../option-names.js';
import { Readings, type Reading } from './readings.js';

export interface PrometheusOptions {
  /** Before every name: letters, digits and _. @default '' */
  readonly prefix?: string;
  /** Registries of your own, whose metrics are in the same answer. @default none */
  readonly registries?: readonly Registry[];
}

export interface PrometheusExporter {
  /** To send as `content-type`. */
  readonly contentType: string;
  /** What to answer a scrape with. */
  metrics(): Promise<string>;
}

/**
 * The series of a monitor in Prometheus' text format, under OpenTelemetry's names as Prometheus writes them:
 * `system_memory_usage_bytes{system_memory_state="used"}`. Rates are counters, which count from now on. Of two series that
 * come to one name there, as `a.b` and `a_b` do, the first is told, and of what Prometheus cannot be told, as a count that is below 0,
 * nothing; comments in the text say so.
 * @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION`
 */
export function createPrometheusExporter(monitor: Monitor, options: PrometheusOptions = {}): PrometheusExporter {
  checkNames('exporter option', options, ['prefix', 'registries']);
  const { prefix = '', registries = [] } = options;
  if (!/^(?:[a-z_]\w*)?$/i.test(prefix)) throw invalidOption('prefix', prefix, 'letters, digits and _');
  const readings = new Readings(monitor);
  return {
    contentType: Registry.PROMETHEUS_CONTENT_TYPE,
    metrics: async () => {
      const { registry, leftOut } = registryOf(readings.next(), prefix);
      const texts = await Promise.all([registry, ...registries].map((each) => each.metrics()));
      return [...texts, ...leftOut.map((reason) => `# ${reason}\n`)].join('\n');
    },
  };
}

/** Made anew for each scrape, since devices come and go. */
function registryOf(readings: readonly Reading[], prefix: string): { readonly registry: Registry; readonly leftOut: readonly string[] } {
  const registry = new Registry();
  const metrics = new Map<string, Reading[]>();
  const leftOut: string[] = [];
  for (const reading of readings) {
    const name = prefix + prometheusName(reading);
    const known = metrics.get(name);
    if (known === undefined) metrics.set(name, [reading]);
    else if (known[0]?.name !== reading.name) leftOut.push(`${name} is ${known[0]?.name} here; ${reading.name} would be called so too and is left out`);
    else if (known.some((other) => sameLabels(other, reading))) leftOut.push(`${name} is here with the same labels; another ${reading.name} is left out`);
    else known.push(reading);
  }
  for (const [name, members] of metrics)
    try {
      addMetric(registry, name, members);
    } catch (error) {
      registry.removeSingleMetric(name);
      leftOut.push(`${name} is left out: ${(error as Error).message.replaceAll(/\s+/g, ' ')}`);
    }
  return { registry, leftOut };
}

function sameLabels({ attributes }: Reading, { attributes: others }: Reading): boolean {
  const labels = Object.entries(attributes);
  return labels.length === Object.keys(others).length && labels.every(([label, text]) => others[label] === text);
}

function addMetric(registry: Registry, name: string, members: readonly Reading[]): void {
  const [first] = members;
  const labelNames = [...new Set(members.flatMap(({ attributes }) => Object.keys(attributes).map(underscored)))];
  const config = { name, help: first?.description || first?.name || name, labelNames, registers: [registry] };
  const metric = first?.isRate === true ? new Counter(config) : new Gauge(config);
  for (const { attributes, value } of members) {
    const labels = Object.fromEntries(Object.entries(attributes).map(([label, text]) => [underscored(label), text]));
    metric.inc(labels, value);
  }
}

function prometheusName({ name, suffix, isRate }: Reading): string {
  // Whoever named it as Prometheus would, as in `bytes_total`, gets nothing twice.
  const base = isRate ? underscored(name).replace(/_total$/, '') : underscored(name);
  return `${base}${base.endsWith(suffix) ? '' : suffix}${isRate ? '_total' : ''}`;
}

const underscored = (name: string): string => name.replaceAll('.', '_');
