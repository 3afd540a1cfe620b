import { ManualClock } from '@fog/testkit';
import { createScheduler, type Scheduler, type SchedulerOptions, type TaskContext, type TaskHandle, type TaskOptions } from '../src/index.js';

/** A task of which the test decides when and how it ends. */
export interface Held {
  readonly handle: TaskHandle<string>;
  /** Of every attempt, in order. */
  readonly contexts: TaskContext[];
  finish(): void;
  fail(error: unknown): void;
}

/** A scheduler on a clock that stands still, and the order in which its tasks started. */
export interface Stage {
  readonly clock: ManualClock;
  readonly scheduler: Scheduler;
  /** `name@worker`. */
  readonly started: string[];
  /** Submits a task that runs until told to end; heeding its signal as an executor must. */
  readonly submit: (name: string, options?: Partial<TaskOptions<string>>) => Held;
  /** Time goes on, and everything that follows from it happens. */
  readonly advance: (ms: number) => Promise<void>;
}

export function stage(options: SchedulerOptions = {}): Stage {
  const clock = new ManualClock();
  const scheduler = createScheduler({ clock, ...options });
  const started: string[] = [];
  const submit: Stage['submit'] = (name, taskOptions = {}) => {
    const contexts: TaskContext[] = [];
    let finish = (): void => {};
    let fail = (_error: unknown): void => {};
    const run = (context: TaskContext): Promise<string> =>
      new Promise((resolve, reject) => {
        started.push(`${name}@${context.workerId}`);
        contexts.push(context);
        finish = () => resolve(name);
        fail = reject;
        context.signal.addEventListener('abort', () => reject(context.signal.reason as Error));
      });
    const handle = scheduler.submit<string>({ name, run, ...taskOptions });
    return { handle, contexts, finish: () => finish(), fail: (error) => fail(error) };
  };
  return { clock, scheduler, started, submit, advance: (ms) => clock.advanceAsync(ms) };
}

/** The code of what `call` throws. */
export function codeOf(call: () => unknown): string {
  try {
    call();
    return 'nothing thrown';
  } catch (error) {
    return String((error as { code?: unknown }).code);
  }
}
