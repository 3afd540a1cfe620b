import { createArena } from '@fog/arena';
import { seededRandom } from '@fog/testkit';
import { defineBench, type Bench, type Subject } from '../harness/bench.js';

const REQUESTS = 20_000;
const AT_ONCE = 64;

/** Requests of 1 KB to 64 KB, some at once: what a memory optimiser is for. */
function serving(take: (bytes: number) => { readonly u8: Uint8Array; readonly done: () => void }): Subject {
  let mostExternal = 0;
  let mostArrayBuffers = 0;
  let firstExternal = 0;
  let counted = 0;
  return {
    run: (iterations) => {
      let sum = 0;
      firstExternal = process.memoryUsage().external;
      for (let index = 0; index < iterations; index += 1) {
        const random = seededRandom(1);
        const open: { readonly u8: Uint8Array; readonly done: () => void }[] = [];
        let lastArrayBuffers = process.memoryUsage().arrayBuffers;
        for (let request = 0; request < REQUESTS; request += 1) {
          const memory = take(1_024 + Math.floor(random() * 64_512));
          memory.u8[0] = 1;
          sum += memory.u8.length;
          open.push(memory);
          if (open.length > AT_ONCE) open.shift()?.done();
          const { external, arrayBuffers } = process.memoryUsage();
          // V8 counts what is there: what was added between two readings was allocated.
          counted += Math.max(0, arrayBuffers - lastArrayBuffers);
          lastArrayBuffers = arrayBuffers;
          mostExternal = Math.max(mostExternal, external - firstExternal);
          mostArrayBuffers = Math.max(mostArrayBuffers, arrayBuffers);
        }
        for (const memory of open) memory.done();
      }
      return sum;
    },
    figures: () => ({ 'allocated MB': counted / 2 ** 20, 'external MB at the most': mostExternal / 2 ** 20, 'array buffers MB at the most': mostArrayBuffers / 2 ** 20 }),
  };
}

const bench: Bench<undefined> = defineBench({
  name: 'arena/avoided',
  title: "How much of what 20,000 requests of 1 KB to 64 KB need does V8 still count as allocated, by its own counters of array buffers?",
  operation: '20,000 requests',
  cases: { 'requests, 64 at once': undefined },
  contenders: {
    arena: () => {
      const arena = createArena({ initialBytes: 2 ** 24 });
      return serving((bytes) => {
        const block = arena.alloc(bytes);
        return { u8: block.u8, done: () => block.free() };
      });
    },
    'Buffer.allocUnsafe': () => serving((bytes) => ({ u8: Buffer.allocUnsafe(bytes), done: () => undefined })),
  },
  reference: 'Buffer.allocUnsafe',
  checkIterations: 1,
  rounds: 1,
  targets: (readings) => [
    { id: 'part of the array buffers that is avoided', reach: '>= 0.98', value: 1 - readings.figure('allocated MB', 'arena') / readings.figure('allocated MB', 'Buffer.allocUnsafe') },
  ],
});

export default bench;
