import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Collector } from './collector.js';

/** How busy the event loop and the process were. */
export interface EventLoopFacts {
  /** Share of the time in which the loop ran callbacks instead of waiting, 0…1. */
  readonly utilizationRatio: number;
  /** How late a timer of 10 ms fired: 0 when it never got a turn. */
  readonly delayMeanMs: number;
  readonly delayP99Ms: number;
  readonly delayMaxMs: number;
  /** Of the whole process, all threads. */
  readonly cpuUserMs: number;
  readonly cpuSystemMs: number;
}

const RESOLUTION_MS = 10;

export function eventLoopCollector(): Collector<EventLoopFacts> {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  let utilization = performance.eventLoopUtilization();
  let cpu = process.cpuUsage();
  return {
    async start() {
      utilization = performance.eventLoopUtilization();
      cpu = process.cpuUsage();
      histogram.enable();
    },
    async stop() {
      histogram.disable();
      const { user, system } = process.cpuUsage(cpu);
      // The histogram holds the time between two firings, which on an idle loop is the timer's own 10 ms.
      const delayMs = (ns: number): number => (histogram.count === 0 ? 0 : Math.max(0, ns / 1e6 - RESOLUTION_MS));
      return {
        utilizationRatio: performance.eventLoopUtilization(utilization).utilization,
        delayMeanMs: delayMs(histogram.mean),
        delayP99Ms: delayMs(histogram.percentile(99)),
        delayMaxMs: delayMs(histogram.max),
        cpuUserMs: user / 1e3,
        cpuSystemMs: system / 1e3,
      };
    },
  };
}
