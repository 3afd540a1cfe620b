import { defineBench } from '../harness/bench.js';
import { FLOOR, floor, type Given, OURS, type Pooled, pools, RIVALS } from './rivals.js';
import type { Subject } from '../harness/bench.js';

function around<L>(pool: Pooled<L>): Subject {
  return {
    run: async (iterations) => {
      let loans = 0;
      for (; loans < iterations; loans += 1) pool.release(await pool.acquire());
      return loans;
    },
    close: () => pool.close(),
  };
}

const given: Given = { max: 10, timeoutMs: 5_000 };

export default defineBench({
  name: 'pool/acquire',
  title: 'What does a loan cost when a resource is idle?',
  operation: 'acquire + release',
  cases: { 'nobody waits, time-out of 5 s': given },
  contenders: { [FLOOR]: (given: Given) => around(floor(given)), ...pools(around) },
  reference: FLOOR,
  rounds: 3,
  targets: (readings) => [
    { id: 'CPU over array and promise', reach: '<= 1.3', value: readings.cpuNs(OURS) / readings.cpuNs(FLOOR) },
    ...RIVALS.map((rival) => ({ id: `CPU of ${rival} over ours`, reach: rival === 'tarn' ? ('>= 15' as const) : ('>= 8' as const), value: readings.cpuNs(rival) / readings.cpuNs(OURS) })),
    { id: 'heap bytes', reach: '<= 330', value: readings.heapBytes(OURS) },
  ],
});
