import { invalidOption } from './errors.js';

export function asObject<T extends object>(option: string, value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidOption(option, value, 'an object');
  return value;
}

export function asBoolean(option: string, value: boolean, expected = 'true or false'): boolean {
  if (typeof value !== 'boolean') throw invalidOption(option, value, expected);
  return value;
}

export function asNumber(option: string, value: number, least: number, most: number): number {
  if (!(typeof value === 'number' && value >= least && value <= most)) throw invalidOption(option, value, `from ${least} to ${most}`);
  return value;
}

export function asSignal(value: AbortSignal | undefined): AbortSignal | undefined {
  // By shape, as it may come from another realm.
  if (value !== undefined && typeof (value as Partial<AbortSignal> | null)?.throwIfAborted !== 'function') throw invalidOption('signal', value, 'an AbortSignal');
  return value;
}

/** A misspelt option must not be silently without effect. */
export function refuseUnknown(prefix: string, unknown: object): void {
  const [first] = Object.entries(unknown);
  if (first !== undefined) throw invalidOption(prefix + first[0], first[1], 'nothing: there is no such option');
}
