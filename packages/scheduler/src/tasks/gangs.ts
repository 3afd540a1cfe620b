import { gangMismatch } from '../errors.js';
import { Gang, type GangOptions } from './gang.js';
import type { Task } from './task.js';

/** Gangs that are not complete, by id; a complete one is known to its members alone, and its id is free again. */
export class Gangs {
  readonly #open = new Map<string, Gang<Task>>();

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
  join(task: Task, options: GangOptions): Gang<Task> {
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
  dissolve(gang: Gang<Task>): void {
    if (this.#open.get(gang.id) === gang) this.#open.delete(gang.id);
  }
}
