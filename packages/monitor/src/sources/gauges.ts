import { invalidOption } from '../errors.js';
import { checkNames } from '../option-names.js';
import type { Recorder } from '../registry.js';
import type { Labels, Series, SeriesInfo, Unit } from '../series.js';
import { seriesName } from '../series.js';
import type { Source } from './source.js';

export interface GaugeOptions {
  /** @default 'count' */
  readonly unit?: Unit;
  /** Tell apart gauges of the same name, as in `{ pool: 'pg' }`. */
  readonly labels?: Labels;
  /** @default '' */
  readonly description?: string;
}

/** A signal that the application owns and lets be read. */
export class Gauge implements Source {
  readonly name: string;
  readonly #series: Series;
  readonly #read: () => number;
  readonly #recorder: Recorder;

  constructor(series: Series, read: () => number, recorder: Recorder) {
    this.name = `gauge ${series.name}`;
    this.#series = series;
    this.#read = read;
    this.#recorder = recorder;
  }

  collect(): void {
    const value: unknown = this.#read();
    if (typeof value === 'number' && Number.isFinite(value)) this.#recorder.record(this.#series, value);
    else this.#recorder.drop();
  }

  close(): void {
    this.#recorder.release(this.#series);
  }
}

const UNITS: readonly string[] = ['ratio', 'bytes', 'bytesPerSecond', 'perSecond', 'milliseconds', 'cores', 'count'] satisfies Unit[];
const NAME = /^[a-z]\w*(?:\.\w+)*$/i;
const LABEL = /^[a-z_]\w*$/i;

/** @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
export function resolveGauge(metric: string, read: () => number, options: GaugeOptions): SeriesInfo {
  if (typeof metric !== 'string' || !NAME.test(metric)) throw invalidOption('name', metric, 'words of letters, digits and _ joined by dots, as in "pool.waiting"');
  if (typeof read !== 'function') throw invalidOption('read', read, 'a function that returns a number');
  checkNames('gauge option', options, ['unit', 'labels', 'description']);
  const { unit = 'count', labels = {}, description = '' } = options;
  if (!UNITS.includes(unit)) throw invalidOption('unit', unit, `one of ${UNITS.join(', ')}`);
  if (typeof description !== 'string') throw invalidOption('description', description, 'a string');
  for (const [label, value] of Object.entries(labels)) {
    if (!LABEL.test(label)) throw invalidOption('labels', label, 'names of letters, digits and _');
    if (typeof value !== 'string') throw invalidOption(`labels.${label}`, value, 'a string');
  }
  return { name: seriesName(metric, labels), metric, labels: { ...labels }, unit, description };
}
