import { createPool } from '@fog/pool';
import { defineBench } from '../harness/bench.js';

const OURS = '@fog/pool';
const FLOOR = 'array and promise';

interface Resource {
  readonly one: number;
}
const create = async (): Promise<Resource> => ({ one: 1 });

/** What is done with the resource: at once, or over a turn of the microtasks as with a connection. */
type Work = (resource: Resource) => number | Promise<number>;
const AT_ONCE = 'function that returns at once';

export default defineBench<Work>({
  name: 'pool/use',
  title: 'What does it cost to lend to a function?',
  operation: 'use(fn)',
  cases: { [AT_ONCE]: (resource) => resource.one, 'async function': async (resource) => resource.one },
  contenders: {
    [FLOOR]: (work) => {
      const free: Resource[] = [{ one: 1 }];
      return {
        run: async (iterations) => {
          let sum = 0;
          for (let index = 0; index < iterations; index += 1) {
            const resource = await Promise.resolve(free.pop());
            if (resource === undefined) continue;
            const result = work(resource);
            sum += typeof result === 'number' ? result : await result;
            free.push(resource);
          }
          return sum;
        },
      };
    },
    [OURS]: (work) => {
      const pool = createPool({ create, max: 10 });
      return {
        run: async (iterations) => {
          let sum = 0;
          for (let index = 0; index < iterations; index += 1) sum += await pool.use(work);
          return sum;
        },
        close: () => pool.close(),
      };
    },
  },
  reference: FLOOR,
  targets: (readings) => [{ id: `CPU over array and promise, ${AT_ONCE}`, reach: '<= 1.1', value: readings.cpuNs(OURS, AT_ONCE) / readings.cpuNs(FLOOR, AT_ONCE) }],
});
