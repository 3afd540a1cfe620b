import module from 'node:module';
import { watchFileSystem } from './file-system.js';
import type { IoObserver } from './operation.js';
import type { Patch } from './patch.js';
import { watchSockets } from './sockets.js';

/** Replaces functions of `node:fs` and `node:net` until the returned function is called; those that import them get the new ones. */
export function watchIo(observer: IoObserver): () => void {
  const patches: readonly Patch[] = [...watchFileSystem(observer), ...watchSockets(observer)];
  module.syncBuiltinESMExports();
  return () => {
    for (const patch of patches) patch.undo();
    module.syncBuiltinESMExports();
  };
}
