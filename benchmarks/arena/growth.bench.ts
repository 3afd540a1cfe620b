import { createArena } from '@fog/arena';
import { defineBench, type Bench } from '../harness/bench.js';

const MiB = 2 ** 20;

const bench: Bench<number> = defineBench({
  name: 'arena/growth',
  title: 'What does it cost to grow by a megabyte, with all that is there staying where it is?',
  operation: 'megabyte',
  cases: { 'to 64 MB': 64, 'to 512 MB': 512 },
  contenders: {
    arena: (megabytes) => ({
      run: async (iterations) => {
        let grown = 0;
        while (grown < iterations) {
          const arena = createArena({ initialBytes: MiB, maxBytes: 2 ** 30 });
          for (let count = 0; count < megabytes && grown < iterations; count += 1, grown += 1) arena.allocHandle(MiB);
          await arena.close();
        }
        return grown;
      },
    }),
    'a Buffer twice as long, and a copy': (megabytes) => ({
      run: (iterations) => {
        let grown = 0;
        while (grown < iterations) {
          let buffer = Buffer.allocUnsafeSlow(MiB);
          for (let count = 0; count < megabytes && grown < iterations; count += 1, grown += 1) {
            if ((count + 1) * MiB <= buffer.length) continue;
            const longer = Buffer.allocUnsafeSlow(2 * buffer.length);
            longer.set(buffer);
            buffer = longer;
          }
        }
        return grown;
      },
    }),
  },
  reference: 'a Buffer twice as long, and a copy',
  checkIterations: 8,
  rounds: 2,
  targets: (readings) => ['to 64 MB', 'to 512 MB'].map((given) => ({ id: `us a megabyte, ${given}`, reach: '<= 5' as const, value: readings.cpuNs('arena', given) / 1_000 })),
});

export default bench;
