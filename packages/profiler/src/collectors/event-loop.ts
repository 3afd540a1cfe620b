import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Clock } from '../clock.js';
import { watchStalls } from '../stall-watch.js';
import type { Collector } from './collector.js';

/** The event loop was held for so long in one go. */
export interface StallSpan {
  /** From the start of the recording until the loop last answered. */
  readonly atMs: number;
  readonly durationMs: number;
}

/** How busy the event loop and the process were. */
export interface EventLoopFacts {
  /** Share of the time in which the loop ran callbacks instead of waiting, 0…1. */
  readonly utilizationRatio: number;
  /** How late a timer of 10 ms fired: 0 when it never got a turn. */
  readonly delayMeanMs: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Each time that it was held for longer than 50 ms, to 12 ms; at most a thousand. */
  readonly stalls: readonly StallSpan[];
  /** Of the whole process, all threads. */
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
}

const RESOLUTION_MS = 10;
const STALL_MS = 50;
const MOST_STALLS = 1_000;

export function eventLoopCollector(clock: Clock): Collector<EventLoopFacts> {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  const stalls: StallSpan[] = [];
  let utilization = performance.eventLoopUtilization();
  let cpu = process.cpuUsage();
  let watch: ReturnType<typeof watchStalls> | undefined;
  return {
    start() {
      const startedMs = clock.now();
      utilization = performance.eventLoopUtilization();
      cpu = process.cpuUsage();
      histogram.enable();
      watch = watchStalls(clock, STALL_MS, (durationMs) => {
        if (stalls.length < MOST_STALLS) stalls.push({ atMs: Math.max(0, clock.now() - startedMs - durationMs), durationMs });
      });
    },
    stop() {
      watch?.check(); // What holds the loop right now was answered by nobody yet.
      watch?.close();
      histogram.disable();
      const { user, system } = process.cpuUsage(cpu);
      // The histogram holds the time between two firings, which on an idle loop is the timer's own 10 ms.
      const delayMs = (ns: number): number => (histogram.count === 0 ? 0 : Math.max(0, ns / 1e6 - RESOLUTION_MS));
      return {
        utilizationRatio: performance.eventLoopUtilization(utilization).utilization,
        delayMeanMs: delayMs(histogram.mean),
        delayP99Ms: delayMs(histogram.percentile(99)),
        delayMaxMs: delayMs(histogram.max),
        stalls,
        cpuUserMs: user / 1e3,
        cpuSystemMs: system / 1e3,
      };
    },
  };
}
