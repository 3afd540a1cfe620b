import { monitorEventLoopDelay, performance, PerformanceObserver, type IntervalHistogram } from 'node:perf_hooks';
import { getHeapStatistics } from 'node:v8';
import type { Recorder } from '../registry.js';
import type { Source } from './source.js';

/** Wakes the process this often. At 10 ms that takes 5 ms of CPU a second, at 50 ms 1.4; a longer stall is seen almost whole. */
const DELAY_RESOLUTION_MS = 50;
const NANOSECONDS_PER_MS = 1e6;
const MICROSECONDS_PER_MS = 1e3;

/** The process from inside: CPU time, event loop, garbage collection, heap. On every platform. */
export class Runtime implements Source {
  readonly name = 'runtime';
  readonly #recorder: Recorder;
  readonly #series;
  readonly #delay: IntervalHistogram;
  readonly #collections = new Collections();
  /** When this was last read, by the process's own clock, since that is what Node's figures are counted in. */
  #previousMs = Number.NaN;
  #previousIdleMs = Number.NaN;
  #previousCpuMs = Number.NaN;

  constructor(recorder: Recorder) {
    this.#recorder = recorder;
    this.#series = {
      cpu: recorder.open('process.cpu.usage'),
      loopUtilization: recorder.open('nodejs.eventloop.utilization'),
      delayMean: recorder.open('nodejs.eventloop.delay.mean'),
      delayMax: recorder.open('nodejs.eventloop.delay.max'),
      heapUsed: recorder.open('v8js.memory.heap.used'),
      heapLimit: recorder.open('v8js.memory.heap.limit'),
      gcCount: recorder.open('v8js.gc.count'),
      gcDuration: recorder.open('v8js.gc.duration'),
      gcPauseMax: recorder.open('v8js.gc.pause.max'),
    };
    this.#delay = monitorEventLoopDelay({ resolution: DELAY_RESOLUTION_MS });
    this.#delay.enable();
  }

  collect(): void {
    const nowMs = performance.now();
    const elapsedMs = nowMs - this.#previousMs;
    this.#previousMs = nowMs;
    this.#collectUse(elapsedMs);
    this.#collectDelay();
    this.#collectHeap(elapsedMs);
  }

  close(): void {
    this.#delay.disable();
    this.#collections.close();
  }

  #collectUse(elapsedMs: number): void {
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / MICROSECONDS_PER_MS;
    // What `eventLoopUtilization()` computes, without its objects.
    const idleMs = performance.nodeTiming.idleTime;
    this.#recorder.record(this.#series.cpu, (cpuMs - this.#previousCpuMs) / elapsedMs);
    // The two clocks are read one after the other; a loop that did nothing else would come out a hair below 0.
    this.#recorder.record(this.#series.loopUtilization, Math.max(0, 1 - (idleMs - this.#previousIdleMs) / elapsedMs));
    this.#previousCpuMs = cpuMs;
    this.#previousIdleMs = idleMs;
  }

  /** The histogram has the time from one waking to the next; what it is above the resolution is delay. NaN without one. */
  #collectDelay(): void {
    if (this.#delay.count === 0) return;
    this.#recorder.record(this.#series.delayMean, Math.max(0, this.#delay.mean / NANOSECONDS_PER_MS - DELAY_RESOLUTION_MS));
    this.#recorder.record(this.#series.delayMax, Math.max(0, this.#delay.max / NANOSECONDS_PER_MS - DELAY_RESOLUTION_MS));
    this.#delay.reset();
  }

  #collectHeap(elapsedMs: number): void {
    const { used_heap_size: used, heap_size_limit: limit } = getHeapStatistics();
    this.#recorder.record(this.#series.heapUsed, used);
    this.#recorder.record(this.#series.heapLimit, limit);
    this.#recorder.record(this.#series.gcCount, (this.#collections.count / elapsedMs) * 1_000);
    this.#recorder.record(this.#series.gcDuration, this.#collections.durationMs / elapsedMs);
    this.#recorder.record(this.#series.gcPauseMax, this.#collections.longestMs);
    this.#collections.reset();
  }
}

/** Garbage collections since the last reset. Node reports each a turn of the event loop later. */
class Collections {
  count = 0;
  durationMs = 0;
  longestMs = 0;
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const { duration } of list.getEntries()) {
        this.count += 1;
        this.durationMs += duration;
        this.longestMs = Math.max(this.longestMs, duration);
      }
    });
    this.#observer.observe({ entryTypes: ['gc'] });
  }

  reset(): void {
    this.count = this.durationMs = this.longestMs = 0;
  }

  close(): void {
    this.#observer.disconnect();
  }
}
