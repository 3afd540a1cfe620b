import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { createArena, type Block } from '@fog/arena';
import { defineBench, type Bench, type Subject } from '../harness/bench.js';
import type { Given } from './handover.worker.js';

/**
 * Messages under way at once: what 256 MB hold, at most 1,024. A window ends with two posted messages, and both threads are
 * woken: with 16 messages in one, that was two thirds of what was read of the ring.
 */
const windowOf = (bytes: number): number => Math.min(1_024, 256 * 2 ** 20 / bytes);

async function withWorker(given: Given, bytes: number, send: (worker: Worker, count: number) => void): Promise<Subject> {
  const worker = new Worker(new URL('./handover.worker.js', import.meta.url), { workerData: given });
  await once(worker, 'message'); // It is ready.
  const window = windowOf(bytes);
  return {
    run: async (iterations) => {
      let sum = 0;
      for (let left = iterations; left > 0; left -= window) {
        const count = Math.min(left, window);
        const answer = once(worker, 'message');
        // The ring's messages wait for their receiver, as those of a port do; else this would measure its sleep.
        if (given.kind === 'ring') send(worker, count);
        worker.postMessage(count);
        if (given.kind !== 'ring') send(worker, count);
        sum += (await answer)[0] as number;
      }
      return sum;
    },
    close: () => worker.terminate(),
  };
}

function byRing(bytes: number): Promise<Subject> {
  const arena = createArena({ initialBytes: 2 ** 20, maxBytes: 2 ** 30 });
  const channel = arena.channel({ slots: 1_024 });
  const filled = (): Block => {
    const block = arena.alloc(bytes);
    block.u8[0] = 1;
    return block;
  };
  return withWorker({ kind: 'ring', arena: arena.share(), channel: channel.share() }, bytes, (_, count) => {
    for (let index = 0; index < count; index += 1) channel.send(filled());
  });
}

function byToken(bytes: number): Promise<Subject> {
  const arena = createArena({ initialBytes: 2 ** 20, maxBytes: 2 ** 30 });
  return withWorker({ kind: 'token', arena: arena.share() }, bytes, (worker, count) => {
    for (let index = 0; index < count; index += 1) {
      const block = arena.alloc(bytes);
      block.u8[0] = 1;
      worker.postMessage(block.transfer());
    }
  });
}

function byMessage(bytes: number, transfer: boolean): Promise<Subject> {
  return withWorker({ kind: 'bytes' }, bytes, (worker, count) => {
    for (let index = 0; index < count; index += 1) {
      const view = new Uint8Array(bytes);
      view[0] = 1;
      worker.postMessage(view, transfer ? [view.buffer] : []);
    }
  });
}

const bench: Bench<number> = defineBench({
  name: 'arena/handover',
  title: 'What does it cost, in both threads, to hand memory to a worker that reads and frees it?',
  operation: 'message',
  cases: { '1 KB': 1_024, '64 KB': 65_536, '4 MB': 4_194_304 },
  contenders: {
    'arena.channel': byRing,
    'postMessage of a token': byToken,
    'postMessage, copied': (bytes) => byMessage(bytes, false),
    'postMessage, transferred': (bytes) => byMessage(bytes, true),
  },
  reference: 'postMessage, copied',
  checkIterations: 64,
  rounds: 1,
  targets: (readings) => {
    const over = (given: string): number => readings.cpuNs('postMessage, copied', given) / readings.cpuNs('arena.channel', given);
    return [
      { id: 'copy over ring at 1 KB', reach: '>= 15', value: over('1 KB') },
      { id: 'copy over ring at 64 KB', reach: '>= 40', value: over('64 KB') },
      { id: 'copy over ring at 4 MB', reach: '>= 2000', value: over('4 MB') },
    ];
  },
});

export default bench;
