import type { Labels } from '../../series.js';
import { keyOf, noLabels, type Element } from './element.js';
import type { Aggregation, AggregationName } from './syntax.js';

interface Group {
  readonly labels: Labels;
  /** Of the elements that hold and have a value. */
  count: number;
  sum: number;
  min: number;
  max: number;
  /** One at least had no value: nothing is known of the whole unless another has. */
  unknown: boolean;
}

/** Sums elements up over labels. Those that do not hold are left out; a group without any that does, does not hold. */
export function aggregator({ name, grouping }: Aggregation): (elements: readonly Element[]) => Element[] {
  const keep = keeper(grouping);
  return (elements) => sumUp(elements, keep, name);
}

function sumUp(elements: readonly Element[], keep: (labels: Labels) => Labels, name: AggregationName): Element[] {
  const groups = new Map<string, Group>();
  for (const { labels, value, holds } of elements) {
    const kept = keep(labels);
    const key = keyOf(kept);
    let group = groups.get(key);
    if (group === undefined) groups.set(key, (group = { labels: kept, count: 0, sum: 0, min: Infinity, max: -Infinity, unknown: false }));
    if (Number.isNaN(value)) group.unknown = true;
    else if (holds) {
      group.count += 1;
      group.sum += value;
      group.min = Math.min(group.min, value);
      group.max = Math.max(group.max, value);
    }
  }
  return [...groups.values()].map((group) => ({
    labels: group.labels,
    value: group.count > 0 ? results[name](group) : group.unknown ? Number.NaN : 0,
    holds: group.count > 0 || (name === 'count' && !group.unknown),
  }));
}

const results: Readonly<Record<AggregationName, (group: Group) => number>> = {
  sum: ({ sum }) => sum,
  avg: ({ sum, count }) => sum / count,
  min: ({ min }) => min,
  max: ({ max }) => max,
  count: ({ count }) => count,
};

/** The labels a group keeps of its members'; made once a member, as their key is remembered by the object. */
function keeper(grouping: Aggregation['grouping']): (labels: Labels) => Labels {
  if (grouping === undefined) return () => noLabels;
  const known = new WeakMap<Labels, Labels>();
  return (labels) => {
    let kept = known.get(labels);
    if (kept === undefined) {
      kept = Object.fromEntries(Object.entries(labels).filter(([label]) => grouping.labels.includes(label) !== grouping.without));
      known.set(labels, kept);
    }
    return kept;
  };
}
