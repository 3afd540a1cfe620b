import type { Labels, SeriesInfo, Unit } from '../series.js';

/** How a metric is called outside: OpenTelemetry's semantic conventions where they have a name for it. */
export interface Convention {
  readonly name: string;
  /** Labels that stand for a part of our name. */
  readonly attributes?: Labels;
  /** Their names for our labels. */
  readonly renamed?: Labels;
}

const system = (name: string, attributes: Labels = {}, renamed: Labels = {}): Convention => ({ name: `system.${name}`, attributes, renamed });
const disk = { device: 'system.device' };
const network = { interface: 'network.interface.name' };
const mount = { path: 'system.filesystem.mountpoint' };

/** Metrics whose names differ; others keep theirs. */
const conventions: Readonly<Record<string, Convention>> = {
  'cpu.utilization': system('cpu.utilization', {}, { mode: 'cpu.mode', cpu: 'cpu.logical_number' }),
  'cpu.limit': system('cpu.limit'),
  'cpu.load_average.1m': system('cpu.load_average.1m'),
  'cpu.load_average.5m': system('cpu.load_average.5m'),
  'cpu.load_average.15m': system('cpu.load_average.15m'),
  'memory.utilization': system('memory.utilization', { 'system.memory.state': 'used' }),
  'memory.used': system('memory.usage', { 'system.memory.state': 'used' }),
  'memory.available': system('linux.memory.available'),
  'memory.limit': system('memory.limit'),
  'disk.io.read': system('disk.io', { 'disk.io.direction': 'read' }, disk),
  'disk.io.write': system('disk.io', { 'disk.io.direction': 'write' }, disk),
  'disk.operations.read': system('disk.operations', { 'disk.io.direction': 'read' }, disk),
  'disk.operations.write': system('disk.operations', { 'disk.io.direction': 'write' }, disk),
  'disk.busy': system('disk.busy', {}, disk),
  'filesystem.utilization': system('filesystem.utilization', {}, mount),
  'filesystem.available': system('filesystem.usage', { 'system.filesystem.state': 'free' }, mount),
  'network.io.receive': system('network.io', { 'network.io.direction': 'receive' }, network),
  'network.io.transmit': system('network.io', { 'network.io.direction': 'transmit' }, network),
  'network.errors': system('network.errors', {}, network),
  'network.utilization': system('network.utilization', {}, network),
  'process.cpu.usage': { name: 'process.cpu.utilization' },
  'process.memory.rss': { name: 'process.memory.usage' },
};

/** A unit as OpenTelemetry writes it, after UCUM, and by what a value is multiplied to be in it. Rates are exported as what they are rates of. */
const units: Readonly<Record<Unit, { readonly unit: string; readonly factor: number; readonly isRate: boolean }>> = {
  ratio: { unit: '1', factor: 1, isRate: false },
  bytes: { unit: 'By', factor: 1, isRate: false },
  bytesPerSecond: { unit: 'By', factor: 1, isRate: true },
  perSecond: { unit: '', factor: 1, isRate: true },
  milliseconds: { unit: 's', factor: 0.001, isRate: false },
  cores: { unit: '{cpu}', factor: 1, isRate: false },
  count: { unit: '', factor: 1, isRate: false },
};

/** What one series is, outside. */
export interface Exposed {
  readonly name: string;
  readonly unit: string;
  readonly factor: number;
  /** Its values are rates; what they add up to is what is told. */
  readonly isRate: boolean;
  readonly description: string;
  readonly attributes: Labels;
}

export function exposed({ metric, labels, unit, description }: SeriesInfo): Exposed {
  const { name, attributes, renamed = {} } = (Object.hasOwn(conventions, metric) ? conventions[metric] : undefined) ?? { name: metric, attributes: {} };
  const own = Object.entries(labels).map(([label, value]) => [renamed[label] ?? label, value] as const);
  return { name, ...units[unit], description, attributes: { ...attributes, ...Object.fromEntries(own) } };
}

/** Series to tell of: not the total beside its parts, which would count them twice. */
export function distinct(series: readonly SeriesInfo[]): SeriesInfo[] {
  const inParts = new Set(series.filter(({ name, metric }) => name !== metric).map(({ metric }) => metric));
  return series.filter(({ name, metric }) => name !== metric || !inParts.has(metric));
}
