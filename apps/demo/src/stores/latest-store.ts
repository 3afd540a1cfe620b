import type { RedisPool } from '@fog/pool/ioredis';
import type { Aggregate } from '../readings/aggregates.js';
import type { LatestValue } from './readings-store.js';

/**
 * The latest values by device, in Redis: a cache beside the readings, which PostgreSQL holds. It never answers with less
 * or older than was accepted: a device's hash answers only once it was loaded whole ({@link COMPLETE}), every write keeps
 * the newer value, and a device whose write failed is read from PostgreSQL until it has been loaded again, and forgotten by Redis as
 * soon as that can be reached, for other gateways on it.
 */
export interface LatestStore {
  /** Notes a batch's values. Never fails: what Redis does not take is answered from PostgreSQL. */
  note(aggregates: readonly Aggregate[]): Promise<void>;
  /** Empty for an unknown device. */
  read(device: string): Promise<LatestValue[]>;
  ping(): Promise<void>;
}

/** A field that no metric can be named: the hash holds all of the device's metrics. */
const COMPLETE = '';
/** Bounds how long a value could be stale should the gateway die between PostgreSQL's commit and Redis' write. */
const EXPIRE_S = 600;
/** Devices remembered as stale; of more, Redis is left alone until all that it has is expired. */
const MOST_STALE = 100_000;
/** How soon Redis is asked again to forget what it did not take. */
const REPAIR_MS = 1_000;

/** KEYS[1] the hash; ARGV[1] its expiry in s, then metric, ms, value, and so on. */
const KEEP_NEWER = `
for i = 2, #ARGV, 3 do
  local known = redis.call('HGET', KEYS[1], ARGV[i])
  if not known or tonumber(string.match(known, '^%d+')) <= tonumber(ARGV[i + 1]) then
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1] .. ' ' .. ARGV[i + 2])
  end
end
redis.call('EXPIRE', KEYS[1], ARGV[1])`;

const keyOf = (device: string): string => `fog:latest:${device}`;

export function createLatestStore(redis: RedisPool, load: (device: string) => Promise<LatestValue[]>, onFailure: (error: unknown) => void): LatestStore {
  /** By device, which of the failures was its last. */
  const stale = new Map<string, number>();
  let failures = 0;
  let leftAloneUntilMs = 0;
  const isLeftAlone = (): boolean => performance.now() < leftAloneUntilMs;
  let repair: NodeJS.Timeout | undefined;

  function missed(devices: Iterable<string>, error: unknown): void {
    for (const device of devices) stale.set(device, (failures += 1));
    if (stale.size > MOST_STALE) {
      stale.clear();
      leftAloneUntilMs = performance.now() + EXPIRE_S * 1_000;
    }
    repairSoon();
    onFailure(error);
  }

  function repairSoon(): void {
    repair ??= setTimeout(() => {
      repair = undefined;
      forgetStale().catch(repairSoon);
    }, REPAIR_MS).unref();
  }

  async function forgetStale(): Promise<void> {
    const before = [...stale];
    if (before.length === 0) return;
    await redis.use((client) => client.unlink(before.map(([device]) => keyOf(device))));
    for (const [device, failure] of before) if (stale.get(device) === failure) stale.delete(device); // Else a write has failed meanwhile.
  }

  async function write(values: ReadonlyMap<string, readonly LatestValue[]>, complete: boolean): Promise<void> {
    await redis.use(async (client) => {
      const pipeline = client.pipeline();
      for (const [device, latest] of values) {
        const fields = latest.flatMap(({ metric, atMs, value }) => [metric, atMs, value]);
        pipeline.eval(KEEP_NEWER, 1, keyOf(device), EXPIRE_S, ...fields, ...(complete ? [COMPLETE, 0, 1] : []));
      }
      for (const [error] of (await pipeline.exec()) ?? []) if (error !== null) throw error;
    });
  }

  async function cached(device: string): Promise<LatestValue[] | undefined> {
    if (stale.has(device)) return undefined;
    const hash = await redis.use((client) => client.hgetall(keyOf(device)));
    return COMPLETE in hash ? fromHash(hash) : undefined;
  }

  return {
    async note(aggregates) {
      if (isLeftAlone()) return;
      const values = latestOf(aggregates);
      try {
        await write(values, false);
      } catch (error) {
        missed(values.keys(), error);
      }
    },

    async read(device) {
      if (isLeftAlone()) return load(device);
      try {
        const known = await cached(device);
        if (known !== undefined) return known;
      } catch (error) {
        onFailure(error);
        return load(device);
      }
      stale.delete(device); // Before the load: a write that fails meanwhile makes it stale again.
      const latest = await load(device);
      if (latest.length > 0) await write(new Map([[device, latest]]), true).catch((error: unknown) => {
        missed([device], error);
      });
      return latest;
    },

    async ping() {
      await redis.use((client) => client.ping());
    },
  };
}

/** Without Redis every read goes to PostgreSQL. */
export function createUncachedLatestStore(load: (device: string) => Promise<LatestValue[]>): LatestStore {
  return { note: async () => {}, read: load, ping: async () => {} };
}

function latestOf(aggregates: readonly Aggregate[]): Map<string, LatestValue[]> {
  // They are ordered by minute within a device and metric, so the last one is the newest.
  const newest = new Map<string, Map<string, LatestValue>>();
  for (const { device, metric, last, lastAtMs } of aggregates) {
    const metrics = newest.get(device) ?? new Map<string, LatestValue>();
    metrics.set(metric, { metric, value: last, atMs: lastAtMs });
    newest.set(device, metrics);
  }
  return new Map([...newest].map(([device, metrics]) => [device, [...metrics.values()]]));
}

function fromHash(hash: Readonly<Record<string, string>>): LatestValue[] {
  return Object.entries(hash)
    .filter(([metric]) => metric !== COMPLETE)
    .map(([metric, text]) => {
      const [atMs = '', value = ''] = text.split(' ');
      return { metric, value: Number(value), atMs: Number(atMs) };
    })
    .sort((a, b) => (a.metric < b.metric ? -1 : 1));
}
