/** The worker thread: reads batches where they lie, in the arena it shares with the gateway. */
import { createHash } from 'node:crypto';
import { workerData } from 'node:worker_threads';
import { attachArena, type ArenaHandle, type BlockToken } from '@fog/arena';
import { serveTasks } from '@fog/pool/worker-threads';
import { readBatch, type Batch, type Format } from './batch.js';

export interface ReadBatch {
  readonly token: BlockToken;
  readonly format: Format;
  readonly nowMs: number;
}

const arena = attachArena((workerData as { readonly arena: ArenaHandle }).arena);

export interface DigestedBatch extends Batch {
  /** SHA-256 of the body, base64url. */
  readonly digest: string;
}

const tasks = {
  readBatch({ token, format, nowMs }: ReadBatch): DigestedBatch {
    const bytes = arena.open(token).u8;
    return { ...readBatch(bytes, format, nowMs), digest: createHash('sha256').update(bytes).digest('base64url') };
  },
};
export type Tasks = typeof tasks;

serveTasks(tasks);
