import type { Reservation } from '../workers/cluster-worker.js';

/** Tasks that start together or not at all. */
export interface GangOptions {
  /** The same for all its members. */
  readonly id: string;
  /** How many members it has: none starts before all are submitted. An integer from 1 to 10,000. */
  readonly size: number;
}

/** The members of a gang. Complete, it stands in line by its first one, the leader. */
export class Gang<Member extends { readonly state: string }> {
  readonly id: string;
  readonly size: number;
  readonly members: Member[] = [];
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
  get leader(): Member | undefined {
    return this.members.find(({ state }) => state === 'queued');
  }

  /** Those that have to be placed together. */
  get queued(): Member[] {
    return this.members.filter(({ state }) => state === 'queued');
  }
}
