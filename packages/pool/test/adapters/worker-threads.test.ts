import { ManualClock } from '@fog/testkit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { availableParallelism } from 'node:os';
import { createWorkerPool, serveTasks, type WorkerPool, type WorkerPoolOptions } from '../../src/adapters/worker-threads.js';
import { runIdleProgram } from './program.js';

/** What tasks.worker.mjs serves. */
interface TestTasks {
  readonly [name: string]: (payload: never) => unknown;
  readonly add: (payload: { readonly a: number; readonly b: number }) => number;
  readonly increment: (shared: SharedArrayBuffer) => void;
  readonly length: (bytes: Uint8Array) => number;
  readonly bytes: (size: number) => Promise<Uint8Array>;
  readonly throws: (what: 'error' | 'string' | 'function' | 'with a function' | 'unspeakable' | 'evil') => never;
  readonly gives: (what: 'function') => () => void;
  readonly crash: () => Promise<never>;
  readonly exit: (code: number) => never;
  readonly fill: () => never;
  readonly untilAborted: () => Promise<string>;
  readonly ignoreAbort: () => Promise<never>;
  readonly keep: (mebibytes: number) => void;
  readonly spin: () => never;
  readonly hold: (gate: SharedArrayBuffer) => number;
  readonly config: () => { readonly data: unknown; readonly argv: readonly string[]; readonly env: string | undefined };
}

const worker = new URL('tasks.worker.mjs', import.meta.url);
const pools: WorkerPool<TestTasks>[] = [];
const start = (options: Partial<WorkerPoolOptions> = {}): WorkerPool<TestTasks> => {
  const pool = createWorkerPool<TestTasks>({ worker, size: 1, ...options });
  pools.push(pool);
  return pool;
};
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.close({ force: true, timeoutMs: 0 })));
});

async function eventually(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 2));
}

describe('a pool of worker threads', () => {
  it('runs tasks by name and gives their results, on as many threads as it may have', async () => {
    const workers = start({ size: 2 });
    const sums: number[] = await Promise.all([1, 2, 3, 4, 5].map((a) => workers.run('add', { a, b: 10 })));
    expect(sums).toEqual([11, 12, 13, 14, 15]);
    const gate = new SharedArrayBuffer(4);
    const held = [workers.run('hold', gate), workers.run('hold', gate)];
    await eventually(() => workers.stats().leased === 2);
    Atomics.store(new Int32Array(gate), 0, 1);
    await eventually(() => {
      Atomics.notify(new Int32Array(gate), 0);
      return workers.stats().leased === 0;
    });
    expect(await Promise.all(held)).toEqual([1, 1]);
    expect(workers.stats()).toMatchObject({ createdTotal: 2, acquiredTotal: 7, idle: 2 });
  });

  it('has 8 threads, or as many as can run at once', () => {
    const workers = createWorkerPool<TestTasks>({ worker });
    pools.push(workers);
    expect(workers.stats()).toMatchObject({ max: Math.min(8, availableParallelism()), min: 0, size: 0 });
  });

  it('shares SharedArrayBuffers, moves what is to be moved, and copies the rest', async () => {
    const workers = start();
    const shared = new SharedArrayBuffer(4);
    await workers.run('increment', shared);
    await workers.run('increment', shared);
    expect(new Int32Array(shared)[0]).toBe(2);
    const moved = new Uint8Array(1_000);
    expect(await workers.run('length', moved, { transfer: [moved.buffer] })).toBe(1_000);
    expect(moved.byteLength).toBe(0);
    const copied = new Uint8Array(1_000);
    expect(await workers.run('length', copied)).toBe(1_000);
    expect(copied.byteLength).toBe(1_000);
    expect((await workers.run('bytes', 5_000)).byteLength).toBe(5_000);
  });

  it('refuses any number of tasks that it cannot send, whoever waits behind them', async () => {
    const workers = start();
    const asked = Array.from({ length: 20_000 }, () => workers.run('toString' as never, 0 as never));
    const last = workers.run('length', new Uint8Array(3));
    expect(new Set((await Promise.allSettled(asked)).map(({ status }) => status))).toEqual(new Set(['rejected']));
    expect(await last).toBe(3);
    expect(workers.stats()).toMatchObject({ createdTotal: 1, leased: 0, waiting: 0 });
  });

  it('passes its options to the threads', async () => {
    const workers = start({ workerData: { greeting: 'hi' }, argv: ['--quiet'], env: { COLOUR: 'blue' } });
    expect(await workers.run('config', undefined)).toEqual({ data: { greeting: 'hi' }, argv: ['--quiet'], env: 'blue' });
  });

  it('rejects with what the task threw, its name and code kept, and keeps the thread', async () => {
    const workers = start();
    await expect(workers.run('throws', 'error')).rejects.toMatchObject({ name: 'QuotaError', code: 'E_QUOTA', message: 'too much' });
    await expect(workers.run('throws', 'string')).rejects.toBe('just a string');
    await expect(workers.run('throws', 'function')).rejects.toThrow('=>');
    await expect(workers.run('throws', 'with a function')).rejects.toMatchObject({ name: 'RangeError', message: 'odd', code: 7 });
    for (const what of ['unspeakable', 'evil'] as const) await expect(workers.run('throws', what)).rejects.toMatchObject({ message: 'something was thrown that cannot be shown, of type object' });
    expect(workers.stats()).toMatchObject({ createdTotal: 1, idle: 1 });
  });

  it('rejects for what cannot be copied, either way, and keeps the thread', async () => {
    const workers = start();
    await expect(workers.run('add', { a: 1, b: (() => 1) as never })).rejects.toMatchObject({ name: 'DataCloneError' });
    await expect(workers.run('gives', 'function')).rejects.toMatchObject({ name: 'DataCloneError' });
    expect(await workers.run('add', { a: 1, b: 2 })).toBe(3);
    expect(workers.stats().createdTotal).toBe(1);
  });

  it('rejects a task that the worker does not serve, and names those it does', async () => {
    const workers = start();
    await expect(workers.run('sum', 0 as never)).rejects.toMatchObject({ code: 'ERR_POOL_UNKNOWN_TASK', message: expect.stringContaining("'sum'; it serves add, ") });
    await expect(workers.run('toString', 0 as never)).rejects.toMatchObject({ code: 'ERR_POOL_UNKNOWN_TASK' });
    expect(workers.stats()).toMatchObject({ createdTotal: 1, idle: 1 });
  });

  it('rejects the task of a thread that crashes with the crash as cause, and replaces the thread', async () => {
    const workers = start();
    await expect(workers.run('crash', undefined)).rejects.toMatchObject({ code: 'ERR_POOL_WORKER_CRASHED', cause: { message: 'out of cheese' } });
    expect(await workers.run('add', { a: 1, b: 2 })).toBe(3);
    expect(workers.stats()).toMatchObject({ createdTotal: 2, destroyedTotal: 1 });
  });

  it('rejects the task of a thread that exits or runs out of memory, and replaces the thread', async () => {
    const workers = start({ resourceLimits: { maxOldGenerationSizeMb: 16 } });
    await expect(workers.run('exit', 3)).rejects.toMatchObject({ code: 'ERR_POOL_WORKER_EXITED', message: expect.stringContaining('code 3') });
    await expect(workers.run('fill', undefined)).rejects.toMatchObject({ code: 'ERR_POOL_WORKER_CRASHED', cause: { code: 'ERR_WORKER_OUT_OF_MEMORY' } });
    expect(await workers.run('add', { a: 1, b: 2 })).toBe(3);
  });

  it('replaces a thread that ends while idle, and keeps its minimum', async () => {
    const workers = start({ min: 1 });
    await workers.ready();
    await expect(workers.run('exit', 0)).rejects.toMatchObject({ code: 'ERR_POOL_WORKER_EXITED' });
    await eventually(() => workers.stats().idle === 1);
    expect(workers.stats().createdTotal).toBe(2);
  });

  it('tells a task that its caller has aborted, and frees the caller at once', async () => {
    const workers = start();
    const controller = new AbortController();
    const aborted = workers.run('untilAborted', undefined, { signal: controller.signal });
    await eventually(() => workers.stats().leased === 1);
    controller.abort(new Error('no longer wanted'));
    await expect(aborted).rejects.toThrow('no longer wanted');
    expect(await workers.run('add', { a: 1, b: 2 })).toBe(3);
    expect(workers.stats()).toMatchObject({ createdTotal: 1 });
  });

  it('ends the thread of an aborted task that goes on regardless', async () => {
    const workers = start({ abortGraceMs: 20 });
    const controller = new AbortController();
    const aborted = workers.run('spin', undefined, { signal: controller.signal });
    await eventually(() => workers.stats().leased === 1);
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    expect(await workers.run('add', { a: 1, b: 2 })).toBe(3);
    expect(workers.stats()).toMatchObject({ createdTotal: 2, destroyedTotal: 1, leased: 0 });
  });

  it('drops a task that waits for a thread when its caller aborts, or its time is over', async () => {
    const workers = start();
    const gate = new SharedArrayBuffer(4);
    const running = workers.run('hold', gate);
    const controller = new AbortController();
    const aborted = workers.run('add', { a: 1, b: 2 }, { signal: controller.signal });
    const late = workers.run('add', { a: 1, b: 2 }, { timeoutMs: 5 });
    controller.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    await expect(late).rejects.toMatchObject({ code: 'ERR_POOL_ACQUIRE_TIMEOUT' });
    await expect(workers.run('add', { a: 1, b: 2 }, { signal: AbortSignal.abort() })).rejects.toMatchObject({ name: 'AbortError' });
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    expect(await running).toBe(1);
  });

  it('takes the most urgent of the tasks that wait first', async () => {
    const workers = start({ size: 1 });
    const gate = new SharedArrayBuffer(4);
    const running = workers.run('hold', gate);
    const order: number[] = [];
    const waiting = [0, 5, 9].map((priority) => workers.run('add', { a: priority, b: 0 }, { priority }).then((sum) => order.push(sum)));
    Atomics.store(new Int32Array(gate), 0, 1);
    Atomics.notify(new Int32Array(gate), 0);
    await Promise.all([running, ...waiting]);
    expect(order).toEqual([9, 5, 0]);
  });

  it('runs several tasks at once on one thread, if it may', async () => {
    const workers = start({ concurrency: 3 });
    const controllers = [1, 2, 3].map(() => new AbortController());
    const running = Promise.allSettled(controllers.map(({ signal }) => workers.run('untilAborted', undefined, { signal })));
    await eventually(() => workers.stats().leased === 1);
    const fourth = workers.run('add', { a: 1, b: 2 });
    await eventually(() => workers.stats().waiting === 1);
    controllers[1]?.abort(new Error('second'));
    expect(await fourth).toBe(3);
    for (const controller of controllers) controller.abort(new Error('others'));
    expect((await running).map((outcome) => outcome.status === 'rejected' && (outcome.reason as Error).message)).toEqual(['others', 'second', 'others']);
    expect(workers.stats()).toMatchObject({ createdTotal: 1 });
  });

  it('rejects all tasks of a thread that crashes, each by its name', async () => {
    const workers = start({ concurrency: 2 });
    const waiting = workers.run('untilAborted', undefined);
    const crashing = workers.run('crash', undefined);
    for (const [task, name] of [[waiting, 'untilAborted'], [crashing, 'crash']] as const)
      await expect(task).rejects.toMatchObject({ code: 'ERR_POOL_WORKER_CRASHED', message: expect.stringContaining(`task ${name}:`), cause: { message: 'out of cheese' } });
    expect(await workers.run('add', { a: 1, b: 2 })).toBe(3);
  });

  it('lets the other tasks of a thread end before it goes for an aborted one, unless that blocks it', async () => {
    const workers = start({ concurrency: 2, abortGraceMs: 20 });
    const controller = new AbortController();
    const neighbour = new AbortController();
    const ignoring = expect(workers.run('ignoreAbort', undefined, { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    const other = expect(workers.run('untilAborted', undefined, { signal: neighbour.signal })).rejects.toThrow('done');
    await eventually(() => workers.stats().acquiredTotal === 2);
    controller.abort();
    await ignoring;
    await eventually(() => workers.stats().releasedTotal === 1);
    expect(workers.stats().destroyedTotal).toBe(0);
    neighbour.abort(new Error('done'));
    await other;
    await eventually(() => workers.stats().destroyedTotal === 1);

    const blocking = new AbortController();
    const spinning = expect(workers.run('spin', undefined, { signal: blocking.signal })).rejects.toMatchObject({ name: 'AbortError' });
    const blocked = expect(workers.run('add', { a: 1, b: 2 })).rejects.toMatchObject({ code: 'ERR_POOL_WORKER_EXITED', message: expect.stringContaining('blocked') });
    await eventually(() => workers.stats().acquiredTotal === 4);
    blocking.abort();
    await spinning;
    await blocked;
    expect(await workers.run('add', { a: 1, b: 2 })).toBe(3);
  });

  it('replaces a thread that has too much memory in use after a task', async () => {
    const workers = start({ maxHeapBytes: 100 * 2 ** 20 });
    await workers.run('keep', 50);
    expect(workers.stats()).toMatchObject({ createdTotal: 1, destroyedTotal: 0 });
    await workers.run('keep', 100);
    await eventually(() => workers.stats().destroyedTotal === 1);
    expect(await workers.run('add', { a: 1, b: 2 })).toBe(3);
    expect(workers.stats().createdTotal).toBe(2);
  });

  it('takes back a thread whose task goes on for too long, if it reclaims leaks, and tells the caller why', async () => {
    const rejections: unknown[] = [];
    const record = (reason: unknown): unknown => rejections.push(reason);
    process.on('unhandledRejection', record);
    const pool = start({ leakAfterMs: 20, leakReclaim: true });
    await expect(pool.run('ignoreAbort', undefined as never)).rejects.toMatchObject({ code: 'ERR_POOL_WORKER_EXITED', message: expect.stringContaining('leakAfterMs') });
    expect(await pool.run('add', { a: 1, b: 2 })).toBe(3);
    await new Promise((resolve) => setImmediate(resolve));
    process.off('unhandledRejection', record);
    expect(rejections).toEqual([]);
    expect(pool.stats()).toMatchObject({ leaksTotal: 1, destroyErrorsTotal: 0, leases: 0 });
  });

  it('tells of no lease that it has taken back already, whether the task goes on or ends', async () => {
    const uncaught: unknown[] = [];
    const record = (error: unknown): unknown => uncaught.push(error);
    process.on('uncaughtException', record);
    for (const task of ['ignoreAbort', 'untilAborted'] as const) {
      const clock = new ManualClock();
      const pool = start({ leakAfterMs: 20, leakReclaim: true, concurrency: 2, abortGraceMs: 5, maxHeapBytes: 1, clock });
      const [controller, neighbour] = [new AbortController(), new AbortController()];
      const aborted = expect(pool.run(task, undefined, { signal: controller.signal })).rejects.toThrow('enough');
      await eventually(() => pool.stats().acquiredTotal === 1);
      clock.advance(10);
      const other = expect(pool.run('untilAborted', undefined, { signal: neighbour.signal })).rejects.toThrow('done');
      await eventually(() => pool.stats().acquiredTotal === 2);
      clock.advance(10);
      expect(pool.stats()).toMatchObject({ leaksTotal: 1, leases: 1, size: 1 });
      controller.abort(new Error('enough'));
      await aborted;
      neighbour.abort(new Error('done'));
      await other;
      await eventually(() => pool.stats().destroyedTotal === 1);
      clock.advance(5);
      expect(pool.stats()).toMatchObject({ leases: 0, size: 0 });
    }
    process.off('uncaughtException', record);
    expect(uncaught).toEqual([]);
  });

  it('leaves no timer of an aborted task whose thread has ended', async () => {
    const clock = new ManualClock();
    const workers = start({ abortGraceMs: 0, clock });
    const controller = new AbortController();
    const aborted = expect(workers.run('ignoreAbort', undefined, { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    await eventually(() => workers.stats().leased === 1);
    controller.abort();
    await aborted;
    await eventually(() => workers.stats().destroyedTotal === 1);
    expect(clock.pendingRefs).toBe(0);
  });

  it('lets the neighbours of an aborted task end with abortGraceMs 0, too, unless it blocks them', async () => {
    const workers = start({ concurrency: 2, abortGraceMs: 0 });
    const [controller, neighbour] = [new AbortController(), new AbortController()];
    const ignoring = expect(workers.run('ignoreAbort', undefined, { signal: controller.signal })).rejects.toMatchObject({ name: 'AbortError' });
    const other = expect(workers.run('untilAborted', undefined, { signal: neighbour.signal })).rejects.toThrow('done');
    await eventually(() => workers.stats().acquiredTotal === 2);
    controller.abort();
    await ignoring;
    expect(workers.stats()).toMatchObject({ releasedTotal: 1, destroyedTotal: 0 });
    neighbour.abort(new Error('done'));
    await other;
    await eventually(() => workers.stats().destroyedTotal === 1);

    const blocking = new AbortController();
    const spinning = expect(workers.run('spin', undefined, { signal: blocking.signal })).rejects.toMatchObject({ name: 'AbortError' });
    const blocked = expect(workers.run('add', { a: 1, b: 2 })).rejects.toMatchObject({ code: 'ERR_POOL_WORKER_EXITED', message: expect.stringContaining('blocked') });
    await eventually(() => workers.stats().acquiredTotal === 4);
    blocking.abort();
    await spinning;
    await blocked;
  });

  it('waits for running tasks when it is closed, and ends them by force', async () => {
    const workers = start();
    const gate = new SharedArrayBuffer(4);
    const running = workers.run('hold', gate);
    await eventually(() => workers.stats().leased === 1);
    const closed = workers.close();
    Atomics.store(new Int32Array(gate), 0, 7);
    Atomics.notify(new Int32Array(gate), 0);
    expect(await running).toBe(7);
    await closed;

    const others = start();
    const spinning = others.run('spin', undefined);
    const ended = expect(spinning).rejects.toMatchObject({ code: 'ERR_POOL_CLOSED' });
    await eventually(() => others.stats().leased === 1);
    await others.close({ timeoutMs: 0, force: true });
    await ended;
  });

  it('says why a worker cannot start', async () => {
    await expect(start({ worker: new URL('nowhere.mjs', import.meta.url) }).run('add', { a: 1, b: 2 })).rejects.toMatchObject({ code: expect.stringMatching(/MODULE_NOT_FOUND$/) });
    await expect(start({ worker: new URL('data:text/javascript,') }).run('add', { a: 1, b: 2 })).rejects.toMatchObject({
      code: 'ERR_POOL_WORKER_EXITED',
      message: 'workers: the worker exited with code 0 before it called serveTasks()',
    });
    await expect(start({ worker: new URL('data:text/javascript,setInterval(()=>{},1e6)'), createTimeoutMs: 200 }).run('add', { a: 1, b: 2 })).rejects.toMatchObject({ code: 'ERR_POOL_CREATE_TIMEOUT' });
  });

  it('does not keep a process alive that has nothing else to do', async () => {
    expect(await runIdleProgram('threads')).toBe('idle');
  });

  it('refuses what it does not know, and serveTasks outside of a worker', async () => {
    for (const options of [{}, { worker: 5 }, { worker, size: 0 }, { worker, max: 3 }, { worker, abortGraceMs: -1 }, { worker, maxHeapBytes: 0 }, { worker, concurrency: 0 }, { worker, wrokerData: 1 }, { worker, resourceLimits: 1 }, { worker, resourceLimits: { maxOldGenerationSizeMb: '64' } }, { worker, resourceLimits: { maxOldGenerationSizeMB: 64 } }, { worker, execArgv: [5] }, { worker, env: 'x' }, { worker, execArgv: '--x' }, { worker, argv: 1 }])
      expect(() => createWorkerPool(options as never)).toThrow(expect.objectContaining({ code: 'ERR_POOL_INVALID_OPTION' }));
    const workers = start();
    for (const options of [{ transfers: [] }, { transfer: 1 }, null, 'signal']) await expect(workers.run('add', { a: 1, b: 2 }, options as never)).rejects.toMatchObject({ code: 'ERR_POOL_INVALID_OPTION' });
    expect(() => serveTasks({})).toThrow(expect.objectContaining({ code: 'ERR_POOL_NOT_A_WORKER' }));
  });
});
