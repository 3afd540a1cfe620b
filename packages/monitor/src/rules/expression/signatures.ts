import type { ExpressionType } from './syntax.js';

/** What a function takes; what follows `required` may be left out. All give `series`. */
export interface Signature {
  readonly takes: readonly ExpressionType[];
  readonly required: number;
}

const one = (...takes: ExpressionType[]): Signature => ({ takes, required: takes.length });
const some = (required: number, ...takes: ExpressionType[]): Signature => ({ takes, required });

/** All functions, by the names Prometheus gives them where it has them. */
export const signatures: Readonly<Record<string, Signature>> = {
  avg_over_time: one('window'),
  min_over_time: one('window'),
  max_over_time: one('window'),
  sum_over_time: one('window'),
  count_over_time: one('window'),
  last_over_time: one('window'),
  stddev_over_time: one('window'),
  quantile_over_time: one('number', 'window'),
  delta: one('window'),
  deriv: one('window'),
  predict_linear: one('window', 'number'),
  trend: some(1, 'window', 'number'),
  time_to: one('window', 'number'),
  vector: one('number'),
  absent: one('series'),
  absent_over_time: one('window'),
  abs: one('series'),
  ceil: one('series'),
  floor: one('series'),
  round: one('series'),
  sqrt: one('series'),
  ln: one('series'),
  log2: one('series'),
  log10: one('series'),
  exp: one('series'),
  clamp: one('series', 'number', 'number'),
  clamp_min: one('series', 'number'),
  clamp_max: one('series', 'number'),
};

/** What somebody who knows Prometheus may write, and what does it here. */
export const elsewhere: Readonly<Record<string, string>> = {
  rate: 'the series of a counter is its rate already; avg_over_time(…) is the rate over a longer time',
  irate: 'the series of a counter is its rate already',
  increase: 'the series of a counter is its rate already; avg_over_time(…) times the seconds is the increase',
  histogram_quantile: 'a histogram has the series .p50 and .p99',
};

export const aggregations: readonly string[] = ['sum', 'avg', 'min', 'max', 'count'];
