import type { TaskFeatures } from './estimator.js';

/** What run times are kept relative to, as a logarithm: nothing, the caller's estimate, the size of the data. */
const ABSOLUTE = (): number => 0;
const OF_ESTIMATE = ({ estimateMs = 1 }: TaskFeatures): number => Math.log(estimateMs);
const OF_MEMORY = ({ needs }: TaskFeatures): number => Math.log(needs?.memoryBytes ?? 1);

/**
 * The company a task may be judged by, from the closest to the widest: those of the same tenant (t), name (n), needs (s) and caller's
 * estimate (e). Each is an expert; one whose company has never been seen sleeps.
 */
const CONTEXTS: readonly { readonly of: string; readonly scale: (task: TaskFeatures) => number }[] = [
  { of: 'tn', scale: ABSOLUTE },
  { of: 'tnse', scale: ABSOLUTE },
  { of: 'tne', scale: ABSOLUTE },
  { of: 'tns', scale: ABSOLUTE },
  { of: 'te', scale: ABSOLUTE },
  { of: 't', scale: ABSOLUTE },
  { of: 'ns', scale: ABSOLUTE },
  { of: 'n', scale: ABSOLUTE },
  { of: 'se', scale: ABSOLUTE },
  { of: 'e', scale: ABSOLUTE },
  { of: '', scale: ABSOLUTE },
  { of: 'tn', scale: OF_ESTIMATE },
  { of: 't', scale: OF_ESTIMATE },
  { of: '', scale: OF_ESTIMATE },
  { of: 'tn', scale: OF_MEMORY },
  { of: 'said', scale: OF_ESTIMATE },
];

export const CONTEXT_COUNT: number = CONTEXTS.length;
/** The context of tenant and name: it keeps the record of which experts are right about its tasks. */
export const OWN = 0;
/** Not a company but the caller's estimate as it is: an expert as well, as if there were one run that took exactly as long. */
export const SAID = 15;
export const scaleOf = (context: number, task: TaskFeatures): number => CONTEXTS[context]?.scale(task) ?? 0;

/**
 * The context of the task's own that a wider one, of others' tasks too, is to be compared with: that of tenant and name on the same
 * scale. `undefined` of those that are of the name alone.
 */
const OWN_OF = CONTEXTS.map(({ of, scale }) => (of.includes('n') || of === 'said' ? undefined : CONTEXTS.findIndex((other) => other.of === 'tn' && other.scale === scale)));
export const ownOf = (context: number): number | undefined => OWN_OF[context];

const SEPARATOR = '\0';
const NO_KEYS: readonly string[] = CONTEXTS.map(() => '');

/** A key for each context, unique over all of them; `''` where the task lacks what it asks for, or a closer one says the same. */
export function keysOf({ tenant = '', name, needs, estimateMs }: TaskFeatures): string[] {
  const t = tenant === '' ? '' : SEPARATOR + tenant;
  const n = SEPARATOR + name;
  const e = estimateMs === undefined ? '' : SEPARATOR + String(estimateMs);
  let s = '';
  for (const resource in needs) s += `${SEPARATOR}${resource}${needs[resource]}`;
  const keys = NO_KEYS.slice();
  const tn = t + n;
  keys[0] = `0${tn}`;
  if (s !== '' && e !== '') keys[1] = `1${tn}${s}${e}`;
  if (e !== '') keys[2] = `2${tn}${e}`;
  if (s !== '') keys[3] = `3${tn}${s}`;
  if (t !== '') {
    if (e !== '') keys[4] = `4${t}${e}`;
    keys[5] = `5${t}`;
    if (s !== '') keys[6] = `6${n}${s}`;
    keys[7] = `7${n}`;
  }
  if (s !== '' && e !== '') keys[8] = `8${s}${e}`;
  if (e !== '') keys[9] = `9${e}`;
  keys[10] = 'all';
  if (e !== '') {
    keys[11] = `e${tn}`;
    if (t !== '') keys[12] = `f${t}`;
    keys[13] = 'ratio';
    keys[SAID] = 'said';
  }
  if ((needs?.memoryBytes ?? 0) > 0) keys[14] = `m${tn}`;
  return keys;
}
