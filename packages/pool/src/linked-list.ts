/** A member of at most one {@link LinkedList} at a time; the links live in it. */
export interface Linked<T> {
  previous: T | undefined;
  next: T | undefined;
}

/**
 * Doubly linked, the links in the members: push, pop, shift and remove are O(1) and allocate nothing. An array would
 * scan (`indexOf` + `splice`) for each member that leaves from the middle, which is what waiters do in an overloaded
 * pool, by time-out, at the worst moment: `nx bench pool --only=timeout-storm`.
 */
export class LinkedList<T extends Linked<T>> {
  #head: T | undefined = undefined;
  #tail: T | undefined = undefined;
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get head(): T | undefined {
    return this.#head;
  }

  get tail(): T | undefined {
    return this.#tail;
  }

  push(member: T): void {
    const tail = this.#tail;
    member.previous = tail;
    if (tail === undefined) this.#head = member;
    else tail.next = member;
    this.#tail = member;
    this.#size += 1;
  }

  /** `member` must be in this list. */
  remove(member: T): void {
    const { previous, next } = member;
    if (previous === undefined) this.#head = next;
    else previous.next = next;
    if (next === undefined) this.#tail = previous;
    else next.previous = previous;
    member.previous = undefined;
    member.next = undefined;
    this.#size -= 1;
  }

  /** From the head; a member may be removed while it is its turn. */
  *[Symbol.iterator](): Generator<T, undefined> {
    let member = this.#head;
    while (member !== undefined) {
      const { next } = member;
      yield member;
      member = next;
    }
  }
}
