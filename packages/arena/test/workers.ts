import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import type { Arena } from '../src/arena.js';

/** Threads cannot run TypeScript, so they use what was built. */
const built = new URL('../dist/index.js', import.meta.url).href;

const started = new Set<Worker>();

/** For `afterEach`: a thread left over would keep the tests from ending. */
export async function endThreads(): Promise<void> {
  await Promise.all([...started].map((worker) => worker.terminate()));
  started.clear();
}

/** A thread with `arena` attached that runs `body`, where `data` and `parentPort` are at hand too. */
export function startThread(arena: Arena, body: string, data: Readonly<Record<string, unknown>> = {}): Worker {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.built).then(async ({ attachArena }) => {
      const { data } = workerData;
      const arena = attachArena(workerData.arena);
      ${body}
    });`;
  const worker = new Worker(code, { eval: true, workerData: { built, arena: arena.share(), data } });
  started.add(worker);
  return worker;
}

export async function messageOf(worker: Worker): Promise<unknown> {
  const [message] = await once(worker, 'message');
  return message;
}

export async function exitOf(worker: Worker): Promise<number> {
  const [code] = await once(worker, 'exit');
  return code as number;
}
