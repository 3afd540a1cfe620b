import { Redis, type RedisOptions } from 'ioredis';
import { invalidOption } from '../errors.js';
import { type PoolTuning, requireKnown, requireObject, TUNING } from '../options.js';
import type { Pool } from '../pool.js';
import { HoldingPool } from './holding-pool.js';

/**
 * A connection that reconnects by itself loses its borrower's state without a word, so it is the pool that replaces it;
 * and the type of the replies is that of `Redis`.
 */
type PoolDecides = 'lazyConnect' | 'retryStrategy' | 'reconnectOnError' | 'monitor' | 'replyMapping';

export interface RedisPoolOptions extends Omit<PoolTuning, 'concurrency'> {
  /** As in `redis://127.0.0.1:6379/0`. */
  readonly url?: string | undefined;
  /** Anything else that ioredis takes: `password`, `tls`, `sentinels` ... */
  readonly connection?: Omit<RedisOptions, PoolDecides> | undefined;
  /** Most connections. @default 10 */
  readonly max?: number;
}

/**
 * Connections to one Redis, for what must not share one: blocking commands, `WATCH`, subscriptions. A connection that breaks is
 * replaced, never reconnected under a borrower. What a borrower leaves behind (`MULTI`, `WATCH`, another database, a command
 * under way) is undone; a connection left subscribed, as another user (`AUTH`, `HELLO`), after `RESET` or `QUIT` is replaced.
 */
export type RedisPool = Pool<Redis>;

const OPTIONS: readonly string[] = ['url', 'connection', ...TUNING.filter((name) => name !== 'concurrency')];
const DECIDED: readonly PoolDecides[] = ['lazyConnect', 'retryStrategy', 'reconnectOnError', 'monitor', 'replyMapping'];

/** @throws {PoolError} `ERR_POOL_INVALID_OPTION` */
export function createRedisPool(options: RedisPoolOptions = {}): RedisPool {
  requireKnown(options, OPTIONS);
  const { url, connection = {}, max = 10, name = 'redis', ...tuning } = options;
  if (url !== undefined && typeof url !== 'string') throw invalidOption('url', url, 'a string');
  requireObject('connection', connection);
  for (const decided of DECIDED)
    if (decided in connection) throw invalidOption(`connection.${decided}`, (connection as RedisOptions)[decided], 'left out, as the pool decides it');
  const { db } = connection;
  if (db !== undefined && !(Number.isSafeInteger(db) && db >= 0)) throw invalidOption('connection.db', db, 'an integer ≥ 0');
  return new HoldingPool<Redis>(
    {
      ...tuning,
      max,
      name,
      create: ({ signal }) => connect(url, connection, signal),
      watch: (client, lost) => {
        client.on('end', lost);
      },
      validate: async (client) => (await client.ping()) === 'PONG',
      reset: (client) => (isClean(client) ? undefined : clean(client)),
      destroy: disconnect,
    },
    (client, held) => {
      // There is no stream before and after the connection.
      const stream: Redis['stream'] | undefined = client.stream;
      if (held) stream?.ref();
      else stream?.unref();
    },
  );
}

/** What a borrower may leave open, as far as sent commands tell. */
interface OpenState {
  inTransaction: boolean;
  watching: boolean;
  /** Perhaps in another database: ioredis knows only of those that were chosen by `select()`. */
  selected: boolean;
  /** The last of {@link LASTING} that was sent. */
  lasting: string | undefined;
}

/** What cannot be undone, or not known to be: after one of these, a connection is replaced. */
const LASTING: ReadonlySet<string> = new Set(['quit', 'auth', 'hello', 'reset', 'monitor', 'readonly', 'readwrite']);

const openStates = new WeakMap<Redis, OpenState>();

async function connect(url: string | undefined, connection: NonNullable<RedisPoolOptions['connection']>, signal: AbortSignal): Promise<Redis> {
  const options = { ...connection, lazyConnect: true, retryStrategy: null };
  const client = url === undefined ? new Redis(options) : new Redis(url, options);
  // The reason why a connection failed is told in this event alone, and without a listener it would be printed.
  let reason: unknown;
  client.on('error', (error) => {
    reason = error;
  });
  const abort = (): void => client.disconnect();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await client.connect();
    // Which ioredis does by itself, and goes on in another if there is no such database.
    if (databaseOf(client) !== 0) await client.select(databaseOf(client));
  } catch (error) {
    await disconnect(client);
    throw reason ?? error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  openStates.set(client, observe(client));
  return client;
}

/** Follows the commands that open and end a transaction. */
function observe(client: Redis): OpenState {
  const state: OpenState = { inTransaction: false, watching: false, selected: false, lasting: undefined };
  const sendCommand = client.sendCommand.bind(client);
  client.sendCommand = (command, stream) => {
    const name = command.name.toLowerCase(); // As `call()` was told it.
    switch (name) {
      case 'watch':
        state.watching = true;
        break;
      case 'multi':
        state.inTransaction = true;
        break;
      case 'exec':
      case 'discard':
        state.inTransaction = false;
        state.watching = false;
        break;
      case 'unwatch':
        state.watching = false;
        break;
      case 'select':
        state.selected = true;
        break;
      default:
        // In capitals, ioredis does not know a subscription for one.
        if (LASTING.has(name) || (name !== command.name && name.endsWith('subscribe'))) state.lasting = name;
    }
    return sendCommand(command, stream);
  };
  return state;
}

function isClean(client: Redis): boolean {
  const state = openStates.get(client);
  const isOver = state?.inTransaction === false && !state.watching && !state.selected && state.lasting === undefined;
  return isOver && !isEnded(client) && !isSubscribed(client) && client.condition?.select === databaseOf(client) && client.commandQueue.length === 0;
}

/** Hung up by its borrower: the event that says so may come after the next borrower. */
const isEnded = ({ status, stream }: Redis): boolean => status !== 'ready' || !stream.writable;

/** Not `mode`, which is 'normal' for a subscriber that speaks RESP3. */
const isSubscribed = ({ condition }: Redis): boolean => Boolean(condition?.subscriber);

const databaseOf = ({ options }: Redis): number => options.db ?? 0;

async function clean(client: Redis): Promise<void> {
  if (isEnded(client)) throw new Error('the connection was closed by its borrower');
  if (isSubscribed(client)) throw new Error('the connection was left subscribed');
  const state = openStates.get(client);
  if (state?.lasting !== undefined) throw new Error(`the connection was left after ${state.lasting}`);
  if (state?.inTransaction === true) await client.discard();
  if (state?.watching === true) await client.unwatch();
  if (state?.selected !== false || client.condition?.select !== databaseOf(client)) await client.select(databaseOf(client));
  if (state !== undefined) state.selected = false;
  // Answered after all that was sent before; a blocking command runs into the time-out of resets.
  if (client.commandQueue.length > 0) await client.ping();
  if (!isClean(client)) throw new Error('the connection could not be brought back to the state it came in');
}

function disconnect(client: Redis): Promise<void> | void {
  // Told to disconnect once more, ioredis would set a timer that holds the process for two seconds.
  if (client.status === 'end') return;
  return new Promise((resolve) => {
    client.once('end', () => resolve());
    client.disconnect();
  });
}
