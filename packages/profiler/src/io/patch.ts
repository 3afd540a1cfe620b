export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** A method that was replaced, and its way back. */
export interface Patch {
  undo(): void;
}

/**
 * Puts `make(original)` in the place of a method, with all the properties of the original, as `util.promisify` and
 * others rely on them. Undone, the original is back, unless somebody else has replaced ours meanwhile: ours then stays
 * below theirs. Of what is frozen nothing is replaced, and nothing seen.
 */
export function replaceMethod(holder: object, name: string, make: (original: Method) => Method): Patch {
  const found = holder as Record<string, Method | undefined>;
  const original = found[name];
  if (typeof original !== 'function') return { undo: () => undefined };
  const own = Object.hasOwn(holder, name);
  const watched = make(original);
  Object.defineProperties(watched, Object.getOwnPropertyDescriptors(original));
  if (!Reflect.set(holder, name, watched)) return { undo: () => undefined };
  return {
    undo: () => {
      if (found[name] !== watched) return;
      if (own) found[name] = original;
      else delete found[name];
    },
  };
}
