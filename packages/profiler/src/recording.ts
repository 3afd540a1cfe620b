import type { Clock } from './clock.js';
import type { Collector } from './collectors/collector.js';
import { cpuCollector } from './collectors/cpu.js';
import { type EventLoopFacts, eventLoopCollector } from './collectors/event-loop.js';
import { type GcFacts, gcCollector } from './collectors/gc.js';
import { heapCollector } from './collectors/heap.js';
import { runConditions } from './conditions.js';
import type { InspectorSession } from './inspector-session.js';
import type { RecordingOptions, ResolvedOptions } from './options.js';
import type { ProfileData } from './profile-data.js';
import type { Samples } from './samples.js';

/** One recording: all its sources started and stopped together. */
export class RecordingRun {
  readonly #cpu: Collector<Samples> | undefined;
  readonly #memory: Collector<Samples> | undefined;
  readonly #eventLoop: Collector<EventLoopFacts> = eventLoopCollector();
  readonly #gc: Collector<GcFacts> = gcCollector();
  readonly #options: ResolvedOptions;
  #startedAtMs = 0;
  #beganMs = 0;

  constructor(session: InspectorSession, wanted: Required<RecordingOptions>, options: ResolvedOptions) {
    this.#options = options;
    this.#cpu = wanted.cpu ? cpuCollector(session, options.cpu) : undefined;
    this.#memory = wanted.memory ? heapCollector(session, options.memory.samplingIntervalBytes) : undefined;
  }

  /** Starts all or none. */
  async start(): Promise<void> {
    const started: Collector<unknown>[] = [];
    try {
      // CPU last, so that the others' starting is not in the profile.
      for (const collector of [this.#gc, this.#eventLoop, this.#memory, this.#cpu]) {
        if (collector === undefined) continue;
        await collector.start();
        started.push(collector);
      }
    } catch (error) {
      await Promise.allSettled(started.map((collector) => collector.stop()));
      throw error;
    }
    this.#startedAtMs = Date.now();
    this.#beganMs = this.#clock.now();
  }

  /** Stops all, whichever fail. */
  async stop(): Promise<ProfileData> {
    const durationMs = this.#clock.now() - this.#beganMs;
    // All are told to stop before any is waited for, memory last: it forces a garbage collection that is not the run's.
    const stopping = [Promise.resolve(this.#cpu?.stop()), this.#eventLoop.stop(), this.#gc.stop(), Promise.resolve(this.#memory?.stop())] as const;
    await Promise.allSettled(stopping);
    const [cpu, eventLoop, gc, memory] = await Promise.all(stopping);
    const conditions = runConditions({
      ...(cpu && { cpuIntervalUs: this.#options.cpu.intervalUs }),
      ...(memory && { memorySamplingIntervalBytes: this.#options.memory.samplingIntervalBytes }),
    });
    return { startedAtMs: this.#startedAtMs, durationMs, cpu, memory, runtime: { eventLoop, gc }, conditions };
  }

  get #clock(): Clock {
    return this.#options.clock;
  }
}
