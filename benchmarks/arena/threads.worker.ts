/** One of the threads of `threads.bench.ts`. */
import { parentPort, workerData } from 'node:worker_threads';
import { attachArena, type ArenaHandle } from '@fog/arena';
import { churn, replacing, small } from './churns.js';
import { loadRivals } from './rivals.js';

export type Given = { readonly role: 'allocates' | 'frees' | 'churns'; readonly ring: SharedArrayBuffer } & ({ readonly kind: 'mutex' } | { readonly kind: 'arena'; readonly arena: ArenaHandle });

const given = workerData as Given;
const { alloc, free } = allocator();
const { bytes } = churn(1, small);

/** A queue of numbers from one thread to one other: two ends, and cells between. */
const ends = new Int32Array(given.ring, 0, 32);
const cells = new Float64Array(given.ring, 128);
const SENT = 0;
const TAKEN = 16;
/** Ends are told of every so many numbers, not of each. */
const STRIDE = 64;

const churning = replacing(churn(4_096, small), alloc, free);
const work = { allocates: allocate, frees: take, churns: (iterations: number) => churning.run(iterations) }[given.role];
parentPort?.on('message', (iterations: number) => {
  work(iterations);
  parentPort?.postMessage('done');
});
parentPort?.postMessage('ready');

function allocator(): { readonly alloc: (bytes: number) => number; readonly free: (handle: number) => void } {
  if (given.kind === 'arena') {
    const arena = attachArena(given.arena);
    return { alloc: (bytes) => arena.allocHandle(bytes), free: (handle) => arena.freeHandle(handle) };
  }
  const rivals = loadRivals();
  return { alloc: (bytes) => rivals.allocShared(bytes), free: (slot) => void rivals.freeShared(slot) };
}

function allocate(iterations: number): void {
  const from = Atomics.load(ends, SENT);
  for (let done = 0; done < iterations; ) {
    const until = Math.min(iterations, done + STRIDE);
    for (let taken = Atomics.load(ends, TAKEN); from + until - taken > cells.length; taken = Atomics.load(ends, TAKEN)) Atomics.wait(ends, TAKEN, taken);
    for (; done < until; done += 1) cells[(from + done) % cells.length] = alloc(bytes[done % bytes.length] as number);
    Atomics.store(ends, SENT, from + done);
    Atomics.notify(ends, SENT);
  }
}

function take(iterations: number): void {
  const from = Atomics.load(ends, TAKEN);
  for (let done = 0; done < iterations; ) {
    const sent = Atomics.load(ends, SENT);
    if (sent === from + done) Atomics.wait(ends, SENT, sent);
    const there = Math.min(iterations, sent - from);
    for (; done < there; done += 1) free(cells[(from + done) % cells.length] as number);
    Atomics.store(ends, TAKEN, from + done);
    Atomics.notify(ends, TAKEN);
  }
}
