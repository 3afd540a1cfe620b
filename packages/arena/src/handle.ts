import { types } from 'node:util';
import { BlockTable } from './block-table.js';
import { invalidHandle } from './errors.js';

/** What another thread attaches with: send it by `postMessage` or as `workerData`, once; its memory is shared, not copied. */
export interface ArenaHandle {
  readonly id: number;
  readonly name: string;
  readonly memory: SharedArrayBuffer;
  readonly blocks: SharedArrayBuffer;
}

/** @throws {ArenaError} `ERR_ARENA_INVALID_HANDLE`. */
export function tableOf(handle: ArenaHandle): BlockTable {
  const { id, name, memory, blocks } = typeof handle === 'object' && handle !== null ? handle : ({} as Partial<ArenaHandle>);
  if (!Number.isSafeInteger(id) || typeof name !== 'string' || !types.isSharedArrayBuffer(memory) || !types.isSharedArrayBuffer(blocks)) throw invalidHandle(handle);
  const table = BlockTable.attach(blocks);
  if (table === undefined) throw invalidHandle(handle);
  return table;
}
