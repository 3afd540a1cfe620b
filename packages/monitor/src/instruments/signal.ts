import { invalidOption } from '../errors.js';
import { checkNames } from '../option-names.js';
import { seriesName, type Labels, type SeriesInfo, type Unit } from '../series.js';

/** How a signal of the application's own is described. */
export interface SignalOptions {
  /** @default 'count'; of a counter `perSecond`, as its series is a rate; of a histogram `milliseconds` */
  readonly unit?: Unit;
  /** Tell apart signals of the same name, as in `{ pool: 'pg' }`. */
  readonly labels?: Labels;
  /** @default '' */
  readonly description?: string;
}

const UNITS: readonly string[] = ['ratio', 'bytes', 'bytesPerSecond', 'perSecond', 'milliseconds', 'cores', 'count'] satisfies Unit[];
const NAME = /^[a-z]\w*(?:\.\w+)*$/i;
const LABEL = /^[a-z_]\w*$/i;

/** @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
export function resolveSignal(metric: string, options: SignalOptions, defaultUnit: Unit): SeriesInfo {
  if (typeof metric !== 'string' || !NAME.test(metric)) throw invalidOption('name', metric, 'words of letters, digits and _ joined by dots, as in "pool.waiting"');
  checkNames('signal option', options, ['unit', 'labels', 'description']);
  const { unit = defaultUnit, labels = {}, description = '' } = options;
  if (!UNITS.includes(unit)) throw invalidOption('unit', unit, `one of ${UNITS.join(', ')}`);
  if (typeof description !== 'string') throw invalidOption('description', description, 'a string');
  for (const [label, value] of Object.entries(labels)) {
    if (!LABEL.test(label)) throw invalidOption('labels', label, 'names of letters, digits and _');
    if (typeof value !== 'string') throw invalidOption(`labels.${label}`, value, 'a string');
  }
  return { name: seriesName(metric, labels), metric, labels: { ...labels }, unit, description };
}
