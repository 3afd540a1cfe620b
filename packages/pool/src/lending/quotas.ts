/** How many leases each key has, of as many as it may have. Keys without leases are forgotten. */
export class Quotas {
  readonly #maxPerKey: number;
  readonly #leases = new Map<string, number>();

  constructor(maxPerKey: number) {
    this.#maxPerKey = maxPerKey;
  }

  /** Whether `key` may have no further lease. */
  isFull(key: string): boolean {
    return this.leases(key) >= this.#maxPerKey;
  }

  leases(key: string): number {
    return this.#leases.get(key) ?? 0;
  }

  take(key: string): void {
    this.#leases.set(key, this.leases(key) + 1);
  }

  giveBack(key: string): void {
    const left = this.leases(key) - 1;
    if (left > 0) this.#leases.set(key, left);
    else this.#leases.delete(key);
  }
}
