import { invalidProfile } from '../errors.js';
import { type Unchecked, arrayIn, numberIn, objectAt, property, textIn } from './json.js';

/** Reads a value of a file, or refuses it by the place where it is. */
export type Reader<Value> = (parent: Unchecked, key: string) => Value;

export const number: Reader<number> = (parent, key) => numberIn(parent, key);
export const text: Reader<string> = textIn;

export const count: Reader<number> = (parent, key) => {
  const value = numberIn(parent, key);
  if (!Number.isInteger(value) || value < 0) throw invalidProfile(`${parent.where}.${key}`, value, 'a count');
  return value;
};

export const oneOf =
  <Value extends string>(...values: readonly Value[]): Reader<Value> =>
  (parent, key) => {
    const value = textIn(parent, key);
    if (!values.includes(value as Value)) throw invalidProfile(`${parent.where}.${key}`, value, values.join(', '));
    return value as Value;
  };

/** `undefined` for what is not there. */
export const optional =
  <Value>(read: Reader<Value>): Reader<Value | undefined> =>
  (parent, key) =>
    property(parent, key) === undefined || property(parent, key) === null ? undefined : read(parent, key);

export const list =
  <Value>(read: Reader<Value>): Reader<readonly Value[]> =>
  (parent, key) => {
    const items = arrayIn(parent, key) ?? [];
    const holder = { where: `${parent.where}.${key}`, value: items };
    return items.map((_, index) => read(holder, String(index)));
  };

export const object =
  <Shape extends Readonly<Record<string, Reader<unknown>>>>(shape: Shape): Reader<{ readonly [Key in keyof Shape]: ReturnType<Shape[Key]> }> =>
  (parent, key) => {
    const found = objectAt(`${parent.where}.${key}`, property(parent, key));
    return Object.fromEntries(Object.entries(shape).map(([name, read]) => [name, read(found, name)])) as { readonly [Key in keyof Shape]: ReturnType<Shape[Key]> };
  };
