import { invalidOption } from './errors.js';

export function checkObject(what: string, given: object): void {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) throw invalidOption(what, given, 'an object');
}

/** Refuses what nobody would look at: a typo must not be silent. */
export function checkNames(what: string, given: object, known: readonly string[]): void {
  checkObject(`${what}s`, given);
  for (const name of Object.keys(given)) if (!known.includes(name)) throw invalidOption(what, name, `one of ${known.join(', ')}`);
}

/** Of options that are a signal and no more. */
export function resolveSignalOption(what: string, options: { readonly signal?: AbortSignal }): AbortSignal | undefined {
  checkNames(what, options, ['signal']);
  const { signal } = options;
  // By shape, as it may come from another realm.
  if (signal !== undefined && typeof (signal as Partial<AbortSignal> | null)?.throwIfAborted !== 'function') throw invalidOption('signal', signal, 'an AbortSignal');
  return signal;
}
