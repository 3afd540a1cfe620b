import type { Collector } from './collectors/collector.js';
import { type RawCpu, cpuCollector } from './collectors/cpu.js';
import { type EventLoopFacts, eventLoopCollector } from './collectors/event-loop.js';
import { type GcCollector, gcCollector } from './collectors/gc.js';
import { type HeapCollector, type RawMemory, heapCollector } from './collectors/heap.js';
import { type HeapSize, type HeapSizeCollector, heapSizeCollector } from './collectors/heap-size.js';
import { type PromiseFacts, promiseCollector } from './collectors/promises.js';
import { type ThreadTime, threadTimeCollector } from './collectors/thread-time.js';
import { type WorkersCollector, workersCollector } from './collectors/workers.js';
import { runConditions } from './conditions.js';
import { notLive } from './errors.js';
import type { InspectorSession } from './inspector-session.js';
import type { IoProfile } from './io/io-profile.js';
import { ioRecorder } from './io/io-recorder.js';
import type { ResolvedOptions, ResolvedRecording } from './options.js';
import { type ProfileData, type WorkerCpu, completeData } from './profile-data.js';
import type { Samples } from './samples.js';

/** As it was before a program under test put another in its place. */
const { setImmediate: nextTurn } = globalThis;

/** One recording: all its sources started and stopped together. */
export class RecordingRun {
  readonly #options: ResolvedOptions;
  readonly #label: (samples: Samples) => Samples;
  readonly #gc: GcCollector = gcCollector();
  readonly #eventLoop: Collector<EventLoopFacts>;
  readonly #heapSize: HeapSizeCollector;
  readonly #threadTime: Collector<ThreadTime | undefined> = threadTimeCollector();
  readonly #cpu: Collector<RawCpu> | undefined;
  readonly #memory: HeapCollector | undefined;
  readonly #io: Collector<IoProfile> | undefined;
  readonly #promises: Collector<PromiseFacts> | undefined;
  readonly #workers: WorkersCollector | undefined;
  readonly #isLive: boolean;
  readonly #checkpoints: Samples[] = [];
  #startedAtMs = 0;
  #beganMs = 0;
  /** How long starting took: collectors that started first count their time from before. */
  #startMs = 0;

  /** `label` gives CPU samples the labels of their time. */
  constructor(session: InspectorSession, wanted: ResolvedRecording, options: ResolvedOptions, label: (samples: Samples) => Samples) {
    const { clock, cpu, memory } = options;
    this.#options = options;
    this.#label = label;
    this.#isLive = wanted.memory === 'live';
    this.#eventLoop = eventLoopCollector(clock);
    this.#heapSize = heapSizeCollector(clock);
    this.#cpu = wanted.cpu ? cpuCollector(session, cpu) : undefined;
    this.#memory = wanted.memory === false ? undefined : heapCollector(session, memory.samplingIntervalBytes, this.#isLive ? 'live' : 'allocated');
    this.#io = wanted.io ? ioRecorder() : undefined;
    this.#promises = wanted.promises ? promiseCollector() : undefined;
    this.#workers = wanted.workers ? workersCollector(session, cpu.intervalUs) : undefined;
  }

  /** Starts all or none. */
  start(): void {
    const started: Collector<unknown>[] = [];
    const fromMs = this.#options.clock.now();
    try {
      // CPU last, so that the others' starting is not in the profile.
      for (const collector of [this.#gc, this.#eventLoop, this.#heapSize, this.#threadTime, this.#promises, this.#memory, this.#io, this.#cpu]) {
        if (collector === undefined) continue;
        collector.start();
        started.push(collector);
      }
      this.#workers?.start();
    } catch (error) {
      for (const collector of started) outcomeOf(collector);
      throw error;
    }
    this.#startedAtMs = Date.now();
    this.#beganMs = this.#options.clock.now();
    this.#startMs = this.#beganMs - fromMs;
  }

  /**
   * Reads what is alive in the middle of the recording.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_LIVE`, `ERR_PROFILER_INSPECTOR_FAILED`
   */
  checkpoint(): void {
    const memory = this.#memory;
    if (memory === undefined || !this.#isLive) throw notLive();
    this.#checkpoints.push(this.#gc.without(() => memory.read()));
    this.#heapSize.checkpoint();
  }

  /** Stops all, whichever fail. */
  async stop(): Promise<ProfileData> {
    const ended = this.#end();
    const workers = this.#workers?.stop();
    await new Promise((resolve) => nextTurn(resolve)); // Or collections of this turn would be missing.
    return this.#finish(ended, (await workers) ?? []);
  }

  /** As a program exits, when nothing can be waited for: without workers that run still, and collections of the last turn. */
  stopNow(): ProfileData {
    return this.#finish(this.#end(), this.#workers?.stopNow() ?? []);
  }

  /** What is to end with the run and not some time later. */
  #end(): Ended {
    this.#gc.end();
    const durationMs = this.#options.clock.now() - this.#beganMs;
    const io = outcomeOf(this.#io);
    const cpu = outcomeOf(this.#cpu);
    const promises = outcomeOf(this.#promises);
    const memory = outcomeOf(this.#memory); // Forces a garbage collection: that is not the run's.
    return { durationMs, cpu, io, promises, memory, thread: outcomeOf(this.#threadTime), eventLoop: outcomeOf(this.#eventLoop), heap: outcomeOf(this.#heapSize) };
  }

  #finish(ended: Ended, workers: readonly WorkerCpu[]): ProfileData {
    const allGc = this.#gc.stop();
    const [rawCpu, rawMemory] = [ended.cpu(), ended.memory()];
    const cpu = rawCpu?.read(); // Reads sources and allocates, so all else has stopped before.
    const memory = rawMemory?.(rawCpu?.places());
    const [loop, heap] = [ended.eventLoop(), ended.heap()];
    // On the clock of CPU samples: what happened while the recording started is not the run's.
    const gc = { ...allGc, pauses: later(allGc.pauses, this.#startMs) };
    const eventLoop = loop && { ...loop, stalls: later(loop.stalls, this.#startMs) };
    return completeData({
      startedAtMs: this.#startedAtMs,
      durationMs: ended.durationMs,
      cpu: cpu && this.#label(cpu),
      memory,
      checkpoints: this.#checkpoints,
      io: ended.io(),
      promises: ended.promises(),
      workers,
      runtime: eventLoop && heap && { eventLoop, heap, gc, thread: ended.thread() },
      conditions: runConditions({
        ...(cpu && { cpuIntervalUs: this.#options.cpu.intervalUs }),
        ...(memory && { memorySamplingIntervalBytes: this.#options.memory.samplingIntervalBytes }),
      }),
    });
  }
}

const later = <Event extends { readonly atMs: number; readonly durationMs: number }>(events: readonly Event[], byMs: number): Event[] =>
  events.filter(({ atMs, durationMs }) => atMs + durationMs > byMs).map((event) => ({ ...event, atMs: Math.max(0, event.atMs - byMs) }));

/** Gives the result of a collector that was stopped, or throws what stopping it threw. */
type Outcome<Result> = () => Result;

interface Ended {
  readonly durationMs: number;
  readonly cpu: Outcome<RawCpu | undefined>;
  readonly memory: Outcome<RawMemory | undefined>;
  readonly io: Outcome<IoProfile | undefined>;
  readonly promises: Outcome<PromiseFacts | undefined>;
  readonly thread: Outcome<ThreadTime | undefined>;
  readonly eventLoop: Outcome<EventLoopFacts | undefined>;
  readonly heap: Outcome<HeapSize | undefined>;
}

/** Stops now, and tells or throws later: one that fails must not keep the others from being stopped. */
function outcomeOf<Result>(collector: Collector<Result> | undefined): Outcome<Result | undefined> {
  try {
    const result = collector?.stop();
    return () => result;
  } catch (error) {
    return () => {
      throw error;
    };
  }
}
