import { gangMismatch } from '../errors.js';
import type { Reservation } from '../placement/reservation.js';
import type { Task } from './task.js';

/** Tasks that start together or not at all. */
export interface GangOptions {
  /** The same for all its members. */
  readonly id: string;
  /** How many members it has: none starts before all are submitted. An integer from 1 to 10,000. */
  readonly size: number;
}

/** The members of a gang. Complete, it stands in line by its first one, the leader. */
export class Gang {
  readonly id: string;
  readonly size: number;
  readonly members: Task[] = [];
  /** Where its queued members are to start, while it stands first in line; the leader's own first. */
  reservations: Reservation[] = [];

  constructor({ id, size }: GangOptions) {
    this.id = id;
    this.size = size;
  }

  get isComplete(): boolean {
    return this.members.length === this.size;
  }

  /** The first that is queued. */
  get leader(): Task | undefined {
    return this.members.find(({ state }) => state === 'queued');
  }

  /** Those that have to be placed together. */
  get queued(): Task[] {
    return this.members.filter(({ state }) => state === 'queued');
  }
}

/** Gangs that are not complete, by id; a complete one is known to its members alone, and its id is free again. */
export class Gangs {
  readonly #open = new Map<string, Gang>();

  /** Throws `ERR_SCHEDULER_GANG_MISMATCH` if members don't agree on the size. */
  check({ id, size }: GangOptions): void {
    const open = this.#open.get(id);
    if (open !== undefined && open.size !== size) throw gangMismatch(id, open.size, size);
  }

  /** Those submitted so far, if one more makes it complete. */
  allButLast({ id, size }: GangOptions): readonly Task[] | undefined {
    const members = this.#open.get(id)?.members ?? [];
    return members.length === size - 1 ? members : undefined;
  }

  /** The task's gang, which may be complete with it. */
  join(task: Task, options: GangOptions): Gang {
    let gang = this.#open.get(options.id);
    if (gang === undefined) {
      gang = new Gang(options);
      this.#open.set(gang.id, gang);
    }
    gang.members.push(task);
    task.gang = gang;
    if (gang.isComplete) this.#open.delete(gang.id);
    return gang;
  }

  /** It will never be complete. */
  dissolve(gang: Gang): void {
    if (this.#open.get(gang.id) === gang) this.#open.delete(gang.id);
  }
}
