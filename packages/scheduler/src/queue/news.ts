/** What says of a task that it is like another one. */
interface Kind {
  readonly name: string;
  readonly tenant: string | undefined;
}

/** Of which tenants and names something was learned lately. */
export class News {
  readonly #tenants = new Map<string, Set<string | undefined>>();

  get isEmpty(): boolean {
    return this.#tenants.size === 0;
  }

  add({ name, tenant }: Kind): void {
    const tenants = this.#tenants.get(name);
    if (tenants === undefined) this.#tenants.set(name, new Set([tenant]));
    else tenants.add(tenant);
  }

  concerns({ name, tenant }: Kind): boolean {
    return this.#tenants.get(name)?.has(tenant) === true;
  }

  clear(): void {
    this.#tenants.clear();
  }
}
