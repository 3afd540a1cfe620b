import type { ExpressionType } from './syntax.js';

/** What a function takes; what follows `required` may be left out. All give `series`. */
export interface Signature {
  readonly takes: readonly ExpressionType[];
  readonly required: number;
  /** What is wrong with the numbers given, if anything is. */
  readonly refuses?: (numbers: readonly number[]) => string | undefined;
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
  quantile_over_time: { ...one('number', 'window'), refuses: ([share = 0]) => (share >= 0 && share <= 1 ? undefined : `the share ${share} is not from 0 to 1`) },
  delta: one('window'),
  deriv: one('window'),
  predict_linear: one('window', 'number'),
  trend: { ...some(1, 'window', 'number'), refuses: ([confidence = 0.99]) => (confidence > 0 && confidence < 1 ? undefined : `the significance ${confidence} is not between 0 and 1`) },
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
  clamp: { ...one('series', 'number', 'number'), refuses: ([least = 0, most = 0]) => (least <= most ? undefined : `${least} is above ${most}`) },
  clamp_min: one('series', 'number'),
  clamp_max: one('series', 'number'),
};

/** What somebody who knows Prometheus or a programming language may write, and what does it here. */
const habits: Readonly<Record<string, string>> = {
  rate: 'the series of a counter is its rate already; avg_over_time(…) is the rate over a longer time',
  irate: 'the series of a counter is its rate already',
  increase: 'the series of a counter is its rate already; avg_over_time(…) times the seconds is the increase',
  histogram_quantile: 'a histogram has the series .p50 and .p99',
  on: 'series go together by all their labels; sum by (…) leaves those that both sides have',
  ignoring: 'series go together by all their labels; sum without (…) leaves those that both sides have',
  group_left: 'series go together one to one; a series without labels goes with all',
  group_right: 'series go together one to one; a series without labels goes with all',
  offset: 'nothing looks back but a window, as in avg_over_time(…[5m])',
  '@': 'nothing looks back but a window, as in avg_over_time(…[5m])',
  bool: 'comparisons hold or do not hold',
  ':': 'there are neither subqueries nor recording rules, and names are words joined by dots',
  topk: 'an alert is told for each series that holds',
  bottomk: 'an alert is told for each series that holds',
  time: 'the time of day is not known to rules',
  '=': 'to compare is ==',
  '&': 'to join conditions is "and"',
  '|': 'to join conditions is "or"',
  '!': 'to turn a condition round is to compare the other way, or "unless"',
  not: 'to turn a condition round is to compare the other way, or "unless"',
};

/** The rest of a message about what is not there: `: what does it here`. */
export const elsewhere = (text: string): string | undefined => (Object.hasOwn(habits, text) ? `: ${habits[text]}` : undefined);

export const aggregations: readonly string[] = ['sum', 'avg', 'min', 'max', 'count'];
