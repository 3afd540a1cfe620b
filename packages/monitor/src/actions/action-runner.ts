import type { Clock } from '../clock.js';
import type { Alert } from '../rules/alert.js';
import type { Notification } from '../rules/notification.js';

/**
 * What an application lets rules do by name: notify somebody, scale out, add workers, record a profile. It may return a
 * promise; `signal` aborts when it has taken too long or the monitor is closed.
 */
export type Action = (notification: Notification, context: { readonly signal: AbortSignal }) => unknown;

/** Runs of one action for one group: one at a time, so that its news arrives in order. */
interface Lane {
  /** What came meanwhile, as one notification: of each alert the latest. */
  waiting: Notification | undefined;
}

/**
 * Runs actions, each on its own: one that throws, rejects or hangs costs the others and the monitor nothing. At most one
 * runs for a group at a time, and at most one notification waits for it, so that a slow one holds bounded memory.
 */
export class ActionRunner {
  readonly #actions: Readonly<Record<string, Action>>;
  readonly #timeoutMs: number;
  readonly #clock: Clock;
  readonly #failed: (action: string, error: unknown) => void;
  readonly #lanes = new Map<string, Lane>();
  readonly #closing = new AbortController();
  #runs = 0;
  #failures = 0;

  constructor(actions: Readonly<Record<string, Action>>, timeoutMs: number, clock: Clock, failed: (action: string, error: unknown) => void) {
    this.#actions = actions;
    this.#timeoutMs = timeoutMs;
    this.#clock = clock;
    this.#failed = failed;
  }

  get names(): readonly string[] {
    return Object.keys(this.#actions);
  }

  get runsTotal(): number {
    return this.#runs;
  }

  get failuresTotal(): number {
    return this.#failures;
  }

  get running(): number {
    return this.#lanes.size;
  }

  run(notification: Notification): void {
    const key = JSON.stringify([notification.action, notification.group, notification.labels]);
    const lane = this.#lanes.get(key);
    if (lane === undefined) void this.#work(key, notification);
    else lane.waiting = lane.waiting === undefined ? notification : merged(lane.waiting, notification);
  }

  close(): void {
    this.#closing.abort(new Error('the monitor was closed'));
    for (const lane of this.#lanes.values()) lane.waiting = undefined;
  }

  async #work(key: string, first: Notification): Promise<void> {
    const lane: Lane = { waiting: undefined };
    this.#lanes.set(key, lane);
    for (let next: Notification | undefined = first; next !== undefined && !this.#closing.signal.aborted; ) {
      await this.#call(next);
      next = lane.waiting;
      lane.waiting = undefined;
    }
    this.#lanes.delete(key);
  }

  /** Never rejects. */
  async #call(notification: Notification): Promise<void> {
    const { action } = notification;
    const controller = new AbortController();
    const abort = (): void => controller.abort(this.#closing.signal.reason);
    this.#closing.signal.addEventListener('abort', abort);
    const timer = this.#clock.setTimeout(() => controller.abort(new Error(`action "${action}" took longer than ${this.#timeoutMs} ms`)), this.#timeoutMs);
    timer.unref();
    this.#runs += 1;
    try {
      await settled(() => this.#actions[action]?.(notification, { signal: controller.signal }), controller.signal);
    } catch (error) {
      this.#failures += 1;
      this.#failed(action, error);
    } finally {
      timer.close();
      this.#closing.signal.removeEventListener('abort', abort);
    }
  }
}

/** Settles with what `call` gives, or rejects as soon as `signal` aborts: one that ignores it is left behind. */
function settled(call: () => unknown, signal: AbortSignal): Promise<unknown> {
  return new Promise((resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error));
    void Promise.resolve().then(call).then(resolve, reject);
  });
}

function merged(earlier: Notification, later: Notification): Notification {
  const alerts = new Map<string, Alert>();
  for (const alert of [...earlier.alerts, ...later.alerts]) alerts.set(alert.fingerprint, alert);
  return { ...later, alerts: [...alerts.values()] };
}
