import { types } from 'node:util';
import type { Backend, Fit } from './central/central.js';
import { invalidHandle } from './errors.js';
import type { DebugLevel } from './options.js';
import { Records } from './records/records.js';

/** What another thread attaches with: send it by `postMessage` or as `workerData`, once; its memory is shared, not copied. */
export interface ArenaHandle {
  readonly id: number;
  readonly name: string;
  readonly memory: SharedArrayBuffer;
  readonly records: SharedArrayBuffer;
  readonly backend: Backend;
  readonly fit: Fit;
  readonly debug: DebugLevel;
  readonly hugePages: boolean;
  readonly purgeAfterMs: number;
  readonly onExhausted: 'throw' | 'buffer';
  readonly lazyBudgetBytes: number;
}

/** @throws {ArenaError} `ERR_ARENA_INVALID_HANDLE`. */
export function recordsOf(handle: ArenaHandle): Records {
  const { id, name, memory, records } = typeof handle === 'object' && handle !== null ? handle : ({} as Partial<ArenaHandle>);
  if (!Number.isSafeInteger(id) || typeof name !== 'string' || !types.isSharedArrayBuffer(memory) || !types.isSharedArrayBuffer(records)) throw invalidHandle(handle);
  const attached = Records.attach(records);
  if (attached === undefined) throw invalidHandle(handle);
  return attached;
}
