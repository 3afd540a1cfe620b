import { getHeapStatistics } from 'node:v8';
import type { Clock } from './clock.js';
import { invalidOption } from './errors.js';
import { asNumber, asObject, refuseUnknown } from './refusal.js';
import type { Profile } from './profile.js';

/** When continuous sampling hands over what it has kept, beside stalls. Nothing unless asked for. */
export interface TriggerOptions {
  /** Threads of this process keep so many cores busy, for `cpuForMs` on end. Above 0. @default Infinity: never */
  readonly cpuAboveCores?: number;
  /** From 1_000 to 600_000. @default 10_000 */
  readonly cpuForMs?: number;
  /** V8's heap is so full, of what it may grow to. Above 0, at most 1. @default Infinity: never */
  readonly heapAboveRatio?: number;
  /** The process gets this signal. Node's own use of `SIGUSR1` is left alone. @default undefined: none */
  readonly signal?: 'SIGUSR2' | 'SIGHUP' | undefined;
  /** At most once in so many ms is handed over, signals apart. From 0 to 86_400_000. @default 60_000 */
  readonly everyMs?: number;
  readonly onTrigger: (capture: Capture) => void;
}

export interface Capture {
  readonly reason: 'cpu' | 'heap' | 'signal';
  /** Busy cores, or how full the heap is; 0 of a signal. */
  readonly value: number;
  /** All that is kept. */
  readonly profile: Profile;
}

export type ResolvedTriggers = Required<Omit<TriggerOptions, 'signal'>> & Pick<TriggerOptions, 'signal'>;

export function resolveTriggers(options: TriggerOptions): ResolvedTriggers {
  const { cpuAboveCores = Infinity, cpuForMs = 10_000, heapAboveRatio = Infinity, signal, everyMs = 60_000, onTrigger, ...unknown } = asObject('continuous.triggers', options);
  refuseUnknown('continuous.triggers.', unknown);
  if (!(typeof cpuAboveCores === 'number' && cpuAboveCores > 0)) throw invalidOption('continuous.triggers.cpuAboveCores', cpuAboveCores, 'a number above 0');
  asNumber('continuous.triggers.cpuForMs', cpuForMs, 1_000, 600_000);
  if (!(typeof heapAboveRatio === 'number' && heapAboveRatio > 0 && (heapAboveRatio <= 1 || heapAboveRatio === Infinity))) throw invalidOption('continuous.triggers.heapAboveRatio', heapAboveRatio, 'above 0 and at most 1');
  if (signal !== undefined && signal !== 'SIGUSR2' && signal !== 'SIGHUP') throw invalidOption('continuous.triggers.signal', signal, 'SIGUSR2 or SIGHUP');
  asNumber('continuous.triggers.everyMs', everyMs, 0, 86_400_000);
  if (typeof onTrigger !== 'function') throw invalidOption('continuous.triggers.onTrigger', onTrigger, 'a function');
  return { cpuAboveCores, cpuForMs, heapAboveRatio, signal, everyMs, onTrigger };
}

/** What the process uses at one moment. */
export interface Usage {
  readonly atMs: number;
  /** CPU time since the process began. */
  readonly cpuMs: number;
  readonly heapRatio: number;
}

/** Decides from one reading after the other; knows neither clock nor process. */
export class TriggerRule {
  readonly #options: ResolvedTriggers;
  #last: Usage | undefined;
  #busySinceMs: number | undefined;
  #nextMs = -Infinity;

  constructor(options: ResolvedTriggers) {
    this.#options = options;
  }

  next(usage: Usage): Pick<Capture, 'reason' | 'value'> | undefined {
    const { cpuAboveCores, cpuForMs, heapAboveRatio, everyMs } = this.#options;
    const last = this.#last ?? usage;
    this.#last = usage;
    const cores = usage.atMs > last.atMs ? (usage.cpuMs - last.cpuMs) / (usage.atMs - last.atMs) : 0;
    this.#busySinceMs = cores > cpuAboveCores ? (this.#busySinceMs ?? last.atMs) : undefined;
    if (usage.atMs < this.#nextMs) return undefined;
    const isBusy = this.#busySinceMs !== undefined && usage.atMs - this.#busySinceMs >= cpuForMs;
    if (!isBusy && usage.heapRatio <= heapAboveRatio) return undefined;
    this.#nextMs = usage.atMs + everyMs;
    return isBusy ? { reason: 'cpu', value: cores } : { reason: 'heap', value: usage.heapRatio };
  }
}

const LOOK_EVERY_MS = 1_000;

/** Calls `capture` when a trigger fires. */
export function watchTriggers(options: ResolvedTriggers, clock: Clock, capture: (why: Pick<Capture, 'reason' | 'value'>) => void): { close(): void } {
  const { signal, cpuAboveCores, heapAboveRatio } = options;
  const rule = new TriggerRule(options);
  const look = (): void => {
    const { user, system } = process.cpuUsage();
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    const why = rule.next({ atMs: clock.now(), cpuMs: (user + system) / 1e3, heapRatio: used / limit });
    if (why !== undefined) capture(why);
  };
  const timer = cpuAboveCores === Infinity && heapAboveRatio === Infinity ? undefined : clock.setInterval(look, LOOK_EVERY_MS);
  timer?.unref();
  const onSignal = (): void => capture({ reason: 'signal', value: 0 });
  if (signal !== undefined) process.on(signal, onSignal);
  return {
    close() {
      timer?.close();
      if (signal !== undefined) process.off(signal, onSignal);
    },
  };
}
