import { invalidOption } from './errors.js';

export function asObject<T extends object>(option: string, value: T): T {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidOption(option, value, 'an object');
  return value;
}

export function asBoolean(option: string, value: boolean, expected = 'true or false'): boolean {
  if (typeof value !== 'boolean') throw invalidOption(option, value, expected);
  return value;
}

/** A misspelt option must not be silently without effect. */
export function refuseUnknown(prefix: string, unknown: object): void {
  const [first] = Object.entries(unknown);
  if (first !== undefined) throw invalidOption(prefix + first[0], first[1], 'nothing: there is no such option');
}
