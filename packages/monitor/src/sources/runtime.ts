import { performance } from 'node:perf_hooks';
import type { Clock } from '../clock.js';
import type { Recorder } from '../registry.js';
import { Collections } from './collections.js';
import { LoopDelay } from './loop-delay.js';
import type { Source } from './source.js';

const MICROSECONDS_PER_MS = 1_000;

/** The process from inside: CPU time, event loop, garbage collection. On every platform. */
export class Runtime implements Source {
  readonly name = 'runtime';
  readonly #clock: Clock;
  readonly #recorder: Recorder;
  readonly #series;
  /** Both begin with the first sample, so that a monitor that takes none costs nothing. */
  #delay: LoopDelay | undefined;
  #collections: Collections | undefined;
  /**
   * When this was last read, by the process's own clock, in which Node's figures are counted; then idle time and CPU time
   * until then. In a typed array, as plain fields that hold doubles are allocated at every change.
   */
  readonly #previous = new Float64Array(3).fill(Number.NaN);

  constructor(recorder: Recorder, clock: Clock) {
    this.#clock = clock;
    this.#recorder = recorder;
    this.#series = {
      cpu: recorder.open('process.cpu.usage'),
      loopUtilization: recorder.open('nodejs.eventloop.utilization'),
      delayMean: recorder.open('nodejs.eventloop.delay.mean'),
      delayMax: recorder.open('nodejs.eventloop.delay.max'),
      gcCount: recorder.open('v8js.gc.count'),
      gcDuration: recorder.open('v8js.gc.duration'),
      gcPauseMax: recorder.open('v8js.gc.pause.max'),
    };
  }

  collect(): void {
    const nowMs = performance.now();
    const elapsedMs = nowMs - (this.#previous[0] ?? Number.NaN);
    this.#previous[0] = nowMs;
    this.#collectUse(elapsedMs);
    this.#collectDelay((this.#delay ??= new LoopDelay(this.#clock)));
    this.#collectCollections((this.#collections ??= new Collections()), elapsedMs);
  }

  close(): void {
    this.#delay?.close();
    this.#collections?.close();
  }

  #collectUse(elapsedMs: number): void {
    const { user, system } = process.cpuUsage();
    const cpuMs = (user + system) / MICROSECONDS_PER_MS;
    // What `eventLoopUtilization()` computes, without its objects.
    const idleMs = performance.nodeTiming.idleTime;
    this.#recorder.record(this.#series.cpu, (cpuMs - (this.#previous[2] ?? Number.NaN)) / elapsedMs);
    // The two clocks are read one after the other; a loop that did nothing else would come out a hair below 0.
    this.#recorder.record(this.#series.loopUtilization, Math.max(0, 1 - (idleMs - (this.#previous[1] ?? Number.NaN)) / elapsedMs));
    this.#previous[1] = idleMs;
    this.#previous[2] = cpuMs;
  }

  #collectDelay(delay: LoopDelay): void {
    this.#recorder.record(this.#series.delayMean, delay.meanMs);
    this.#recorder.record(this.#series.delayMax, delay.maxMs);
    delay.reset();
  }

  #collectCollections(collections: Collections, elapsedMs: number): void {
    this.#recorder.record(this.#series.gcCount, (collections.count / elapsedMs) * 1_000);
    this.#recorder.record(this.#series.gcDuration, collections.durationMs / elapsedMs);
    this.#recorder.record(this.#series.gcPauseMax, Number.isNaN(elapsedMs) ? Number.NaN : collections.longestMs);
    collections.reset();
  }
}
