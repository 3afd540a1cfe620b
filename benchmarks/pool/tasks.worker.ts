/** The bench's task, as each of the contenders wants it. */
import { isMainThread, workerData } from 'node:worker_threads';
import { serveTasks } from '@fog/pool/worker-threads';

const cell = new Int32Array(new SharedArrayBuffer(4));

/** Keeps the thread for as many ms, and answers with what it was given. A thread that sleeps leaves the cores to the pools. */
function work({ value, ms }: { readonly value: number; readonly ms: number }): number {
  if (ms > 0) Atomics.wait(cell, 0, 0, ms);
  return value;
}

const tasks = { work };
export type BenchTasks = typeof tasks;

// The rivals import this file and call what it gives; ours is told by its workerData.
if (!isMainThread && workerData === 'serve') serveTasks(tasks);
export default work;
