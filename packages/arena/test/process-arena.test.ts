import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterAll, expect, it } from '@jest/globals';
import { getArena } from '../src/process-arena.js';

const built = new URL('../dist/index.js', import.meta.url).href;

afterAll(() => getArena().close());

it('is one for the process, made when it is first asked for, and made again when it was closed', async () => {
  const arena = getArena();
  expect(getArena()).toBe(arena);
  await arena.close();
  expect(getArena()).not.toBe(arena);
  expect(getArena().alloc(8).byteLength).toBe(8);
});

it('is the same memory in workers that are started later', async () => {
  const block = getArena().alloc(8);
  block.u8.fill(9);
  const code = `const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.built).then(({ getArena }) => parentPort.postMessage(getArena().open(workerData.token).u8[7]));`;
  const worker = new Worker(code, { eval: true, workerData: { built, token: block.token } });
  expect((await once(worker, 'message'))[0]).toBe(9);
  await worker.terminate();
});
