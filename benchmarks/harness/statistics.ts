/** A quantity over several rounds. */
export interface Spread {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

/** @throws {RangeError} on no values: a median of nothing is a mistake upstream. */
export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const [min, max] = [sorted[0], sorted.at(-1)];
  if (min === undefined || max === undefined) throw new RangeError('no values');
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  const median = sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? Number.NaN)) / 2;
  return { median, min, max };
}

/** Whether `value` stands in the relation that `reach` states; never for `NaN`. */
export function holds(reach: string, value: number): boolean {
  const [, relation, bound] = /^(<=|>=) (-?[\d.e+-]+)$/.exec(reach) ?? [];
  if (relation === undefined) throw new RangeError(`a target reads '<= 1.3' or '>= 8', not '${reach}'`);
  return relation === '<=' ? value <= Number(bound) : value >= Number(bound);
}
