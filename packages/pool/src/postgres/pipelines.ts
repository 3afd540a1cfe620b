import type { Client } from 'pg';
import pg from 'pg';
import type { Clock } from '../clock.js';
import { invalidOption } from '../errors.js';
import type { Lease } from '../lending/lease.js';
import type { ResourcePool } from '../resource-pool.js';
import { isInTransaction, isUnusable } from './connection.js';

/** Sends itself on the client, and calls `done` once it is over, with what it failed with if it did. */
export type Statement = (client: Client, done: (error?: unknown) => void) => void;

/** Then a pipeline takes no more, so that its connection goes back and what is due there (its lifetime, an eviction) is done. */
const LONGEST_MS = 100;
/** What leaves a connection in a transaction, or has it read what follows as data. */
const NEEDS_ITS_OWN = /\b(?:begin|start|copy)\b/i;

type Connections = Pick<ResourcePool<Client>, 'tryAcquire' | 'lend' | 'waiting' | 'isLentOut'>;

interface Pipeline {
  readonly lease: Lease<Client>;
  /** Of the lease, which may have been taken back, as leaked. */
  readonly client: Client;
  /** Whether its client sends ahead for whoever has it alone, too. */
  readonly usually: boolean;
  readonly untilMs: number;
  underWay: number;
  /** Takes no more. */
  closed: boolean;
}

interface Waiting {
  readonly statement: Statement;
  leave(): void;
}

/**
 * Connections on which several statements are under way: each is sent without waiting for the answers to those before it, which come
 * in the same order. It saves most of the system calls that a statement costs, and the time that the server would wait for the next.
 *
 * One is begun by a statement on a connection of its own, and joined by others only while all connections are in use and nobody
 * waits for one that is to be had alone; whoever does, gets the first that is free.
 */
export class Pipelines {
  readonly #pool: Connections;
  readonly #depth: number;
  readonly #clock: Clock;
  readonly #open: Pipeline[] = [];
  /** Those in line for a connection; in their order. */
  readonly #waiting = new Set<Waiting>();

  constructor(pool: Connections, depth: number, clock: Clock) {
    this.#pool = pool;
    this.#depth = depth;
    this.#clock = clock;
  }

  /** As `lend`, but `statement` may have to share the connection. */
  send(statement: Statement, fail: (error: unknown) => void): void {
    const lease = this.#pool.tryAcquire();
    if (lease !== undefined) return this.#begin(lease, statement);
    const pipeline = this.#mayShare && this.#waiting.size === 0 ? this.#emptiest() : undefined;
    if (pipeline !== undefined) return this.#put(pipeline, statement);
    const waiting: Waiting = {
      statement,
      leave: this.#pool.lend(
        (own) => {
          this.#waiting.delete(waiting);
          this.#begin(own, statement);
        },
        (error) => {
          this.#waiting.delete(waiting);
          fail(error);
        },
      ),
    };
    this.#waiting.add(waiting);
  }

  #begin(lease: Lease<Client>, statement: Statement): void {
    const client = lease.resource;
    const usually = setPipelining(client, true);
    const pipeline: Pipeline = { lease, client, usually, untilMs: this.#clock.now() + LONGEST_MS, underWay: 0, closed: false };
    this.#open.push(pipeline);
    this.#put(pipeline, statement);
    this.#fill(pipeline);
  }

  #put(pipeline: Pipeline, statement: Statement): void {
    pipeline.underWay += 1;
    statement(pipeline.client, (error) => this.#ended(pipeline, error));
  }

  #ended(pipeline: Pipeline, error: unknown): void {
    pipeline.underWay -= 1;
    if (error !== undefined && !isOrdinary(error)) pipeline.closed = true;
    this.#fill(pipeline);
    if (pipeline.underWay > 0) return;
    this.#open.splice(this.#open.indexOf(pipeline), 1);
    setPipelining(pipeline.client, pipeline.usually);
    pipeline.lease[Symbol.dispose]();
  }

  /** With those who wait, in their order. */
  #fill(pipeline: Pipeline): void {
    for (const waiting of this.#waiting) {
      if (!this.#mayShare || !this.#hasRoom(pipeline)) return;
      this.#waiting.delete(waiting);
      waiting.leave();
      this.#put(pipeline, waiting.statement);
    }
  }

  /** All connections are in use, and nobody waits for one of his own. */
  get #mayShare(): boolean {
    return this.#pool.isLentOut && this.#pool.waiting === this.#waiting.size;
  }

  #hasRoom({ client, untilMs, underWay, closed }: Pipeline): boolean {
    return !closed && underWay > 0 && underWay < this.#depth && this.#clock.now() < untilMs && !isUnusable(client) && !isInTransaction(client);
  }

  #emptiest(): Pipeline | undefined {
    let found: Pipeline | undefined;
    for (const pipeline of this.#open) if ((found === undefined || pipeline.underWay < found.underWay) && this.#hasRoom(pipeline)) found = pipeline;
    return found;
  }
}

/** Whether a query can do with a connection on which others are under way: it is no object of its own kind, and leaves nothing open. */
export function isShareable(query: unknown): boolean {
  if (typeof query === 'string') return !NEEDS_ITS_OWN.test(query);
  const { text, submit, rows, portal } = (query ?? {}) as { readonly text?: unknown; readonly submit?: unknown; readonly rows?: unknown; readonly portal?: unknown };
  return typeof text === 'string' && submit === undefined && rows === undefined && portal === undefined && !NEEDS_ITS_OWN.test(text);
}

/**
 * Whether a statement with a name was not run since one ahead of it, that was to prepare it for both, could not be: to be sent again
 * by itself, when it will be told what is wrong with it.
 */
export const wasNotPrepared = (query: unknown, error: unknown): boolean =>
  typeof query === 'object' && query !== null && 'name' in query && error instanceof pg.DatabaseError && error.code === INVALID_STATEMENT_NAME;

const INVALID_STATEMENT_NAME = '26000';

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` where node-postgres has no pipelines yet */
export function requirePipelining(depth: number): void {
  if (depth > 1 && !('pipeline' in new pg.Client())) throw invalidOption('pipelineDepth', depth, '1, as only node-postgres 8.23 and newer can do more');
}

/** No more than the statement has failed. A server that ends a connection tells the statement under way, before that is seen to end. */
function isOrdinary(error: unknown): boolean {
  return error instanceof pg.DatabaseError && error.severity === 'ERROR';
}

/**
 * node-postgres has it as an option of the client, which it looks at for each query; whoever has a client alone is used to what was chosen
 * there. Gives what it was.
 */
function setPipelining(client: Client, pipeline: boolean): boolean {
  const options = client as { pipeline?: boolean };
  const before = options.pipeline ?? false;
  options.pipeline = pipeline;
  return before;
}
