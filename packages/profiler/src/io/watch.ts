import module from 'node:module';
import { watchFileSystem } from './file-system.js';
import { Askers, watchHttpClients } from './http-clients.js';
import type { IoObserver } from './operation.js';
import type { Patch } from './patch.js';
import { watchSockets } from './sockets.js';

/** Replaces functions of `node:fs`, `node:net` and `node:http` until the returned function is called; those that import them get the new ones. */
export function watchIo(observer: IoObserver): () => void {
  const askers = new Askers();
  const patches: readonly Patch[] = [...watchFileSystem(observer), ...watchSockets(observer, askers), ...watchHttpClients(observer, askers)];
  module.syncBuiltinESMExports();
  return () => {
    for (const patch of patches) patch.undo();
    module.syncBuiltinESMExports();
  };
}
