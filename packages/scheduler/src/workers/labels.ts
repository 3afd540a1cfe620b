import { invalidOption } from '../errors.js';

/** Labels looked for: a worker matches a label if its value is the one given, or one of those given. */
export type LabelSelector = Readonly<Record<string, string | readonly string[]>>;

/** What a task wants of its worker, or does not want there. */
export interface Affinity {
  /** Labels. Every one of them counts: a worker that breaks one is never chosen. */
  readonly required?: LabelSelector;
  /** Labels. The more of them the better; see the score term `affinity`. */
  readonly preferred?: LabelSelector;
  /**
   * Tasks, by their name or id, of which each must run there (of an affinity), or none may (of an anti-affinity). A task that asks
   * for its own name may start anywhere while no such task runs, or the first could never.
   */
  readonly requiredTasks?: readonly string[];
  /** The same as a wish. */
  readonly preferredTasks?: readonly string[];
}

/** What a task would like, taken apart. */
export interface Wishes {
  readonly preferred: CompiledSelector;
  readonly avoided: CompiledSelector;
  readonly preferredTasks: readonly string[];
  readonly avoidedTasks: readonly string[];
  readonly count: number;
}

export const NO_WISHES: Wishes = { preferred: [], avoided: [], preferredTasks: [], avoidedTasks: [], count: 0 };

export function compileWishes(affinity: Affinity | undefined, antiAffinity: Affinity | undefined): Wishes {
  if (affinity === undefined && antiAffinity === undefined) return NO_WISHES;
  const preferred = compileSelector(affinity?.preferred);
  const avoided = compileSelector(antiAffinity?.preferred);
  const preferredTasks = [...(affinity?.preferredTasks ?? [])];
  const avoidedTasks = [...(antiAffinity?.preferredTasks ?? [])];
  return { preferred, avoided, preferredTasks, avoidedTasks, count: preferred.length + avoided.length + preferredTasks.length + avoidedTasks.length };
}

export type Labels = Readonly<Record<string, string>>;

/** A selector taken apart, once for each task, for the many workers it is held against. */
export type CompiledSelector = readonly { readonly label: string; readonly values: readonly string[] }[];

const NOTHING: CompiledSelector = [];

export function compileSelector(selector: LabelSelector | undefined): CompiledSelector {
  if (selector === undefined) return NOTHING;
  return Object.keys(selector)
    .toSorted()
    .map((label) => {
      const wanted = selector[label] ?? [];
      return { label, values: typeof wanted === 'string' ? [wanted] : wanted.toSorted() };
    });
}

function checkSelector(selector: LabelSelector | undefined, option: string): void {
  if (selector === undefined) return;
  if (typeof selector !== 'object' || selector === null || Array.isArray(selector)) throw invalidOption(option, selector, 'labels and their values');
  for (const [label, wanted] of Object.entries(selector))
    if (typeof wanted !== 'string' && !(Array.isArray(wanted) && wanted.length > 0 && wanted.every((value) => typeof value === 'string')))
      throw invalidOption(`${option}.${label}`, wanted, 'a string or strings');
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

const KINDS: readonly string[] = ['required', 'preferred', 'requiredTasks', 'preferredTasks'];

/** Throws `ERR_SCHEDULER_INVALID_OPTION`. To be called before anything is found by what is asked for: as a key, `null` looks like nothing. */
export function checkAffinity(affinity: Affinity, option: string): void {
  if (typeof affinity !== 'object' || affinity === null || Array.isArray(affinity)) throw invalidOption(option, affinity, `an object with ${KINDS.join(', ')}`);
  for (const name of Object.keys(affinity)) if (!KINDS.includes(name)) throw invalidOption(`${option}.${name}`, 'given', KINDS.join(', '));
  for (const name of ['required', 'preferred'] as const) checkSelector(affinity[name], `${option}.${name}`);
  for (const name of ['requiredTasks', 'preferredTasks'] as const) {
    const tasks = affinity[name];
    if (tasks !== undefined && !(Array.isArray(tasks) && tasks.every((task) => typeof task === 'string'))) throw invalidOption(`${option}.${name}`, tasks, 'an array of task names or ids');
  }
}
