import { recommend, type Recommendation } from './analysis/capacity.js';
import { coincidences, resolveCoincidenceOptions, type Coincidence, type CoincidenceOptions } from './analysis/coincidence.js';
import type { Samples } from './history.js';
import type { Registry } from './registry.js';
import type { Alert } from './rules/alert.js';
import type { Series, Unit } from './series.js';

/** Utilizations that say what a resource needs: the series that has its size, or the unit of what it is a share of. */
const RESOURCES: Readonly<Record<string, { readonly resource: string; readonly limit?: string; readonly unit: Unit; readonly accumulates: boolean }>> = {
  'cpu.utilization': { resource: 'CPU', limit: 'cpu.limit', unit: 'cores', accumulates: false },
  'memory.utilization': { resource: 'memory', limit: 'memory.limit', unit: 'bytes', accumulates: true },
  'filesystem.utilization': { resource: 'file system', unit: 'bytes', accumulates: true },
  'network.utilization': { resource: 'network', unit: 'bytesPerSecond', accumulates: false },
};

/** What the whole history says about the size of each resource; those it says too little of are left out. */
export function recommendations(registry: Registry): Recommendation[] {
  return registry.all().flatMap((series) => {
    const known = RESOURCES[series.metric];
    if (known === undefined || (series.metric === 'cpu.utilization' && series.name !== series.metric)) return [];
    // The fullest of several says nothing that its own series does not.
    if (series.name === series.metric && series.metric !== 'cpu.utilization' && registry.ofMetric(series.metric).length > 1) return [];
    const label = Object.values(series.labels)[0];
    const resource = label === undefined ? known.resource : `${known.resource} ${label}`;
    return recommend({ ...known, resource, series: series.name, samples: registry.since(series, -Infinity), limit: limitOf(series, known.limit, registry) }) ?? [];
  });
}

function limitOf(series: Series, limit: string | undefined, registry: Registry): number | undefined {
  const value = (name: string): number | undefined => {
    const found = registry.find(name);
    const latest = found === undefined ? Number.NaN : registry.latest(found);
    return Number.isNaN(latest) ? undefined : latest;
  };
  if (limit !== undefined) return value(limit);
  const available = value(series.name.replace('utilization', 'available'));
  const utilization = value(series.name);
  return available === undefined || utilization === undefined || utilization >= 1 ? undefined : Math.round(available / (1 - utilization));
}

/** What else moved when an alert began, or when a series did. */
export function whatElseMoved(registry: Registry, about: Series, options: CoincidenceOptions, alert: Alert | undefined): Coincidence[] {
  const { atMs = alert?.startedAtMs ?? registry.history.latestMs, windowMs, limit } = resolveCoincidenceOptions(options);
  // Some time after it as well: what follows is a hint too.
  const range = [atMs - windowMs, atMs + windowMs / 5] as const;
  const others = new Map<string, Samples>();
  for (const series of registry.all()) if (series.metric !== about.metric && series.metric !== 'anomaly.score') others.set(series.name, registry.read(series, ...range));
  return coincidences(registry.read(about, ...range), others, limit);
}
