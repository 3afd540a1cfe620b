import { invalidProfile } from '../errors.js';

/** An object read from a file, of which nothing is known yet. `where` names it in errors. */
export interface Unchecked {
  readonly where: string;
  readonly value: object;
}

export function objectAt(where: string, value: unknown): Unchecked {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw invalidProfile(where, value, 'an object');
  return { where, value };
}

export function parseJson(text: string): Unchecked {
  try {
    return objectAt('the file', JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw invalidProfile('the file', text, `JSON (${error.message})`);
    throw error;
  }
}

/** Own properties alone: a file cannot reach what objects inherit. */
export function property({ value }: Unchecked, key: string): unknown {
  return Object.getOwnPropertyDescriptor(value, key)?.value;
}

const path = ({ where }: Unchecked, key: string): string => (where === 'the file' ? key : `${where}.${key}`);

export const objectIn = (parent: Unchecked, key: string): Unchecked => objectAt(path(parent, key), property(parent, key));

export function numberIn(parent: Unchecked, key: string, fallback?: number): number {
  const value = property(parent, key) ?? fallback;
  if (!isNumber(value)) throw invalidProfile(path(parent, key), value, 'a number up to 2^53');
  return value;
}

/** What can be counted: a time or a size beyond that is damaged, and could not be computed with. */
const isNumber = (value: unknown): value is number => typeof value === 'number' && Math.abs(value) <= Number.MAX_SAFE_INTEGER;

export function textIn(parent: Unchecked, key: string): string {
  const value = property(parent, key);
  if (typeof value !== 'string') throw invalidProfile(path(parent, key), value, 'a string');
  return value;
}

export function arrayIn(parent: Unchecked, key: string): readonly unknown[] | undefined {
  const value = property(parent, key);
  if (value !== undefined && !Array.isArray(value)) throw invalidProfile(path(parent, key), value, 'an array');
  return value;
}

export function objectsIn(parent: Unchecked, key: string): Unchecked[] {
  return (arrayIn(parent, key) ?? []).map((item, index) => objectAt(`${path(parent, key)}[${index}]`, item));
}

export function numbersIn(parent: Unchecked, key: string): readonly number[] | undefined {
  return arrayIn(parent, key)?.map((item, index) => {
    if (!isNumber(item)) throw invalidProfile(`${path(parent, key)}[${index}]`, item, 'a number up to 2^53');
    return item;
  });
}
