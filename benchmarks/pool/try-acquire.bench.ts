import { createPool } from '@fog/pool';
import { defineBench } from '../harness/bench.js';

const OURS = '@fog/pool';
const FLOOR = 'array';

export default defineBench({
  name: 'pool/try-acquire',
  title: 'What does a loan cost without a promise?',
  operation: 'tryAcquire + release',
  cases: { 'one of ten idle': undefined },
  contenders: {
    [FLOOR]: () => {
      const free = Array.from({ length: 10 }, (_, id) => ({ id }));
      return {
        run: (iterations) => {
          let loans = 0;
          for (let index = 0; index < iterations; index += 1) {
            const resource = free.pop();
            if (resource === undefined) continue;
            loans += 1;
            free.push(resource);
          }
          return loans;
        },
      };
    },
    [OURS]: async () => {
      const pool = createPool({ create: () => ({}), max: 10, min: 10 });
      await pool.ready();
      return {
        run: (iterations) => {
          let loans = 0;
          for (let index = 0; index < iterations; index += 1) {
            const lease = pool.tryAcquire();
            if (lease === undefined) continue;
            loans += 1;
            lease.release();
          }
          return loans;
        },
        close: () => pool.close(),
      };
    },
  },
  reference: FLOOR,
  targets: (readings) => [
    { id: 'CPU over array', reach: '<= 5', value: readings.cpuNs(OURS) / readings.cpuNs(FLOOR) },
    { id: 'heap bytes', reach: '<= 64', value: readings.heapBytes(OURS) },
  ],
});
