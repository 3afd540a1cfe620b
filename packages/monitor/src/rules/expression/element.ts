import { seriesName, type Labels } from '../../series.js';

/** One labelled value of an expression. */
export interface Element {
  readonly labels: Labels;
  /** NaN where there is no data to tell by. */
  readonly value: number;
  /**
   * Whether the comparisons it went through were true. Prometheus drops those for which they are not; kept, they tell
   * "all is well" from "nothing is known".
   */
  readonly holds: boolean;
}

const keys = new WeakMap<Labels, string>();

/** What elements with the same labels have in common, as text. */
export function keyOf(labels: Labels): string {
  const known = keys.get(labels);
  if (known !== undefined) return known;
  const key = seriesName('', labels);
  keys.set(labels, key);
  return key;
}

export const noLabels: Labels = {};
