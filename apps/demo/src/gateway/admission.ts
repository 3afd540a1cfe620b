import { overloaded, stopping, type HttpError } from './errors.js';

/** What decides whether another batch is taken, before its body is read. */
export interface Load {
  readonly stopping: boolean;
  /** Batches that wait for a worker, and whoever waits for PostgreSQL. */
  readonly queued: number;
  readonly maxQueued: number;
}

/** Why a batch is refused now; `undefined` if it is admitted. */
export function refusal({ stopping: isStopping, queued, maxQueued }: Load): HttpError | undefined {
  if (isStopping) return stopping();
  if (queued >= maxQueued) return overloaded(queued, maxQueued);
  return undefined;
}
