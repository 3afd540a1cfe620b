/** What a pool knows of one resource; evictors get to see it. Times are of `Date.now()`, `null` while there is none. */
export class PooledResource<T> {
  readonly obj: T;
  readonly creationTime: number = Date.now();
  lastReturnTime: number | null = null;
  lastBorrowTime: number | null = null;
  lastIdleTime: number | null = this.creationTime;
  state: 'IDLE' | 'ALLOCATED' | 'VALIDATION' | 'RETURNING' | 'INVALID' = 'IDLE';

  constructor(obj: T) {
    this.obj = obj;
  }
}
