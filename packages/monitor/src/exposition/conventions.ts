import type { Labels, SeriesInfo, Unit } from '../series.js';

/** How a metric is called outside: OpenTelemetry's semantic conventions where they have a name for it. */
export interface Convention {
  readonly name: string;
  /** Labels that stand for a part of our name. */
  readonly attributes?: Labels;
  /** Their names for our labels. */
  readonly renamed?: Labels;
  /** What is counted. */
  readonly unit?: string;
}

const system = (name: string, attributes: Labels = {}, renamed: Labels = {}, unit?: string): Convention => ({ name: `system.${name}`, attributes, renamed, ...(unit !== undefined && { unit }) });
const disk = { device: 'system.device' };
const network = { interface: 'network.interface.name' };
const mount = { path: 'system.filesystem.mountpoint' };

/** Metrics whose names differ; others keep theirs. */
const conventions: Readonly<Record<string, Convention>> = {
  'cpu.utilization': system('cpu.utilization', {}, { mode: 'cpu.mode', cpu: 'cpu.logical_number' }),
  'cpu.limit': system('cpu.limit'),
  'cpu.load_average.1m': system('cpu.load_average.1m', {}, {}, '{thread}'),
  'cpu.load_average.5m': system('cpu.load_average.5m', {}, {}, '{thread}'),
  'cpu.load_average.15m': system('cpu.load_average.15m', {}, {}, '{thread}'),
  'memory.utilization': system('memory.utilization', { 'system.memory.state': 'used' }),
  'memory.used': system('memory.usage', { 'system.memory.state': 'used' }),
  'memory.available': system('linux.memory.available'),
  'memory.limit': system('memory.limit'),
  'disk.io.read': system('disk.io', { 'disk.io.direction': 'read' }, disk),
  'disk.io.write': system('disk.io', { 'disk.io.direction': 'write' }, disk),
  'disk.operations.read': system('disk.operations', { 'disk.io.direction': 'read' }, disk, '{operation}'),
  'disk.operations.write': system('disk.operations', { 'disk.io.direction': 'write' }, disk, '{operation}'),
  'disk.busy': system('disk.busy', {}, disk),
  'filesystem.utilization': system('filesystem.utilization', {}, mount),
  'filesystem.available': system('filesystem.usage', { 'system.filesystem.state': 'free' }, mount),
  'network.io.receive': system('network.io', { 'network.io.direction': 'receive' }, network),
  'network.io.transmit': system('network.io', { 'network.io.direction': 'transmit' }, network),
  'network.errors': system('network.errors', {}, network, '{error}'),
  'network.utilization': system('network.utilization', {}, network),
  'process.cpu.usage': { name: 'process.cpu.utilization' },
  'process.memory.rss': { name: 'process.memory.usage' },
  'nodejs.handles': { name: 'nodejs.handles', unit: '{handle}' },
  'v8js.gc.count': { name: 'v8js.gc.count', unit: '{collection}' },
};

/**
 * A unit as OpenTelemetry writes it, after UCUM, the ending of a name that says it in Prometheus, and by what a value is
 * multiplied to be in it. Rates are exported as what they are rates of.
 */
const units: Readonly<Record<Unit, Pick<Exposed, 'unit' | 'suffix' | 'factor' | 'isRate'>>> = {
  ratio: { unit: '1', suffix: '_ratio', factor: 1, isRate: false },
  bytes: { unit: 'By', suffix: '_bytes', factor: 1, isRate: false },
  bytesPerSecond: { unit: 'By', suffix: '_bytes', factor: 1, isRate: true },
  perSecond: { unit: '1', suffix: '', factor: 1, isRate: true },
  milliseconds: { unit: 's', suffix: '_seconds', factor: 0.001, isRate: false },
  cores: { unit: '{cpu}', suffix: '', factor: 1, isRate: false },
  count: { unit: '1', suffix: '', factor: 1, isRate: false },
};

/** What one series is, outside. */
export interface Exposed {
  readonly name: string;
  readonly unit: string;
  readonly suffix: string;
  readonly factor: number;
  /** Its values are rates; what they add up to is what is told. */
  readonly isRate: boolean;
  readonly description: string;
  readonly attributes: Labels;
}

export function exposed({ metric, labels, unit, description }: SeriesInfo): Exposed {
  const convention = (Object.hasOwn(conventions, metric) ? conventions[metric] : undefined) ?? { name: metric };
  const { name, attributes, renamed = {}, unit: counted = units[unit].unit } = convention;
  const own = Object.entries(labels).map(([label, value]) => [Object.hasOwn(renamed, label) ? (renamed[label] as string) : label, value] as const);
  return { ...units[unit], name, unit: counted, description, attributes: { ...attributes, ...Object.fromEntries(own) } };
}

/** Series to tell of: not the total beside its parts, which would count them twice. */
export function distinct(series: readonly SeriesInfo[]): SeriesInfo[] {
  const inParts = new Set(series.filter(({ name, metric }) => name !== metric).map(({ metric }) => metric));
  return series.filter(({ name, metric }) => name !== metric || !inParts.has(metric));
}
