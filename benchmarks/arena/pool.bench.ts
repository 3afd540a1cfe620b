import { createArena, createBufferPool } from '@fog/arena';
import { defineBench, type Bench, type Subject } from '../harness/bench.js';

/** So many are in use at once, as in a server with requests under way. */
const IN_USE = 64;

function using<B>(bytes: number, take: (bytes: number) => B, view: (buffer: B) => Uint8Array, giveBack: (buffer: B) => void): Subject {
  const ring: B[] = Array.from({ length: IN_USE }, () => take(bytes));
  return {
    run: (iterations) => {
      let sum = 0;
      for (let index = 0; index < iterations; index += 1) {
        const place = index % IN_USE;
        giveBack(ring[place] as B);
        const buffer = take(bytes);
        const u8 = view(buffer);
        u8[0] = 1;
        sum += u8[0];
        ring[place] = buffer;
      }
      return sum;
    },
  };
}

const SIZES = { '64 B': 64, '1 KB': 1_024, '16 KB': 16_384, '256 KB': 262_144 };

const bench: Bench<number> = defineBench({
  name: 'arena/pool',
  title: 'What does a buffer of fixed size cost that is used again?',
  operation: 'release + acquire',
  cases: SIZES,
  contenders: {
    createBufferPool: (bytes) => {
      const pool = createBufferPool(createArena({ initialBytes: 2 ** 26 }), { maxIdleBytes: 2 ** 26 });
      return using(bytes, (bytes) => pool.acquire(bytes), ({ u8 }) => u8, (buffer) => buffer.release());
    },
    'Buffer.allocUnsafe': (bytes) => using(bytes, (bytes) => Buffer.allocUnsafe(bytes), (buffer) => buffer, () => undefined),
  },
  reference: 'Buffer.allocUnsafe',
  rounds: 3,
  targets: (readings) =>
    Object.keys(SIZES).map((size) => ({
      id: `allocUnsafe over the pool at ${size}`,
      reach: size === '64 B' ? ('>= 3' as const) : ('>= 10' as const),
      value: readings.cpuNs('Buffer.allocUnsafe', size) / readings.cpuNs('createBufferPool', size),
    })),
});

export default bench;
