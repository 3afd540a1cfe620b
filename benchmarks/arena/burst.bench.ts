import { createArena, type Arena, type Block } from '@fog/arena';
import { seededRandom } from '@fog/testkit';
import { defineBench, type Bench, type Subject } from '../harness/bench.js';

const BURST_BYTES = 400 * 2 ** 20;
/** One in so many outlives the burst, scattered over all of it. */
const SURVIVOR_EVERY = 50;

interface Memory<B> {
  readonly alloc: (bytes: number) => B;
  readonly free: (block: B) => void;
  /** After the burst. */
  readonly settle: () => void;
}

/** Fills 400 MB with blocks of random sizes, frees 98 % of them and sees what the process still holds. */
function burst<B>(mostBytes: number, { alloc, free, settle }: Memory<B>): Subject {
  let survivors: B[] = [];
  globalThis.gc?.();
  const residentBefore = process.memoryUsage.rss();
  return {
    run: (iterations) => {
      let blocks = 0;
      for (let index = 0; index < iterations; index += 1) {
        for (const survivor of survivors) free(survivor);
        const live: B[] = [];
        const random = seededRandom(1);
        for (let bytes = 0; bytes < BURST_BYTES; blocks += 1) {
          const size = 64 + Math.floor(random() * (mostBytes - 64));
          live.push(alloc(size));
          bytes += size;
        }
        survivors = live.filter((_, each) => each % SURVIVOR_EVERY === 0);
        live.forEach((block, each) => {
          if (each % SURVIVOR_EVERY !== 0) free(block);
        });
      }
      return blocks;
    },
    figures: () => {
      globalThis.gc?.();
      settle();
      return { 'resident MB': (process.memoryUsage.rss() - residentBefore) / 2 ** 20, survivors: survivors.length };
    },
  };
}

function inArena(backend: 'native' | 'javascript'): (mostBytes: number) => Subject {
  return (mostBytes) => {
    const arena: Arena = createArena({ backend, initialBytes: 2 ** 20 });
    const alloc = (bytes: number): Block => {
      const block = arena.alloc(bytes);
      block.u8.fill(1);
      return block;
    };
    return burst(mostBytes, { alloc, free: (block) => block.free(), settle: () => arena.purge() });
  };
}

const SMALL = 'small, 64 B to 2 KB';
const MIXED = 'mixed, 64 B to 64 KB';

const bench: Bench<number> = defineBench({
  name: 'arena/burst',
  title: 'What does the process still hold after a burst to 400 MB of which 98 % is freed?',
  operation: 'burst',
  cases: { [SMALL]: 2_048, [MIXED]: 65_536 },
  contenders: {
    'native, purged': inArena('native'),
    'javascript, cannot purge': inArena('javascript'),
    'Buffer.allocUnsafe': (mostBytes) => burst(mostBytes, { alloc: (bytes) => Buffer.allocUnsafe(bytes).fill(1), free: () => undefined, settle: () => undefined }),
  },
  reference: 'Buffer.allocUnsafe',
  checkIterations: 1,
  rounds: 1,
  targets: (readings) => {
    const held = (contender: string, given: string): number => readings.figure('resident MB', contender, given);
    return [
      { id: `resident, native over Buffers, ${SMALL}`, reach: '<= 0.25', value: held('native, purged', SMALL) / held('Buffer.allocUnsafe', SMALL) },
      { id: `resident, native over Buffers, ${MIXED}`, reach: '<= 0.33', value: held('native, purged', MIXED) / held('Buffer.allocUnsafe', MIXED) },
    ];
  },
});

export default bench;
