import { workerData } from 'node:worker_threads';
import { serveTasks } from '@fog/pool/worker-threads';

class QuotaError extends Error {
  name = 'QuotaError';
  code = 'E_QUOTA';
}

const kept = [];

const thrown = {
  error: new QuotaError('too much'),
  string: 'just a string',
  function: () => 1,
  'with a function': Object.assign(new RangeError('odd'), { cause: () => 1, code: 7 }),
  unspeakable: Object.assign(Object.create(null), { uncopyable: () => {} }),
  evil: Object.defineProperty(new Error('evil'), 'message', {
    get() {
      throw new Error('no');
    },
  }),
};

serveTasks({
  add: ({ a, b }) => a + b,
  increment: (shared) => {
    Atomics.add(new Int32Array(shared), 0, 1);
  },
  length: (bytes) => bytes.byteLength,
  bytes: async (size, { transfer }) => {
    const bytes = new Uint8Array(size);
    transfer.push(bytes.buffer);
    return bytes;
  },
  throws: (what) => {
    throw thrown[what];
  },
  gives: () => () => {},
  crash: () => {
    setImmediate(() => {
      throw new Error('out of cheese');
    });
    return new Promise(() => {});
  },
  exit: (code) => process.exit(code),
  fill: () => {
    const kept = [];
    for (;;) kept.push(Array.from({ length: 10_000 }, (_, index) => ({ index })));
  },
  untilAborted: (_payload, { signal }) => new Promise((resolve) => signal.addEventListener('abort', () => resolve('aborted'))),
  ignoreAbort: () => new Promise(() => {}),
  keep: (mebibytes) => {
    kept.push(new Uint8Array(mebibytes * 2 ** 20));
  },
  spin: () => {
    for (;;);
  },
  hold: (gate) => {
    const cell = new Int32Array(gate);
    Atomics.wait(cell, 0, 0);
    return cell[0];
  },
  config: () => ({ data: workerData, argv: process.argv.slice(2), env: process.env.COLOUR }),
});
