import { createPool } from '@fog/pool';
import { createPool as createGenericPool } from 'generic-pool';
import { Pool as LightningPool } from 'lightning-pool';
import { EventEmitter } from 'node:events';
import pg from 'pg';
import { Pool as TarnPool } from 'tarn';
import type { Subject } from '../harness/bench.js';

/** A pool by the two calls that all of them have; `L` is what acquire gives and release takes. */
export interface Pooled<L> {
  acquire(): Promise<L>;
  release(loan: L): unknown;
  close(): unknown;
}

/** Every contender has a time-out, as users configure one, and no other extras. */
export interface Given {
  readonly max: number;
  readonly timeoutMs: number;
}

/** Makes a subject of whichever pool it is handed. */
export type Around = <L>(pool: Pooled<L>) => Subject;

export interface Resource {
  readonly id: number;
}

let ids = 0;
const create = async (): Promise<Resource> => ({ id: (ids += 1) });
const destroy = async (): Promise<void> => {};

export const OURS = '@fog/pool';
export const RIVALS = ['generic-pool', 'lightning-pool', 'pg-pool', 'tarn'] as const;
export const FLOOR = 'array and promise';

/** What pg-pool pools, without a server: as far as pg-pool looks. */
class NoServerClient extends EventEmitter {
  readonly _ending = false;
  readonly _queryable = true;

  connect(done: (error?: Error) => void): void {
    process.nextTick(done);
  }

  end(done?: () => void): void {
    done?.();
  }
}

/** What a pool that returns promises cannot do without: an array of what is free, and one promise a loan. */
export function floor({ max }: Given): Pooled<Resource> {
  const free = Array.from({ length: max }, (_, id): Resource => ({ id }));
  const waiting: ((resource: Resource) => void)[] = [];
  let served = 0;
  return {
    acquire: () => {
      const resource = free.pop();
      return resource === undefined ? new Promise((resolve) => waiting.push(resolve)) : Promise.resolve(resource);
    },
    release: (resource) => {
      const next = waiting[served];
      if (next === undefined) {
        free.push(resource);
        return;
      }
      next(resource);
      served += 1;
      // `shift` at each turn would make the floor quadratic.
      if (served < 10_000) return;
      waiting.splice(0, served);
      served = 0;
    },
    close: () => undefined,
  };
}

type Contenders = Readonly<Record<string, (given: Given) => Subject>>;

export function pools(around: Around): Contenders {
  return {
    [OURS]: ({ max, timeoutMs }) => {
      const pool = createPool({ create, destroy, max, acquireTimeoutMs: timeoutMs });
      return around({ acquire: () => pool.acquire(), release: (lease) => lease.release(), close: () => pool.close({ timeoutMs: 0, force: true }) });
    },
    'generic-pool': ({ max, timeoutMs }) => {
      const pool = createGenericPool({ create, destroy }, { max, min: 0, acquireTimeoutMillis: timeoutMs });
      return around({ acquire: () => pool.acquire(), release: (resource) => pool.release(resource), close: () => undefined });
    },
    'lightning-pool': ({ max, timeoutMs }) => {
      const pool = new LightningPool<Resource>({ create, destroy }, { max, min: 0, maxQueue: Number.MAX_SAFE_INTEGER, acquireTimeoutMillis: timeoutMs });
      return around({ acquire: () => pool.acquire(), release: (resource) => pool.release(resource), close: () => undefined });
    },
    'pg-pool': ({ max, timeoutMs }) => {
      const pool = new pg.Pool({ max, connectionTimeoutMillis: timeoutMs, Client: NoServerClient as unknown as typeof pg.Client });
      return around({ acquire: () => pool.connect(), release: (client) => client.release(), close: () => undefined });
    },
    tarn: ({ max, timeoutMs }) => {
      const pool = new TarnPool<Resource>({ create, destroy, min: 0, max, acquireTimeoutMillis: timeoutMs });
      return around({ acquire: () => pool.acquire().promise, release: (resource) => pool.release(resource), close: () => undefined });
    },
  };
}
