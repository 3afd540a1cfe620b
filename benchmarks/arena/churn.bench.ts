import { createArena, createGcSampler, type Block } from '@fog/arena';
import { defineBench, type Bench, type Subject } from '../harness/bench.js';
import { churn, mixed, pages, replacing, small, wide, type Churn } from './churns.js';

const free = (block: Block): void => block.free();
const nothing = (): void => undefined;

function touched<V extends Uint8Array>(view: V): V {
  view[0] = 1;
  return view;
}

/** Tells beside the time what collections there were, a million operations; not those that the harness asks for. */
function watched(subject: Subject): Subject {
  const sampler = createGcSampler();
  let operations = 0;
  return {
    run: (iterations) => {
      operations += iterations;
      return subject.run(iterations);
    },
    figures: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      const { pauseMs, majorTotal, forcedTotal, forcedPauseMs } = sampler.stats();
      return { 'GC ms per M': ((pauseMs - forcedPauseMs) * 1e6) / operations, 'major GCs per M': ((majorTotal - forcedTotal) * 1e6) / operations };
    },
  };
}

function inArena(backend: 'native' | 'javascript', use: (block: Block) => unknown): (given: Churn) => Subject {
  return (given) => {
    const arena = createArena({ backend, initialBytes: 2 ** 26, maxBytes: 2 ** 32 });
    const alloc = (bytes: number): Block => {
      const block = arena.alloc(bytes);
      use(block);
      return block;
    };
    return watched(replacing(given, alloc, free));
  };
}

const MIXED = 'mixed, 64 B to 64 KB';
const WIDE = 'mixed, 64 B to 4 MB';

const bench: Bench<Churn> = defineBench({
  name: 'arena/churn',
  title: 'What does it cost to replace one of 4,096 live blocks?',
  operation: 'free + alloc',
  cases: {
    'small, 16 B to 1 KB': churn(4_096, small),
    [MIXED]: churn(4_096, mixed),
    [WIDE]: churn(1_024, wide),
    'pages, 4 KB to 64 KB': churn(4_096, pages),
  },
  contenders: {
    'native, block': inArena('native', nothing),
    'native, u8': inArena('native', ({ u8 }) => touched(u8)),
    'javascript, block': inArena('javascript', nothing),
    'javascript, u8': inArena('javascript', ({ u8 }) => touched(u8)),
    'Buffer.allocUnsafe': (given) => watched(replacing(given, (bytes) => touched(Buffer.allocUnsafe(bytes)), nothing)),
    'Buffer.alloc': (given) => watched(replacing(given, (bytes) => touched(Buffer.alloc(bytes)), nothing)),
  },
  reference: 'Buffer.allocUnsafe',
  rounds: 2,
  targets: (readings) => [
    ...['native, block', 'native, u8'].flatMap((contender) => [
      { id: `wall time of allocUnsafe over ${contender}, mixed`, reach: '>= 3' as const, value: readings.wallNs('Buffer.allocUnsafe', MIXED) / readings.wallNs(contender, MIXED) },
      { id: `CPU of all threads of allocUnsafe over ${contender}, mixed`, reach: '>= 6' as const, value: readings.cpuNs('Buffer.allocUnsafe', MIXED) / readings.cpuNs(contender, MIXED) },
    ]),
    { id: 'GC of allocUnsafe over native, u8, 64 B to 4 MB', reach: '>= 100', value: readings.figure('GC ms per M', 'Buffer.allocUnsafe', WIDE) / readings.figure('GC ms per M', 'native, u8', WIDE) },
    { id: 'major GCs of native, u8, 64 B to 4 MB', reach: '<= 0', value: readings.figure('major GCs per M', 'native, u8', WIDE) },
  ],
});

export default bench;
