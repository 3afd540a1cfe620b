import { createArena, type Block } from '@fog/arena';
import { seededRandom } from '@fog/testkit';
import { defineBench, type Bench, type Subject } from '../harness/bench.js';

const LIVE = 4_096;
const SEQUENCE = 2 ** 16;

/** The sizes that come, one after the other, and the place of the one that each replaces. */
interface Churn {
  readonly bytes: Int32Array;
  readonly places: Int32Array;
}

function churn(sizeOf: (random: number) => number): Churn {
  const random = seededRandom(1);
  return {
    bytes: Int32Array.from({ length: SEQUENCE }, () => sizeOf(random())),
    places: Int32Array.from({ length: SEQUENCE }, () => Math.floor(random() * LIVE)),
  };
}

const logUniform = (least: number, most: number) => (random: number) => Math.floor(least * (most / least) ** random);

/** Keeps `LIVE` blocks, each replaced in turn; gives the bytes that passed, the same for all that do the work. */
function replacing<B>(given: Churn, alloc: (bytes: number) => B, free: (block: B) => void): Subject {
  const { bytes, places } = given;
  const live: B[] = Array.from({ length: LIVE }, (_, index) => alloc(bytes[index] as number));
  return {
    run: (iterations) => {
      let passed = 0;
      for (let index = 0; index < iterations; index += 1) {
        const at = index & (SEQUENCE - 1);
        const place = places[at] as number;
        const size = bytes[at] as number;
        free(live[place] as B);
        live[place] = alloc(size);
        passed += size;
      }
      return passed;
    },
  };
}

const free = (block: Block): void => block.free();
const nothing = (): void => undefined;

function touched<V extends Uint8Array>(view: V): V {
  view[0] = 1;
  return view;
}

function byHandle(backend: 'native' | 'javascript'): (given: Churn) => Subject {
  return (given) => {
    const arena = createArena({ backend, initialBytes: 2 ** 26 });
    return replacing(given, (bytes) => arena.alloc(bytes), free);
  };
}

function byView(backend: 'native' | 'javascript'): (given: Churn) => Subject {
  return (given) => {
    const arena = createArena({ backend, initialBytes: 2 ** 26 });
    const alloc = (bytes: number): Block => {
      const block = arena.alloc(bytes);
      touched(block.u8);
      return block;
    };
    return replacing(given, alloc, free);
  };
}

const bench: Bench<Churn> = defineBench({
  name: 'arena/churn',
  title: 'What does it cost to replace one of 4,096 live blocks?',
  operation: 'free + alloc',
  cases: {
    'small, 16 B to 1 KB': churn((random) => 16 + Math.floor(random * 1_009)),
    'mixed, 64 B to 64 KB': churn(logUniform(64, 65_536)),
    'pages, 4 KB to 64 KB': churn((random) => 4_096 * (1 + Math.floor(random * 16))),
  },
  contenders: {
    'native, handle': byHandle('native'),
    'native, u8': byView('native'),
    'javascript, handle': byHandle('javascript'),
    'javascript, u8': byView('javascript'),
    'Buffer.allocUnsafe': (given) => replacing(given, (bytes) => touched(Buffer.allocUnsafe(bytes)), nothing),
    'Buffer.alloc': (given) => replacing(given, (bytes) => touched(Buffer.alloc(bytes)), nothing),
  },
  reference: 'Buffer.allocUnsafe',
  rounds: 3,
  targets: (readings) =>
    ['native, handle', 'javascript, handle'].flatMap((contender) => [
      { id: `wall time of allocUnsafe over ${contender}, mixed`, reach: '>= 3', value: readings.wallNs('Buffer.allocUnsafe', 'mixed, 64 B to 64 KB') / readings.wallNs(contender, 'mixed, 64 B to 64 KB') },
      { id: `CPU of all threads of allocUnsafe over ${contender}, mixed`, reach: '>= 6', value: readings.cpuNs('Buffer.allocUnsafe', 'mixed, 64 B to 64 KB') / readings.cpuNs(contender, 'mixed, 64 B to 64 KB') },
    ]),
});

export default bench;
