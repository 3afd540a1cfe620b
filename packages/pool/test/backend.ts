import { createPool, type Pool, type PoolOptions } from '../src/index.js';
import { ManualClock } from '@fog/testkit';

/** A resource as a backend sees it. */
export interface Connection {
  readonly id: number;
  open: boolean;
}

/** Something to connect to, which counts, and can be down. */
export class Backend {
  opened = 0;
  attempts = 0;
  open = 0;
  mostOpen = 0;
  /** Thrown by `connect` while it is set. */
  down: Error | undefined;

  readonly connect = async (): Promise<Connection> => {
    this.attempts += 1;
    if (this.down !== undefined) throw this.down;
    this.opened += 1;
    this.open += 1;
    this.mostOpen = Math.max(this.mostOpen, this.open);
    return { id: this.opened, open: true };
  };

  readonly disconnect = (connection: Connection): void => {
    if (!connection.open) throw new Error(`connection ${connection.id} is closed twice`);
    connection.open = false;
    this.open -= 1;
  };
}

export interface Setup {
  readonly clock: ManualClock;
  readonly backend: Backend;
  readonly pool: Pool<Connection>;
}

/** A pool of one connection, unless told otherwise, on a clock that stands still. */
export function setUp(options: Partial<PoolOptions<Connection>> = {}): Setup {
  const clock = new ManualClock();
  const backend = new Backend();
  const pool = createPool({ max: 1, create: backend.connect, destroy: backend.disconnect, random: () => 0.5, clock, ...options });
  return { clock, backend, pool };
}

/** Lets promises settle. */
export const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** A promise that is settled from outside. */
export function deferred<T>(): { readonly promise: Promise<T>; readonly resolve: (value: T) => void; readonly reject: (reason: unknown) => void } {
  let resolve: (value: T) => void = () => {};
  let reject: (reason: unknown) => void = () => {};
  const promise = new Promise<T>((onValue, onError) => {
    resolve = onValue;
    reject = onError;
  });
  return { promise, resolve, reject };
}
