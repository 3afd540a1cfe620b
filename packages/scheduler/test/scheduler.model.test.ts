import { expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import fc from 'fast-check';
import { createScheduler, type Scheduler, type StrategyName, type TaskContext, type TaskHandle, type TaskOptions } from '../src/index.js';

/** CPUs that tenant `b` may hold. */
const QUOTA = 5;

type Step =
  | { readonly kind: 'submit'; readonly cpu: number; readonly gpu: boolean; readonly priority: number; readonly maxWaitMs: number | undefined; readonly estimateMs: number; readonly deadlineMs: number | undefined; readonly preemptible: boolean; readonly retries: number; readonly tenant: string }
  | { readonly kind: 'gang'; readonly size: number; readonly cpu: number; readonly maxWaitMs: number | undefined }
  | { readonly kind: 'finish' | 'fail' | 'cancel'; readonly at: number }
  | { readonly kind: 'add'; readonly cpu: number; readonly gpu: boolean; readonly speed: number }
  | { readonly kind: 'remove' | 'force'; readonly at: number }
  | { readonly kind: 'update'; readonly at: number; readonly cpu: number }
  | { readonly kind: 'advance'; readonly ms: number };

const at = fc.nat(99);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.record({ kind: fc.constant('submit' as const), cpu: fc.integer({ min: 1, max: 4 }), gpu: fc.boolean(), priority: fc.integer({ min: 0, max: 3 }), maxWaitMs: fc.option(fc.nat(200), { nil: undefined }), estimateMs: fc.integer({ min: 1, max: 100 }), deadlineMs: fc.option(fc.integer({ min: 1, max: 300 }), { nil: undefined }), preemptible: fc.boolean(), retries: fc.nat(2), tenant: fc.constantFrom('a', 'b', 'c') }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('gang' as const), size: fc.integer({ min: 1, max: 3 }), cpu: fc.integer({ min: 1, max: 3 }), maxWaitMs: fc.option(fc.nat(200), { nil: undefined }) }) },
  { weight: 6, arbitrary: fc.record({ kind: fc.constantFrom('finish' as const, 'finish' as const, 'fail' as const, 'cancel' as const), at }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('add' as const), cpu: fc.integer({ min: 1, max: 6 }), gpu: fc.boolean(), speed: fc.integer({ min: 1, max: 3 }) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constantFrom('remove' as const, 'force' as const), at }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('update' as const), at, cpu: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('advance' as const), ms: fc.nat(60) }) },
);

/** What the model knows of a task. */
interface Known {
  readonly sequence: number;
  readonly cpu: number;
  readonly gpu: boolean;
  readonly priority: number;
  readonly gang: string | undefined;
  readonly tenant: string;
  readonly handle: TaskHandle<number>;
  /** The attempt that holds capacity: running, or told to stop. */
  holds: { readonly workerId: string; readonly gpus: readonly number[]; end: (error?: Error) => void } | undefined;
  attempts: number;
  settled: number;
}

interface Machine {
  cpu: number;
  readonly gpu: boolean;
  draining: boolean;
}

/** A scheduler under test and a naive book of who holds what beside it; what the book claims is checked at every start. */
class World {
  readonly clock = new ManualClock();
  readonly scheduler: Scheduler;
  readonly tasks: Known[] = [];
  readonly machines = new Map<string, Machine>();
  readonly breaches: string[] = [];
  readonly log: string[] = [];
  readonly #strategy: StrategyName;
  #machines = 0;
  #gangs = 0;

  constructor(strategy: StrategyName) {
    this.#strategy = strategy;
    this.scheduler = createScheduler({ strategy, clock: this.clock, random: () => 0.5, ...(this.isStrict ? {} : { tenants: { a: { weight: 2 }, b: { quota: { cpu: QUOTA } } } }) });
  }

  /** Strict orders are checked as such, and only where nothing overtakes by right. */
  get isStrict(): boolean {
    return this.#strategy === 'fifo' || this.#strategy === 'priority';
  }

  check(holds: boolean, breach: string): void {
    if (!holds) this.breaches.push(breach);
  }

  submit({ cpu, gpu, priority, maxWaitMs, estimateMs, deadlineMs, preemptible, retries, tenant }: Extract<Step, { kind: 'submit' }>): void {
    const wishes = this.isStrict ? {} : { preemptible, ...(maxWaitMs === undefined ? {} : { maxWaitMs }), retry: { retries, delayMs: 20 } };
    this.#submit({ cpu, gpu, priority, gang: undefined, tenant }, { needs: gpu ? { cpu, gpu: 0.5 } : { cpu }, priority, estimateMs, tenant, ...wishes, ...(deadlineMs === undefined ? {} : { deadlineMs }) });
  }

  submitGang({ size, cpu, maxWaitMs }: Extract<Step, { kind: 'gang' }>): void {
    if (this.isStrict) return;
    const id = `gang ${(this.#gangs += 1)}`;
    for (let rank = 0; rank < size; rank += 1)
      this.#submit({ cpu, gpu: false, priority: 0, gang: id, tenant: 'c' }, { needs: { cpu }, tenant: 'c', gang: { id, size }, ...(maxWaitMs === undefined ? {} : { maxWaitMs }) });
  }

  #submit(what: Pick<Known, 'cpu' | 'gpu' | 'priority' | 'gang' | 'tenant'>, options: Partial<TaskOptions<number>>): void {
    const known: Known = {
      ...what, sequence: this.tasks.length, holds: undefined, attempts: 0, settled: 0,
      handle: this.scheduler.submit({ name: `cpu${what.cpu}`, waitForCapacity: true, ...options, run: (context) => this.#run(known, context) }),
    };
    this.tasks.push(known);
    const settle = (): void => void (known.settled += 1);
    known.handle.result.then(settle, settle);
  }

  #run(known: Known, { workerId, gpus, signal, attempt }: TaskContext): Promise<number> {
    const name = `task ${known.sequence} on ${workerId}`;
    this.log.push(`${this.clock.now()}: ${name}`);
    known.attempts += 1;
    this.check(attempt === known.attempts, `${name}: attempt ${attempt} is the ${known.attempts}. start`);
    this.check(known.holds === undefined, `${name}: runs twice at once`);
    this.check(known.settled === 0, `${name}: starts after its end`);
    const machine = this.machines.get(workerId);
    this.check(machine?.draining === false, `${name}: the worker takes no tasks`);
    return new Promise((resolve, reject) => {
      const end = (error?: Error): void => {
        known.holds = undefined;
        if (error === undefined) resolve(known.sequence);
        else reject(error);
      };
      known.holds = { workerId, gpus, end };
      signal.addEventListener('abort', () => end(new Error('aborted')));
      const held = this.tasks.filter((task) => task.holds?.workerId === workerId);
      const cpu = held.reduce((sum, task) => sum + task.cpu, 0);
      this.check(cpu <= (machine?.cpu ?? 0), `${name}: ${cpu} of ${machine?.cpu} CPUs`);
      for (const index of gpus) {
        const shares = held.filter(({ holds }) => holds?.gpus.includes(index)).length;
        this.check(shares <= 2, `${name}: ${shares} halves of GPU ${index}`);
      }
      this.check(gpus.length === (known.gpu ? 1 : 0), `${name}: ${gpus.length} GPUs`);
      this.#checkOrder(known, name, machine);
      const quota = this.tasks.filter((task) => task.tenant === 'b' && task.holds !== undefined).reduce((sum, task) => sum + task.cpu, 0);
      this.check(this.isStrict || quota <= QUOTA, `${name}: tenant b holds ${quota} CPUs`);
    });
  }

  /** Nobody before it in the strict order could have had that worker. */
  #checkOrder(known: Known, name: string, machine: Machine | undefined): void {
    if (!this.isStrict) return;
    for (const other of this.tasks) {
      const before = this.#strategy === 'priority' && other.priority !== known.priority ? other.priority > known.priority : other.sequence < known.sequence;
      const couldRun = other.cpu <= (machine?.cpu ?? 0) && (!other.gpu || machine?.gpu === true);
      this.check(!(before && couldRun && other.handle.state === 'queued'), `${name}: passes task ${other.sequence}`);
    }
  }

  async apply(action: Step): Promise<void> {
    const ids = [...this.machines.keys()].filter((id) => this.machines.get(id)?.draining === false);
    const id = 'at' in action ? ids[action.at % ids.length] : undefined;
    const machine = id === undefined ? undefined : this.machines.get(id);
    switch (action.kind) {
      case 'submit':
        return this.submit(action);
      case 'gang':
        return this.submitGang(action);
      case 'advance':
        return this.clock.advance(action.ms);
      case 'add': {
        const added = `w${(this.#machines += 1)}`;
        this.machines.set(added, { cpu: action.cpu, gpu: action.gpu, draining: false });
        return this.scheduler.addWorker({ id: added, speed: action.speed, capacity: { cpu: action.cpu, ...(action.gpu ? { gpu: [1] } : {}) } });
      }
      case 'cancel':
        return void this.tasks[action.at % Math.max(1, this.tasks.length)]?.handle.cancel();
      case 'finish':
      case 'fail': {
        const running = this.tasks.filter(({ holds }) => holds !== undefined);
        return running[action.at % Math.max(1, running.length)]?.holds?.end(action.kind === 'fail' ? new Error('failed') : undefined);
      }
      case 'update':
        if (id === undefined || machine === undefined) return;
        machine.cpu = action.cpu;
        return this.scheduler.updateWorker(id, { capacity: { cpu: action.cpu, ...(machine.gpu ? { gpu: [1] } : {}) } });
      case 'remove':
      case 'force':
        if (id === undefined || machine === undefined) return;
        machine.draining = true;
        void this.scheduler.removeWorker(id, { force: action.kind === 'force' });
    }
  }

  checkBooks(): void {
    const { pending, active: running, succeededTotal, failedTotal, cancelledTotal, submittedTotal } = this.scheduler.stats();
    const states = this.tasks.map(({ handle }) => handle.state);
    this.check(pending === states.filter((state) => state === 'queued').length, `${pending} pending, by state ${states.join()}`);
    this.check(running === this.tasks.filter(({ holds }) => holds !== undefined).length, `${running} running`);
    this.check(submittedTotal === pending + running + succeededTotal + failedTotal + cancelledTotal, 'the counts do not add up');
    for (const { handle, settled, sequence } of this.tasks) {
      const ended = handle.state !== 'queued' && handle.state !== 'running';
      this.check(settled === (ended ? 1 : 0), `task ${sequence} is ${handle.state} and settled ${settled} times`);
      if (handle.state === 'queued' && this.isStrict)
        this.check(handle.explain().candidates.every(({ obstacle }) => obstacle !== undefined), `task ${sequence} waits beside a worker free for it: ${JSON.stringify(handle.explain().candidates)}`);
    }
  }

  /** Members of a gang run together or not at all: none is queued while another runs that was not told to stop. */
  checkGangs(): void {
    for (const { gang, handle, sequence } of this.tasks) {
      if (gang === undefined || handle.state !== 'running') continue;
      const waiting = this.tasks.filter((other) => other.gang === gang && other.handle.state === 'queued');
      this.check(waiting.length === 0, `task ${sequence} of ${gang} runs without ${waiting.length} of it`);
    }
  }

  /** With workers enough and every task ending, everything ends. */
  async finish(): Promise<void> {
    await this.apply({ kind: 'add', cpu: 9, gpu: true, speed: 1 }); // Room for the largest gang.
    for (let round = 0; round <= 4 * this.tasks.length && this.scheduler.stats().pending + this.scheduler.stats().active > 0; round += 1) {
      await this.clock.advanceAsync(50);
      for (const { holds } of this.tasks) holds?.end();
    }
    await this.clock.advanceAsync(0);
    this.checkBooks();
    this.check(this.tasks.every(({ settled }) => settled === 1), 'a task is lost');
    await this.scheduler.close();
    this.check(this.clock.pendingTimers === 0, 'a timer is left');
  }
}

async function play(strategy: StrategyName, steps: readonly Step[]): Promise<World> {
  const world = new World(strategy);
  await world.apply({ kind: 'add', cpu: 4, gpu: true, speed: 1 });
  for (const action of steps) {
    await world.apply(action);
    await world.clock.advanceAsync(0);
    world.checkBooks();
    world.checkGangs();
  }
  await world.finish();
  return world;
}

it.each(['fifo', 'priority', 'sla', 'cost', 'affinity', 'adaptive'] as const)('keeps the books under %s whatever happens: no over-commitment, nothing lost, ended once, in order, and the same again', async (strategy) => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
      const world = await play(strategy, steps);
      expect(world.breaches).toEqual([]);
      expect((await play(strategy, steps)).log).toEqual(world.log);
    }),
    { seed: 5, numRuns: 60 },
  );
});
