import { createArena } from '@fog/arena';
import { defineBench, type Bench, type Subject } from '../harness/bench.js';

/** One short-lived piece of memory after the other, whose first byte is written. */
function repeated(take: (bytes: number) => number): (bytes: number) => Subject {
  return (bytes) => ({
    run: (iterations) => {
      let sum = 0;
      for (let index = 0; index < iterations; index += 1) sum += take(bytes);
      return sum;
    },
  });
}

function written(view: Uint8Array): number {
  view[0] = 1;
  return view.length;
}

function arena(backend: 'native' | 'javascript'): (bytes: number) => Subject {
  const shared = createArena({ backend, initialBytes: 2 ** 26 });
  return repeated((bytes) => {
    const block = shared.alloc(bytes);
    const length = written(block.u8);
    block.free();
    return length;
  });
}

const bench: Bench<number> = defineBench({
  name: 'arena/view',
  title: 'What does a fresh view over short-lived memory cost?',
  operation: 'alloc + view + free',
  cases: { '64 B': 64, '1 KB': 1_024, '16 KB': 16_384, '256 KB': 262_144, '4 MB': 4_194_304 },
  contenders: {
    native: (bytes) => arena('native')(bytes),
    javascript: (bytes) => arena('javascript')(bytes),
    'Buffer.allocUnsafe': repeated((bytes) => written(Buffer.allocUnsafe(bytes))),
    'Buffer.alloc': repeated((bytes) => written(Buffer.alloc(bytes))),
  },
  reference: 'Buffer.allocUnsafe',
  rounds: 2,
  targets: (readings) =>
    ['native', 'javascript'].flatMap((contender) => [
      { id: `${contender} over allocUnsafe at 64 B`, reach: '<= 1.5', value: readings.cpuNs(contender, '64 B') / readings.cpuNs('Buffer.allocUnsafe', '64 B') },
      { id: `allocUnsafe over ${contender} at 16 KB`, reach: '>= 4', value: readings.cpuNs('Buffer.allocUnsafe', '16 KB') / readings.cpuNs(contender, '16 KB') },
      { id: `allocUnsafe over ${contender} at 4 MB`, reach: '>= 50', value: readings.cpuNs('Buffer.allocUnsafe', '4 MB') / readings.cpuNs(contender, '4 MB') },
    ]),
});

export default bench;
