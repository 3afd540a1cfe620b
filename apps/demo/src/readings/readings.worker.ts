/** The worker thread: reads batches where they lie, in the arena it shares with the gateway. */
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

const tasks = {
  readBatch: ({ token, format, nowMs }: ReadBatch): Batch => readBatch(arena.open(token).u8, format, nowMs),
};
export type Tasks = typeof tasks;

serveTasks(tasks);
