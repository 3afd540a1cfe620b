/**
 * A map that forgets: what has not been touched while `capacity` others came is dropped, in bulk and without any order to keep.
 * Holds between `capacity` and twice as many.
 */
export class Generations<Value> {
  readonly #capacity: number;
  #young = new Map<string, Value>();
  #old = new Map<string, Value>();

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get(key: string): Value | undefined {
    return this.#young.get(key) ?? this.#old.get(key);
  }

  /** Adds it, or marks it as touched. */
  set(key: string, value: Value): void {
    if (this.#young.size >= this.#capacity && !this.#young.has(key)) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, value);
  }

  /** From the oldest, each once. */
  *entries(): Generator<[string, Value]> {
    for (const [key, value] of this.#old) if (!this.#young.has(key)) yield [key, value];
    yield* this.#young;
  }
}
