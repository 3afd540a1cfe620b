import type { Client } from 'pg';
import type { Clock } from '../clock.js';
import { invalidOption, transactionRolledBack } from '../errors.js';
import { requireDuration } from '../options.js';
import type { AcquireOptions } from '../wait-options.js';
import { isBusy } from './connection.js';
import { stopQuery } from './stop-query.js';

export interface TransactionOptions extends AcquireOptions {
  /** Ends the wait for a connection, or the transaction: its query under way is cancelled, those that follow are refused, and it is rolled back once `fn` has settled. Too late once it commits. */
  readonly signal?: AbortSignal | undefined;
  /** @default what the server has as its default */
  readonly isolation?: 'read committed' | 'repeatable read' | 'serializable' | undefined;
  /** @default false */
  readonly readOnly?: boolean | undefined;
  /** Longest statement in it, in ms, instead of the pool's. @default the pool's */
  readonly statementTimeoutMs?: number | undefined;
}

const ISOLATIONS = ['read committed', 'repeatable read', 'serializable'] as const;

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` */
export function beginStatement(isolation: unknown, readOnly: unknown, statementTimeoutMs: unknown): string {
  const known = ISOLATIONS.find((known) => known === isolation);
  if (known === undefined && isolation !== undefined) throw invalidOption('isolation', isolation, "'read committed', 'repeatable read' or 'serializable'");
  if (readOnly !== undefined && typeof readOnly !== 'boolean') throw invalidOption('readOnly', readOnly, 'a boolean');
  const begin = `BEGIN${known === undefined ? '' : ` ISOLATION LEVEL ${known}`}${readOnly === true ? ' READ ONLY' : ''}`;
  if (statementTimeoutMs === undefined) return begin;
  requireDuration('statementTimeoutMs', statementTimeoutMs);
  return `${begin}; SET LOCAL statement_timeout = ${serverTimeout(statementTimeoutMs as number)}`;
}

/** In whole ms, where 0 is none. */
export const serverTimeout = (timeoutMs: number): number => (timeoutMs === Infinity ? 0 : Math.ceil(timeoutMs));

export interface Transaction {
  readonly begin: string;
  readonly signal: AbortSignal | undefined;
  /** In errors. */
  readonly pool: string;
  readonly clock: Clock;
}

/** Between two statements: then the next, and all that follow, are refused by the server. */
async function fail(client: Client): Promise<void> {
  await client.query(`DO $$BEGIN RAISE 'the transaction was aborted by its signal'; END$$`).catch(() => {});
}

/**
 * Runs `fn` between `begin` and COMMIT, or ROLLBACK if it throws or `signal` aborts. When it settles, the transaction is over.
 * @throws {PoolError} `ERR_POOL_TRANSACTION_ROLLED_BACK`; what `fn` threw; `signal.reason`
 */
export async function transact<T>(client: Client, fn: (client: Client) => T | PromiseLike<T>, { begin, signal, pool, clock }: Transaction): Promise<T> {
  let stopped: Promise<void> | undefined;
  const abort = (): void => {
    stopped = isBusy(client) ? stopQuery(client, clock) : fail(client);
  };
  signal?.addEventListener('abort', abort, { once: true });
  let result: T;
  try {
    await client.query(begin);
    signal?.throwIfAborted();
    result = await fn(client);
    signal?.throwIfAborted();
  } catch (error) {
    // Or it might be the ROLLBACK that is cancelled.
    await stopped;
    // If this fails too, the reset finds out, and the connection goes; the caller wants to know what came first.
    await client.query('ROLLBACK').catch(() => {});
    throw signal?.aborted === true ? signal.reason : error;
  } finally {
    signal?.removeEventListener('abort', abort);
  }
  const { command } = await client.query('COMMIT');
  if (command === 'ROLLBACK') throw transactionRolledBack(pool);
  return result;
}
