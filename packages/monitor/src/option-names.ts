import { invalidOption } from './errors.js';

/** Refuses what nobody would look at: a typo must not be silent. */
export function checkNames(what: string, given: object, known: readonly string[]): void {
  if (typeof given !== 'object' || given === null) throw invalidOption(`${what}s`, given, 'an object');
  for (const name of Object.keys(given)) if (!known.includes(name)) throw invalidOption(what, name, `one of ${known.join(', ')}`);
}
