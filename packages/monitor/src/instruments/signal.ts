import { invalidOption } from '../errors.js';
import { checkNames, checkObject } from '../option-names.js';
import { seriesName, type Labels, type SeriesInfo, type Unit } from '../series.js';

/** How a signal of the application's own is described. */
export interface SignalOptions {
  /** @default 'count'; of a histogram `milliseconds`. Of a counter what is counted, `count` or `bytes`; its series is the rate of it */
  readonly unit?: Unit;
  /** Tell apart signals of the same name, as in `{ pool: 'pg' }`. */
  readonly labels?: Labels;
  /** @default '' */
  readonly description?: string;
}

const UNITS: readonly string[] = ['ratio', 'bytes', 'bytesPerSecond', 'perSecond', 'milliseconds', 'cores', 'count'] satisfies Unit[];
const NAME = /^[a-z]\w*(?:\.\w+)*$/i;
const LABEL = /^[a-z_]\w*$/i;

/** Units of rates by what is counted; a rate stands for itself. */
const RATES: Readonly<Partial<Record<Unit, Unit>>> = { count: 'perSecond', perSecond: 'perSecond', bytes: 'bytesPerSecond', bytesPerSecond: 'bytesPerSecond' };

/** As `resolveSignal`, of the rate of what is counted. */
export function resolveCounter(metric: string, options: SignalOptions): SeriesInfo {
  const info = resolveSignal(metric, options, 'count');
  const unit = RATES[info.unit];
  if (unit === undefined) throw invalidOption('unit', info.unit, `of a counter, one of ${Object.keys(RATES).join(', ')}`);
  return { ...info, unit };
}

/** @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
export function resolveSignal(metric: string, options: SignalOptions, defaultUnit: Unit): SeriesInfo {
  if (typeof metric !== 'string' || !NAME.test(metric)) throw invalidOption('name', metric, 'words of letters, digits and _ joined by dots, as in "pool.waiting"');
  checkNames('signal option', options, ['unit', 'labels', 'description']);
  const { unit = defaultUnit, labels = {}, description = '' } = options;
  if (!UNITS.includes(unit)) throw invalidOption('unit', unit, `one of ${UNITS.join(', ')}`);
  if (typeof description !== 'string') throw invalidOption('description', description, 'a string');
  checkObject('labels', labels);
  for (const [label, value] of Object.entries(labels)) {
    if (!LABEL.test(label)) throw invalidOption('labels', label, 'names of letters, digits and _');
    if (typeof value !== 'string') throw invalidOption(`labels.${label}`, value, 'a string');
  }
  return { name: seriesName(metric, labels), metric, labels: { ...labels }, unit, description };
}
