import type { Block } from '@fog/arena';
import type { WorkerPool } from '@fog/pool/worker-threads';
import type { Scheduler } from '@fog/scheduler';
import type { Format } from '../readings/batch.js';
import type { Tasks } from '../readings/readings.worker.js';
import type { LatestStore } from '../stores/latest-store.js';
import type { ReadingsStore } from '../stores/readings-store.js';
import { invalidReadings, keyReused } from './errors.js';

/** What a client is told of a batch that is stored. */
export interface Receipt {
  readonly accepted: number;
  readonly devices: number;
  readonly aggregates: number;
  /** The same batch, by its `Idempotency-Key`, was stored before; nothing was added. */
  readonly duplicate: boolean;
}

export interface Ingest {
  /**
   * Takes a body that lies in `block`, and frees it. Once this resolves, PostgreSQL has the readings; if it rejects, none
   * of them is stored.
   */
  (block: Block, options: IngestOptions): Promise<Receipt>;
  stats(): IngestStats;
}

export interface IngestOptions {
  readonly format: Format;
  readonly idempotencyKey?: string | undefined;
  /** Cancels what has not begun to be stored. */
  readonly signal?: AbortSignal;
}

export interface IngestStats {
  readonly batchesTotal: number;
  readonly duplicatesTotal: number;
  readonly readingsTotal: number;
  readonly refusedTotal: number;
}

export interface IngestParts {
  readonly scheduler: Scheduler;
  readonly workers: WorkerPool<Tasks>;
  readonly readings: ReadingsStore;
  readonly latest: LatestStore;
}

/** Time a client is assumed to wait for its receipt; the scheduler orders batches by what is left of it. */
const DEADLINE_MS = 5_000;

export function createIngest({ scheduler, workers, readings, latest }: IngestParts): Ingest {
  let [batchesTotal, duplicatesTotal, readingsTotal, refusedTotal] = [0, 0, 0, 0];

  async function read(block: Block, format: Format, signal: AbortSignal | undefined) {
    const input = { token: block.token, format, nowMs: Date.now() };
    const task = scheduler.submit({
      name: `read ${format}`,
      needs: { cpu: 1, memoryBytes: block.byteLength },
      deadlineMs: DEADLINE_MS,
      run: (context) => workers.run('readBatch', input, { signal: context.signal }),
      ...(signal && { signal }),
    });
    return task.result;
  }

  const ingest = async (block: Block, { format, idempotencyKey, signal }: IngestOptions): Promise<Receipt> => {
    const batch = await read(block, format, signal).finally(() => block.free());
    if (batch.problemsTotal > 0) {
      refusedTotal += 1;
      throw invalidReadings(batch);
    }
    const { aggregates, accepted, digest } = batch;
    const devices = new Set(aggregates.map(({ device }) => device)).size;
    const key = idempotencyKey;
    const earlier = await readings.add(aggregates, key === undefined ? undefined : { key, digest, accepted });
    // Batches from before digests were kept have none.
    if (key !== undefined && earlier !== undefined && earlier.digest !== '' && earlier.digest !== digest) {
      refusedTotal += 1;
      throw keyReused(key);
    }
    // Also of one that was stored before: its first receipt may have been lost before this was done.
    await latest.note(aggregates);
    const receipt = { accepted, devices, aggregates: aggregates.length };
    if (earlier !== undefined) {
      duplicatesTotal += 1;
      return { ...receipt, duplicate: true };
    }
    batchesTotal += 1;
    readingsTotal += accepted;
    return { ...receipt, duplicate: false };
  };
  return Object.assign(ingest, { stats: () => ({ batchesTotal, duplicatesTotal, readingsTotal, refusedTotal }) });
}
