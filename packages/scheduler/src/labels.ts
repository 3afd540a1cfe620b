import { invalidOption } from './errors.js';

/** Labels looked for: a worker matches a label if its value is the one given, or one of those given. */
export type LabelSelector = Readonly<Record<string, string | readonly string[]>>;

/** Labels a task wants on its worker, or does not want there. */
export interface Affinity {
  /** Every one of them counts: a worker that breaks one is never chosen. */
  readonly required?: LabelSelector;
  /** The more of them the better; see the score term `affinity`. */
  readonly preferred?: LabelSelector;
}

export type Labels = Readonly<Record<string, string>>;

/** A selector taken apart, once for each task, for the many workers it is held against. */
export type CompiledSelector = readonly { readonly label: string; readonly values: readonly string[] }[];

const NOTHING: CompiledSelector = [];

export function compileSelector(selector: LabelSelector | undefined, option: string): CompiledSelector {
  if (selector === undefined) return NOTHING;
  if (typeof selector !== 'object' || selector === null || Array.isArray(selector)) throw invalidOption(option, selector, 'labels and their values');
  return Object.keys(selector)
    .toSorted()
    .map((label) => {
      const wanted = selector[label];
      const values = typeof wanted === 'string' ? [wanted] : [...(wanted ?? [])].toSorted();
      if (values.length === 0 || values.some((value) => typeof value !== 'string')) throw invalidOption(`${option}.${label}`, wanted, 'a string or strings');
      return { label, values };
    });
}

/** How many of the selector's labels `labels` has with a value asked for. */
export function countMatches(selector: CompiledSelector, labels: Labels): number {
  let matches = 0;
  for (const { label, values } of selector) {
    const value = labels[label];
    if (value !== undefined && values.includes(value)) matches += 1;
  }
  return matches;
}

export function checkAffinity(affinity: Affinity, option: string): void {
  if (typeof affinity !== 'object' || affinity === null) throw invalidOption(option, affinity, 'an object with required or preferred');
  for (const name of Object.keys(affinity))
    if (name !== 'required' && name !== 'preferred') throw invalidOption(`${option}.${name}`, 'given', 'required or preferred');
}
