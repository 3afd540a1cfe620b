import type { PgPool } from '@fog/pool/pg';
import type { Client } from 'pg';
import type { Aggregate } from '../readings/aggregates.js';

/** One minute of one metric, as `/series` answers it. */
export interface Point {
  readonly minute: string;
  readonly count: number;
  readonly min: number;
  readonly mean: number;
  readonly max: number;
  readonly last: number;
}

export interface LatestValue {
  readonly metric: string;
  readonly value: number;
  readonly atMs: number;
}

/** What is kept of a batch that came with an `Idempotency-Key`. */
export interface KeyedBatch {
  readonly key: string;
  /** Of its body. */
  readonly digest: string;
  /** Readings in it. */
  readonly accepted: number;
}

export interface SeriesRange {
  readonly fromMs: number;
  readonly toMs: number;
  readonly limit: number;
}

/** Readings in PostgreSQL, by minute: what the gateway has accepted is here or nowhere. */
export interface ReadingsStore {
  /** Creates the tables where they are missing. */
  prepare(): Promise<void>;
  /**
   * Adds a batch, all of it or nothing. Where one was stored with the same key before, nothing is added and that one is returned.
   */
  add(aggregates: readonly Aggregate[], keyed: KeyedBatch | undefined): Promise<{ readonly digest: string } | undefined>;
  /** Empty for a device that nobody has heard of. */
  latest(device: string): Promise<LatestValue[]>;
  /** The newest points first in line for `limit`, in order of time; empty for an unknown device or metric. */
  series(device: string, metric: string, range: SeriesRange): Promise<Point[]>;
  metrics(device: string): Promise<string[]>;
  devices(limit: number): Promise<string[]>;
  ping(): Promise<void>;
}

/** One at a time: gateways that start at once would make the same table twice, which fails. */
const TABLES = `
select pg_advisory_xact_lock(hashtext('fog gateway tables'));
create table if not exists readings (
  device text not null, metric text not null, minute timestamptz not null,
  count bigint not null, sum double precision not null, min double precision not null, max double precision not null,
  last double precision not null, last_at timestamptz not null,
  primary key (device, metric, minute));
create table if not exists batches (key text primary key, accepted bigint not null, stored_at timestamptz not null default now());
do $$ begin
  -- Asked first, as altering waits for whoever reads the table, a backup too.
  if not exists (select from pg_attribute where attrelid = 'batches'::regclass and attname = 'digest') then
    alter table batches add column digest text not null default '';
  end if;
end $$;`;

const ADD = `
insert into readings as known (device, metric, minute, count, sum, min, max, last, last_at)
select device, metric, to_timestamp(minute_ms / 1000.0), count, sum, min, max, last, to_timestamp(last_at_ms / 1000.0)
from unnest($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::float8[], $6::float8[], $7::float8[], $8::float8[], $9::bigint[])
  as batch (device, metric, minute_ms, count, sum, min, max, last, last_at_ms)
on conflict (device, metric, minute) do update set
  count = known.count + excluded.count, sum = known.sum + excluded.sum,
  min = least(known.min, excluded.min), max = greatest(known.max, excluded.max),
  last = case when excluded.last_at >= known.last_at then excluded.last else known.last end,
  last_at = greatest(known.last_at, excluded.last_at)`;

/** Of more, one statement would hold the event loop while it is written, and the server for longer than the pool's limit. */
const ROWS_A_STATEMENT = 10_000;

/** From metric to metric by the primary key, of each its last minute: a device may have millions of others. */
const LATEST = `
with recursive metrics as (
  (select metric from readings where device = $1 order by metric limit 1)
  union all
  select (select metric from readings where device = $1 and metric > metrics.metric order by metric limit 1) from metrics where metrics.metric is not null)
select metrics.metric, newest.last, extract(epoch from newest.last_at) * 1000 as at_ms
from metrics, lateral (select last, last_at from readings where device = $1 and metric = metrics.metric order by minute desc limit 1) as newest
order by metrics.metric`;

const SERIES = `
select extract(epoch from minute) * 1000 as minute_ms, count, min, sum, max, last from readings
where device = $1 and metric = $2 and minute >= to_timestamp($3 / 1000.0) and minute <= to_timestamp($4 / 1000.0)
order by minute desc limit $5`;

export function createReadingsStore(database: PgPool): ReadingsStore {
  return {
    async prepare() {
      await database.query(TABLES);
    },

    async add(aggregates, keyed) {
      if (keyed === undefined && aggregates.length <= ROWS_A_STATEMENT) {
        await database.query(ADD, columnsOf(aggregates));
        return undefined;
      }
      return database.transaction(async (client) => {
        const earlier = keyed && (await claim(client, keyed));
        if (earlier !== undefined) return earlier;
        for (let from = 0; from < aggregates.length; from += ROWS_A_STATEMENT) await client.query(ADD, columnsOf(aggregates.slice(from, from + ROWS_A_STATEMENT)));
        return undefined;
      });
    },

    async latest(device) {
      const { rows } = await database.query<{ metric: string; last: number; at_ms: string }>(LATEST, [device]);
      return rows.map(({ metric, last, at_ms }) => ({ metric, value: last, atMs: Math.round(Number(at_ms)) }));
    },

    async series(device, metric, { fromMs, toMs, limit }) {
      interface Row {
        readonly minute_ms: string;
        readonly count: string;
        readonly min: number;
        readonly sum: number;
        readonly max: number;
        readonly last: number;
      }
      const { rows } = await database.query<Row>(SERIES, [device, metric, fromMs, toMs, limit]);
      // Divided here, as PostgreSQL refuses a mean that is too small for a number where it is 0.
      return rows.toReversed().map(({ minute_ms, count, min, sum, max, last }) => ({ minute: new Date(Number(minute_ms)).toISOString(), count: Number(count), min, mean: sum / Number(count), max, last }));
    },

    async metrics(device) {
      const { rows } = await database.query<{ metric: string }>('select distinct metric from readings where device = $1 order by metric', [device]);
      return rows.map(({ metric }) => metric);
    },

    async devices(limit) {
      const { rows } = await database.query<{ device: string }>('select distinct device from readings order by device limit $1', [limit]);
      return rows.map(({ device }) => device);
    },

    async ping() {
      await database.query('select 1');
    },
  };
}

/** Makes the key this batch's; gives the batch whose it was before, if it was. */
async function claim(client: Client, { key, digest, accepted }: KeyedBatch): Promise<{ readonly digest: string } | undefined> {
  const { rowCount } = await client.query('insert into batches (key, digest, accepted) values ($1, $2, $3) on conflict do nothing', [key, digest, accepted]);
  if (rowCount === 1) return undefined;
  const { rows } = await client.query<{ digest: string }>('select digest from batches where key = $1', [key]);
  return rows[0];
}

/** One array a column, in the order of {@link ADD}: one statement however many rows. */
function columnsOf(aggregates: readonly Aggregate[]): unknown[] {
  const fields = ['device', 'metric', 'minuteMs', 'count', 'sum', 'min', 'max', 'last', 'lastAtMs'] as const;
  return fields.map((field) => aggregates.map((aggregate) => aggregate[field]));
}
