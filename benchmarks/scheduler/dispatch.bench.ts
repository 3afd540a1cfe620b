import { createScheduler, type StrategyName } from '@fog/scheduler';
import { seededRandom } from '@fog/testkit';
import fastq from 'fastq';
import pLimit from 'p-limit';
import PQueue from 'p-queue';
import { defineBench, type Subject } from '../harness/bench.js';

const QUEUED = 10_000;
const CONCURRENCY = 16;
const PRIORITIES = 10;

/** What one task gives; the sum over all tells that each ran once. */
type Work = (index: number) => Promise<number>;
const work: Work = async (index) => index;

/** `start` queues tasks numbered from 0 and settles with their sum when all have run. */
function queueOf(start: (count: number, priorities: Uint8Array) => Promise<number>): Subject {
  const random = seededRandom(1);
  const priorities = Uint8Array.from({ length: QUEUED }, () => Math.floor(random() * PRIORITIES));
  return {
    async run(iterations) {
      let sum = 0;
      for (let left = iterations; left > 0; left -= QUEUED) sum += await start(Math.min(left, QUEUED), priorities);
      return sum;
    },
  };
}

/** All contenders run for as long before they are measured: as in a service that has been up for a while, all is compiled. */
async function warm(subject: Subject): Promise<Subject> {
  await subject.run(20 * QUEUED);
  return subject;
}

async function sumOf(count: number, add: (index: number) => Promise<number>): Promise<number> {
  const results = await Promise.all(Array.from({ length: count }, (_, index) => add(index)));
  return results.reduce((sum, result) => sum + result, 0);
}

function ours(strategy: StrategyName): Subject {
  const scheduler = createScheduler({ strategy });
  scheduler.addWorker({ id: 'here', capacity: { cpu: CONCURRENCY } });
  return {
    ...queueOf((count, priorities) => sumOf(count, (index) => scheduler.submit({ name: 'no-op', priority: priorities[index] ?? 0, run: () => work(index) }).result)),
    close: () => scheduler.close(),
  };
}

interface Waiting {
  readonly run: () => Promise<number>;
  readonly resolve: (value: number) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * What no scheduler can do without: a line for each priority, a promise for each task, a count of what runs. It checks nothing, knows no
 * workers, and makes one object a task beside its promise.
 */
class BareLines {
  readonly #lines = Array.from({ length: PRIORITIES }, () => [] as Waiting[]);
  readonly #heads = new Uint32Array(PRIORITIES);
  readonly #idle: Slot[] = [];
  #running = 0;
  #wakesUp = false;
  readonly #start = (): void => {
    this.#wakesUp = false;
    for (let next = this.#next(); next !== undefined; next = this.#next()) {
      this.#running += 1;
      (this.#idle.pop() ?? new Slot((slot) => this.#ended(slot))).serve(next);
    }
  };

  add(run: () => Promise<number>, priority: number): Promise<number> {
    const result = new Promise<number>((resolve, reject) => this.#lines[priority]?.push({ run, resolve, reject }));
    this.#wakeUp();
    return result;
  }

  #ended(slot: Slot): void {
    this.#idle.push(slot);
    this.#running -= 1;
    this.#wakeUp();
  }

  #wakeUp(): void {
    if (this.#wakesUp) return;
    this.#wakesUp = true;
    queueMicrotask(this.#start);
  }

  #next(): Waiting | undefined {
    if (this.#running >= CONCURRENCY) return undefined;
    for (let priority = PRIORITIES - 1; priority >= 0; priority -= 1) {
      const line = this.#lines[priority] ?? [];
      const head = this.#heads[priority] ?? 0;
      if (head < line.length) {
        this.#heads[priority] = head + 1;
        return line[head];
      }
      line.length = 0;
      this.#heads[priority] = 0;
    }
    return undefined;
  }
}

/** Waits for one task after the other with the same two functions. */
class Slot {
  #task: Waiting | undefined;
  readonly #fulfilled: (value: number) => void;
  readonly #rejected: (error: unknown) => void;

  constructor(ended: (slot: Slot) => void) {
    this.#fulfilled = (value) => {
      this.#task?.resolve(value);
      ended(this);
    };
    this.#rejected = (error) => {
      this.#task?.reject(error);
      ended(this);
    };
  }

  serve(task: Waiting): void {
    this.#task = task;
    void task.run().then(this.#fulfilled, this.#rejected);
  }
}

export default defineBench({
  name: 'scheduler/dispatch',
  title: 'What does it cost to queue a task that does nothing, and to run it in its turn?',
  operation: `add + dispatch, ${QUEUED} queued, ${CONCURRENCY} at once`,
  cases: { 'no-op tasks': undefined },
  reference: 'p-queue with priorities',
  checkIterations: 1_000,
  rounds: 3,
  contenders: {
    '@fog/scheduler priority': () => warm(ours('priority')),
    '@fog/scheduler adaptive': () => warm(ours('adaptive')),
    'lines and promises alone (a floor)': () => {
      const lines = new BareLines();
      return warm(queueOf((count, priorities) => sumOf(count, (index) => lines.add(() => work(index), priorities[index] ?? 0))));
    },
    'p-queue with priorities': () => {
      const queue = new PQueue({ concurrency: CONCURRENCY });
      return warm(queueOf((count, priorities) => sumOf(count, (index) => queue.add(() => work(index), { priority: priorities[index] ?? 0 }))));
    },
    'fastq.promise (no priorities)': () => {
      const queue = fastq.promise<unknown, number, number>(work, CONCURRENCY);
      return warm(queueOf((count) => sumOf(count, (index) => queue.push(index))));
    },
    'p-limit (no priorities)': () => {
      const limit = pLimit(CONCURRENCY);
      return warm(queueOf((count) => sumOf(count, (index) => limit(work, index))));
    },
  },
  targets: (readings) => [
    { id: 'p-queue with priorities over ours, CPU', reach: '>= 5', value: readings.cpuNs('p-queue with priorities') / readings.cpuNs('@fog/scheduler priority') },
    { id: 'fastq.promise over ours, CPU', reach: '>= 1', value: readings.cpuNs('fastq.promise (no priorities)') / readings.cpuNs('@fog/scheduler priority') },
  ],
});
