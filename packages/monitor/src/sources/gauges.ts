import type { Labels, Unit } from '../series.js';

export interface GaugeOptions {
  /** @default 'count' */
  readonly unit?: Unit;
  /** Tell apart gauges of the same name, as in `{ pool: 'pg' }`. */
  readonly labels?: Labels;
  readonly description?: string;
}
