import type { Clock } from '../clock.js';
import { invalidOption } from '../errors.js';
import { pressureChanged, pressureUnwatched } from '../events.js';
import { checkDelay, checkOptions, refuseUnknown } from '../options.js';
import { readPressure, type PressureReadings } from './pressure-sources.js';
import { nextLevel, worst, type PressureLevel, type Thresholds } from './pressure.js';

export interface PressureOptions {
  /** From which part of any limit on memory is short, above 0, below `critical`. @default 0.85 */
  readonly warning?: number;
  /** From which part on it is nearly gone, at most 1. @default 0.95 */
  readonly critical?: number;
  /** How far a reading must fall below a threshold before it counts as relieved, 0 up to `warning`. @default 0.05 */
  readonly hysteresis?: number;
  /** The same for the part of time in which tasks waited for memory (PSI). @default { warning: 0.1, critical: 0.4 } */
  readonly stall?: Thresholds;
  /** How often to look, in ms above 0. @default 1_000 */
  readonly intervalMs?: number;
  /** Where readings come from. @default process, container and system */
  readonly read?: () => PressureReadings;
}

export interface Pressure {
  readonly level: PressureLevel;
  readonly previous: PressureLevel;
  readonly readings: PressureReadings;
  /** What the arena evicted and gave back to the system because of it, in bytes. */
  readonly relievedBytes: number;
}

/**
 * Called when the level has changed, after the arena has done what it can; the place to shrink caches. What it throws, and what
 * `read` throws, is thrown by `check()`; at a look of the watch's own it is published on `@fog/arena:pressure:unwatched`, or else a warning of the process.
 */
export type PressureListener = (pressure: Pressure) => void;

export interface PressureWatch extends Disposable {
  readonly level: PressureLevel;
  readonly readings: PressureReadings;
  /** Looks now. @returns the level */
  check(): PressureLevel;
  /** Ends the watch. Idempotent. */
  close(): void;
}

interface Relievable {
  readonly name: string;
  readonly isClosed: boolean;
  purge(): number;
  evict(bytes?: number): number;
  stats(): { readonly liveBytes: number };
}

/** At a warning the arena gives free memory back; when it is critical it also evicts lazy objects, at each look. */
export function watchPressure(arena: Relievable, options: PressureOptions, listener: PressureListener, clock: Clock, onClosed: () => void): PressureWatch {
  checkOptions(options);
  const { warning = 0.85, critical = 0.95, hysteresis = 0.05, stall = { warning: 0.1, critical: 0.4 }, intervalMs = 1_000, read = readPressure, ...unknown } = options;
  refuseUnknown(unknown);
  checkThresholds('', { warning, critical });
  checkOptions(stall, 'stall');
  checkThresholds('stall.', stall);
  if (!(typeof hysteresis === 'number' && hysteresis >= 0 && hysteresis < warning)) throw invalidOption('hysteresis', hysteresis, `0 up to warning, ${warning}`);
  if (typeof read !== 'function') throw invalidOption('read', read, 'a function');
  if (typeof listener !== 'function') throw invalidOption('listener', listener, 'a function');
  checkDelay('intervalMs', intervalMs);

  let level: PressureLevel = 'normal';
  let readings: PressureReadings = {};
  let levels = new Map<string, PressureLevel>();
  const check = (): PressureLevel => {
    readings = read();
    const levelOf = (source: string, ratio: number): PressureLevel => nextLevel(levels.get(source) ?? 'normal', ratio, source === 'stall' ? stall : { warning, critical }, source === 'stall' ? 0 : hysteresis);
    // Of what was read now: a source that is gone is short of nothing.
    levels = new Map((Object.entries(readings) as [string, number][]).map(([source, ratio]) => [source, levelOf(source, ratio)]));
    const previous = level;
    level = worst([...levels.values()]);
    const changed = level !== previous;
    let relievedBytes = 0;
    if (level === 'critical') relievedBytes += arena.evict();
    if (level === 'critical' || (level === 'warning' && changed)) relievedBytes += arena.purge();
    if (changed) {
      const pressure = { level, previous, readings, relievedBytes };
      pressureChanged(arena.name, pressure);
      listener(pressure);
    }
    return level;
  };
  let failing = false;
  const close = (): void => {
    timer.close();
    onClosed();
  };
  const look = (): void => {
    if (arena.isClosed) return close(); // By another thread.
    try {
      check();
      failing = false;
    } catch (error) {
      if (!failing) pressureUnwatched(arena.name, error);
      failing = true;
    }
  };
  const timer = clock.setInterval(look, intervalMs);
  timer.unref();
  return {
    get level() {
      return level;
    },
    get readings() {
      return readings;
    },
    check,
    close,
    [Symbol.dispose]: close,
  };
}

function checkThresholds(prefix: string, { warning, critical }: Thresholds): void {
  if (!(typeof warning === 'number' && warning > 0 && warning < 1)) throw invalidOption(`${prefix}warning`, warning, 'above 0 and below 1');
  if (!(typeof critical === 'number' && critical > warning && critical <= 1)) throw invalidOption(`${prefix}critical`, critical, `above warning, ${warning}, and at most 1`);
}
