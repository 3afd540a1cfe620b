import { createArena } from '@fog/arena';
import { defineBench, type Bench, type Subject } from '../harness/bench.js';
import { churn, mixed, replacing, small, type Churn } from './churns.js';
import { loadRivals } from './rivals.js';

function byHandle(options: { readonly backend: 'native' | 'javascript'; readonly debug?: 'off' }): (given: Churn) => Subject {
  return (given) => {
    const arena = createArena({ ...options, initialBytes: 2 ** 26 });
    return replacing(given, (bytes) => arena.allocHandle(bytes), (handle) => arena.freeHandle(handle));
  };
}

function perOperation(given: Churn): Subject {
  const rivals = loadRivals();
  const allocator = rivals.create();
  return replacing(given, (bytes) => rivals.alloc(allocator, bytes), (slot) => rivals.free(allocator, slot));
}

const bench: Bench<Churn> = defineBench({
  name: 'arena/handles',
  title: 'What does it cost to replace a block that is held by its number alone?',
  operation: 'free + alloc',
  cases: {
    'small, 4,096 live': churn(4_096, small),
    'small, 65,536 live': churn(65_536, small),
    'mixed, 4,096 live': churn(4_096, mixed),
  },
  contenders: {
    native: byHandle({ backend: 'native' }),
    'native, debug off': byHandle({ backend: 'native', debug: 'off' }),
    javascript: byHandle({ backend: 'javascript' }),
    'one Node-API call per operation': perOperation,
  },
  reference: 'one Node-API call per operation',
  rounds: 2,
  targets: (readings) => {
    const ratio = (contender: string, given: string): number => readings.cpuNs('one Node-API call per operation', given) / readings.cpuNs(contender, given);
    return [
      { id: 'one call per operation over native, small', reach: '>= 5', value: ratio('native', 'small, 4,096 live') },
      { id: 'one call per operation over native, mixed', reach: '>= 3.5', value: ratio('native', 'mixed, 4,096 live') },
    ];
  },
});

export default bench;
