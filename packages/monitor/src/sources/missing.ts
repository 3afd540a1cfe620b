/** Arithmetic in which NaN stands for a value that is missing: it neither adds to a sum nor is the largest. */

export function plus(sum: number, value: number): number {
  if (Number.isNaN(value)) return sum;
  return Number.isNaN(sum) ? value : sum + value;
}

export function larger(one: number, other: number): number {
  return one >= other || Number.isNaN(other) ? one : other;
}
