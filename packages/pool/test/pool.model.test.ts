import { describe, expect, it } from '@jest/globals';
import { ManualClock, seededRandom } from '@fog/testkit';
import fc from 'fast-check';
import { createPool, type Lease, type Pool } from '../src/index.js';
import { settled } from './backend.js';

/** What the backend knows of a connection, and the model of who has it. */
interface Connection {
  readonly id: number;
  /** How often all were evicted before it was begun. */
  readonly generation: number;
  /** Answers `validate` with false, or fails its `reset`. */
  ill: boolean;
  broken: boolean;
  readonly holders: Set<Caller>;
  lost: () => void;
}

/** One acquire. */
interface Caller {
  readonly order: number;
  readonly dueMs: number;
  readonly priority: number;
  readonly key: string | undefined;
  readonly controller: AbortController;
  state: 'waiting' | 'holding' | 'ended';
  lease: Lease<Connection> | undefined;
  connection: Connection | undefined;
  sinceMs: number;
}

/** What kind of pool it is. */
interface Kind {
  readonly order: 'lifo' | 'fifo';
  readonly concurrency: number;
  readonly maxPerKey: number;
  readonly keepaliveMs: number;
  readonly leakAfterMs: number;
  readonly leakReclaim: boolean;
}

const MAX = 3;
const MIN = 1;
const LONGEST_MS = 10_000;

/**
 * A pool under test and a naive model beside it: a list of callers in the order they came, and a set of open
 * connections. What the model claims is checked after every step.
 */
class World {
  readonly clock = new ManualClock();
  readonly callers: Caller[] = [];
  readonly open = new Set<Connection>();
  readonly breaches: string[] = [];
  readonly pool: Pool<Connection>;
  readonly #kind: Kind;
  readonly #random = seededRandom(3);
  #ids = 0;
  #served = 0;
  #generation = 0;
  #max = MAX;
  /** Most that there may be: what is too many goes one by one. */
  #ceiling = MAX;
  #suspended = false;
  /** Timers of the user's functions, not of the pool. */
  ownTimers = 0;
  down = false;
  /** The weather is over: user code answers at once. */
  calm = false;

  constructor(kind: Kind) {
    this.#kind = kind;
    this.pool = createPool({
      ...kind,
      max: MAX,
      min: MIN,
      maxCreating: 2,
      acquireTimeoutMs: 400,
      createTimeoutMs: 150,
      // An open circuit refuses callers that the model has waiting; it has tests of its own.
      breakAfterFailures: Infinity,
      validateAfterIdleMs: 100,
      validateTimeoutMs: 30,
      resetTimeoutMs: 30,
      destroyTimeoutMs: 30,
      idleTimeoutMs: 300,
      maxLifetimeMs: 2_000,
      maxUses: 5,
      random: this.#random,
      clock: this.clock,
      create: () => this.#connect(),
      destroy: (connection) => {
        this.#reclaim();
        return this.#disconnect(connection);
      },
      validate: (connection) => this.#answer(() => !connection.ill),
      reset: (connection) => {
        if (connection.holders.size > 0) this.breaches.push(`connection ${connection.id} reset while held`);
        if (this.#random() < 0.5) return undefined;
        return this.#answer(() => {
          if (connection.ill) throw new Error('ill');
        });
      },
      watch: (connection, lost) => {
        connection.lost = lost;
      },
    });
  }

  /** Now, later or (some) never, as user code does. */
  #answer<T>(answer: () => T): Promise<T> {
    const dice = this.calm ? 0.3 : this.#random();
    if (dice < 0.1) return new Promise(() => {});
    return dice < 0.5 ? Promise.resolve().then(answer) : this.#after(Math.ceil(dice * 20)).then(answer);
  }

  #after(ms: number): Promise<void> {
    this.ownTimers += 1;
    return new Promise((resolve) =>
      this.clock.setTimeout(() => {
        this.ownTimers -= 1;
        resolve();
      }, ms),
    );
  }

  #connect(): Promise<Connection> {
    const generation = this.#generation;
    return this.#answer(() => {
      if (this.down) throw new Error('down');
      const connection: Connection = { id: (this.#ids += 1), generation, ill: false, broken: false, holders: new Set(), lost: () => {} };
      this.open.add(connection);
      if (this.open.size > this.#ceiling) this.breaches.push(`${this.open.size} open connections`);
      return connection;
    });
  }

  #disconnect(connection: Connection): Promise<void> | undefined {
    if (!this.open.delete(connection)) this.breaches.push(`connection ${connection.id} destroyed twice`);
    if ([...connection.holders].some(({ lease }) => lease !== undefined)) this.breaches.push(`connection ${connection.id} destroyed while held`);
    return this.#random() < 0.5 ? undefined : this.#answer(() => {});
  }

  #caller(timeoutMs: number, priority = 0, key?: string): Caller {
    const caller: Caller = {
      order: this.callers.length,
      dueMs: this.clock.now() + timeoutMs,
      priority,
      key,
      controller: new AbortController(),
      state: 'waiting',
      lease: undefined,
      connection: undefined,
      sinceMs: 0,
    };
    this.callers.push(caller);
    return caller;
  }

  acquire(timeoutMs: number | undefined, priority?: number, key?: string): void {
    const caller = this.#caller(timeoutMs ?? 400, priority, key);
    void this.pool.acquire({ signal: caller.controller.signal, timeoutMs, priority, key }).then(
      (lease) => this.#hold(caller, lease),
      () => {
        caller.state = 'ended';
      },
    );
  }

  tryAcquire(): void {
    const lease = this.pool.tryAcquire();
    if (lease !== undefined) this.#hold(this.#caller(Infinity), lease);
  }

  /** Takes note of leases that the pool has ended, which must be those that are out for too long. */
  #reclaim(): void {
    for (const caller of this.callers) {
      if (caller.state !== 'holding' || caller.lease === undefined || !isEnded(caller.lease)) continue;
      if (!this.#kind.leakReclaim || this.clock.now() < caller.sinceMs + this.#kind.leakAfterMs) this.breaches.push(`the lease of caller ${caller.order} was ended early`);
      caller.connection?.holders.delete(caller);
      caller.state = 'ended';
    }
  }

  #hold(caller: Caller, lease: Lease<Connection>): void {
    this.#reclaim();
    const connection = lease.resource;
    if (caller.state !== 'waiting') this.breaches.push(`caller ${caller.order} served after it ${caller.state}`);
    if (connection.holders.size === this.#kind.concurrency) this.breaches.push(`connection ${connection.id} has too many holders`);
    if (connection.broken) this.breaches.push(`connection ${connection.id} lent although it broke`);
    if (connection.generation < this.#generation) this.breaches.push(`connection ${connection.id} lent although it was evicted`);
    if (!this.open.has(connection)) this.breaches.push(`connection ${connection.id} lent after its end`);
    if (this.#suspended) this.breaches.push(`connection ${connection.id} lent while suspended`);
    const passed = this.#eligible().find((other) => other !== caller && (other.priority > caller.priority || (other.priority === caller.priority && other.key === caller.key && other.order < caller.order)));
    if (passed !== undefined) this.breaches.push(`caller ${caller.order} passed ${passed.order}`);
    this.#served += 1;
    caller.state = 'holding';
    caller.lease = lease;
    caller.connection = connection;
    caller.sinceMs = this.clock.now();
    connection.holders.add(caller);
  }

  /** Those who wait, and whose key has fewer leases than it may. */
  #eligible(): Caller[] {
    const held = (key: string): number => this.callers.filter((caller) => caller.state === 'holding' && caller.key === key).length;
    return this.callers.filter(({ state, key }) => state === 'waiting' && (key === undefined || held(key) < this.#kind.maxPerKey));
  }

  resize(min: number, max: number): void {
    this.#ceiling = Math.max(max, this.pool.stats().size);
    this.#max = max;
    this.pool.resize({ min, max });
  }

  suspend(suspended: boolean): void {
    this.#suspended = suspended;
    if (suspended) this.pool.suspend();
    else this.pool.resume();
  }

  evictAll(): void {
    this.#generation += 1;
    this.pool.evictAll();
  }

  end(pick: number, how: 'release' | 'destroy'): void {
    const holding = this.callers.filter(({ state }) => state === 'holding');
    const caller = holding[pick % Math.max(1, holding.length)];
    const lease = caller?.lease;
    if (caller === undefined || lease === undefined) return;
    caller.connection?.holders.delete(caller);
    caller.state = 'ended';
    lease[how]();
    expect(() => lease.release()).toThrow(expect.objectContaining({ code: 'ERR_POOL_LEASE_ENDED' }));
  }

  abort(pick: number): void {
    const waiting = this.callers.filter(({ state }) => state === 'waiting');
    waiting[pick % Math.max(1, waiting.length)]?.controller.abort();
  }

  lose(pick: number): void {
    const connection = this.connection(pick);
    if (connection === undefined) return;
    connection.broken = true;
    connection.lost();
  }

  connection(pick: number): Connection | undefined {
    return [...this.open][pick % Math.max(1, this.open.size)];
  }

  check(): void {
    this.#reclaim();
    expect(this.breaches).toEqual([]);
    const stats = this.pool.stats();
    const waiting = this.callers.filter(({ state }) => state === 'waiting');
    expect(stats.size).toBeLessThanOrEqual(this.#ceiling);
    this.#ceiling = Math.max(this.#max, stats.size);
    expect(stats.size).toBe(stats.idle + stats.leased + stats.checking + stats.creating + stats.destroying);
    expect(Math.min(stats.idle, stats.leased, stats.checking, stats.creating, stats.destroying)).toBeGreaterThanOrEqual(0);
    const holding = this.callers.filter(({ state }) => state === 'holding');
    expect(stats.leases).toBe(holding.length);
    expect(stats.leased).toBe(new Set(holding.map(({ lease }) => lease?.resource)).size);
    const overdue = holding.filter(({ sinceMs }) => this.clock.now() >= sinceMs + this.#kind.leakAfterMs);
    if (this.#kind.leakReclaim) expect(overdue).toEqual([]);
    expect(stats.leaksTotal).toBeGreaterThanOrEqual(overdue.length);
    for (const key of ['a', 'b']) expect(holding.filter((caller) => caller.key === key).length).toBeLessThanOrEqual(this.#kind.maxPerKey);
    expect(stats.waiting).toBe(waiting.length);
    expect(stats.createdTotal - stats.destroyedTotal).toBe(stats.idle + stats.leased + stats.checking + stats.destroying);
    expect(stats.acquiredTotal).toBe(this.#served);
    expect(stats.releasedTotal).toBe(this.#served - stats.leases);
    const resources = this.pool.resources();
    expect(resources.filter(({ state }) => state === 'idle').length).toBe(stats.idle);
    expect(resources.reduce((sum, { borrowers }) => sum + borrowers, 0)).toBe(stats.leases);
    expect(waiting.filter(({ controller }) => controller.signal.aborted)).toEqual([]);
    if (waiting.length > 0) expect(this.clock.pendingRefs).toBeGreaterThan(0);
    expect(waiting.filter(({ dueMs }) => dueMs <= this.clock.now())).toEqual([]);
    // Nobody waits for nothing.
    if (this.#eligible().length > 0 && stats.idle > 0 && !this.#suspended) expect(stats.checking + stats.creating).toBeGreaterThan(0);
  }
}

function isEnded(lease: Lease<unknown>): boolean {
  try {
    void lease.resource;
    return false;
  } catch {
    return true;
  }
}

const step = fc.oneof(
  { weight: 9, arbitrary: fc.record({ kind: fc.constant('acquire' as const), timeoutMs: fc.constantFrom(undefined, undefined, 60, 700), priority: fc.constantFrom(0, 0, 0, 1, -2), key: fc.constantFrom(undefined, undefined, 'a', 'b') }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('tryAcquire' as const) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constant('release' as const), pick: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('destroy' as const), pick: fc.nat(9) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('abort' as const), pick: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('lose' as const), pick: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('sicken' as const), pick: fc.nat(9) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('toggle' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('resize' as const), min: fc.nat(2), max: fc.integer({ min: 2, max: 5 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('suspend' as const), suspended: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('evictAll' as const) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.integer({ min: 1, max: 400 }) }) },
);

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function perform(world: World, action: Step): Promise<void> {
  switch (action.kind) {
    case 'acquire':
      world.acquire(action.timeoutMs, action.priority, action.key);
      break;
    case 'tryAcquire':
      world.tryAcquire();
      break;
    case 'release':
    case 'destroy':
      world.end(action.pick, action.kind);
      break;
    case 'abort':
      world.abort(action.pick);
      break;
    case 'lose':
      world.lose(action.pick);
      break;
    case 'sicken': {
      const connection = world.connection(action.pick);
      if (connection !== undefined) connection.ill = true;
      break;
    }
    case 'toggle':
      world.down = !world.down;
      break;
    case 'resize':
      world.resize(action.min, action.max);
      break;
    case 'suspend':
      world.suspend(action.suspended);
      break;
    case 'evictAll':
      world.evictAll();
      break;
    default:
      await world.clock.advanceAsync(action.ms);
  }
  await settled();
  world.check();
}

const kind: fc.Arbitrary<Kind> = fc.record({
  order: fc.constantFrom('lifo', 'fifo'),
  concurrency: fc.constantFrom(1, 1, 2),
  maxPerKey: fc.constantFrom(Infinity, 1, 2),
  keepaliveMs: fc.constantFrom(Infinity, 150),
  // So long that nothing is out for it, but that books are kept; or soon.
  leakAfterMs: fc.constantFrom(Infinity, 2 ** 30, 250),
  leakReclaim: fc.boolean(),
});

/** One after the other, or who is served could not be told from who could have been. */
async function releaseAll(world: World): Promise<void> {
  for (let caller = 0; caller < world.callers.length; caller += 1) {
    world.end(0, 'release');
    await settled();
  }
}

describe('a pool, in random weather', () => {
  it('never lends to too many, never exceeds max, settles every waiter in turn, leaks nothing, and recovers', async () => {
    await fc.assert(
      fc.asyncProperty(kind, fc.array(step, { minLength: 5, maxLength: 40, size: 'max' }), fc.boolean(), async (pool, steps, force) => {
        const world = new World(pool);
        for (const action of steps) await perform(world, action);

        world.down = false;
        world.calm = true;
        world.suspend(false);
        world.resize(MIN, MAX);
        await releaseAll(world);
        await world.clock.advanceAsync(LONGEST_MS);
        world.check();
        await releaseAll(world);
        await world.clock.advanceAsync(LONGEST_MS);
        expect(world.callers.filter(({ state }) => state !== 'ended')).toEqual([]);
        expect(world.pool.stats().idle + world.pool.stats().checking).toBeGreaterThanOrEqual(MIN);

        world.acquire(undefined);
        world.acquire(undefined);
        await settled();
        const closed = world.pool.close({ timeoutMs: 5_000, force: true });
        if (!force) for (let caller = 0; caller < world.callers.length; caller += 1) world.end(0, 'release');
        else for (const caller of world.callers) if (caller.state === 'holding') caller.lease = undefined;
        await world.clock.advanceAsync(force ? 5_000 : 100);
        await world.clock.advanceAsync(100);
        await closed;
        expect(world.clock.pendingTimers).toBe(world.ownTimers);
        await world.clock.advanceAsync(1_000);
        expect(world.breaches).toEqual([]);
        expect(world.open.size).toBe(0);
        expect(world.pool.stats()).toMatchObject({ size: 0, waiting: 0, leased: 0 });
        expect(world.callers.filter(({ state }) => state === 'waiting')).toEqual([]);
        expect(world.clock.pendingTimers).toBe(0);
      }),
      { seed: 20_261_123, numRuns: 150 },
    );
  });
});
