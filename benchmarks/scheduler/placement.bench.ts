import { createScheduler } from '@fog/scheduler';
import { seededRandom } from '@fog/testkit';
import { defineBench, type Subject } from '../harness/bench.js';

const GIB = 2 ** 30;
/** Tasks running at any time, per worker: enough that most workers are partly full. */
const LOAD = 2;

interface Fleet {
  readonly workers: number;
}

const needsOf = (random: () => number) => ({ cpu: 1 + Math.floor(random() * 4), memoryBytes: (1 + Math.floor(random() * 8)) * GIB });

const STEADY = 20_000;

/** A decision takes some twenty functions to compile: done before, as a service that has run for a second has it behind it. */
async function ours(fleet: Fleet): Promise<Subject> {
  await figuresOf(fleet);
  const load = underLoad(fleet);
  return {
    async run(iterations) {
      await load.fill();
      return load.steady(iterations);
    },
    figures: () => figuresOf(fleet),
    close: () => load.close(),
  };
}

/** Of as many decisions, whatever time the machine had for timed ones; those that fill the empty fleet, before it has any order of its workers, apart. */
async function figuresOf(fleet: Fleet): Promise<Readonly<Record<string, number>>> {
  const load = underLoad(fleet);
  await load.fill();
  const filled = load.figures();
  await load.steady(STEADY);
  const all = load.figures();
  await load.close();
  const fills = fleet.workers * LOAD;
  return { decisionUs: (all.decisionUs * (fills + STEADY) - filled.decisionUs * fills) / STEADY, fillDecisionUs: filled.decisionUs, decisionP99Us: all.decisionP99Us };
}

/** Workers of three sizes under steady load: each iteration ends the oldest task and places another. */
function underLoad({ workers }: Fleet) {
  const scheduler = createScheduler({ strategy: 'adaptive' });
  for (let worker = 0; worker < workers; worker += 1) scheduler.addWorker({ id: `w${worker}`, capacity: { cpu: 8 << (worker % 3), memoryBytes: (16 << (worker % 3)) * GIB } });
  const random = seededRandom(1);
  const ends: ((() => void) | undefined)[] = [];
  let oldest = 0;
  let placed = 0;
  const submit = (): void => {
    const run = (): Promise<void> => {
      placed += 1;
      return new Promise((end) => ends.push(end));
    };
    scheduler.submit({ name: 'task', needs: needsOf(random), run });
  };
  return {
    async fill() {
      while (ends.length < workers * LOAD) {
        submit();
        await Promise.resolve();
      }
    },
    /** How many tasks were placed. */
    async steady(iterations: number) {
      placed = 0;
      for (let iteration = 0; iteration < iterations; iteration += 1) {
        ends[oldest]?.();
        ends[oldest] = undefined; // Or tasks long gone would be kept, and moved about by the collector.
        oldest += 1;
        submit();
        await Promise.resolve();
      }
      ends.splice(0, oldest);
      oldest = 0;
      return placed;
    },
    figures() {
      const { decisionMeanMs, decisionP99Ms } = scheduler.stats();
      return { decisionUs: decisionMeanMs * 1_000, decisionP99Us: decisionP99Ms * 1_000 };
    },
    close() {
      for (const end of ends) end?.();
      return scheduler.close();
    },
  };
}

export default defineBench<Fleet>({
  name: 'scheduler/placement',
  title: 'What does one exact placement by two resources cost, the decision alone and with submit and settlement?',
  operation: 'task submitted, placed and ended',
  cases: { '1,000 workers': { workers: 1_000 }, '10,000 workers': { workers: 10_000 } },
  reference: '@fog/scheduler adaptive',
  rounds: 3,
  contenders: { '@fog/scheduler adaptive': ours },
  targets: (readings) => {
    const perSecond = (workers: string): number => 1e6 / readings.figure('decisionUs', '@fog/scheduler adaptive', workers);
    return [
      { id: 'decisions a second, 1,000 workers', reach: '>= 400000', value: perSecond('1,000 workers') },
      { id: 'decisions a second, 10,000 workers', reach: '>= 150000', value: perSecond('10,000 workers') },
      { id: 'p99 of a decision in us, 1,000 workers', reach: '<= 50', value: readings.figure('decisionP99Us', '@fog/scheduler adaptive', '1,000 workers') },
    ];
  },
});
