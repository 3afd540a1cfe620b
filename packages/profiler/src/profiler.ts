import { keepWarm } from './collectors/keeper.js';
import { alreadyRecording, closed, notRecording } from './errors.js';
import { recordingFailed, recordingStarted, recordingStopped } from './events.js';
import { type InspectorSession, openSession } from './inspector-session.js';
import { type ProfilerOptions, type RecordingOptions, type ResolvedOptions, resolveOptions, resolveRecording } from './options.js';
import { type Profile, createProfile } from './profile.js';
import { RecordingRun } from './recording.js';
import { sampleCount } from './samples.js';
import type { ProfilerStats } from './stats.js';

/** Records where the time and the memory of this thread go; one recording at a time. */
export interface Profiler extends AsyncDisposable {
  readonly name: string;
  /**
   * Starts recording. With CPU, V8 first walks the heap for functions and holds the thread meanwhile: 5 ms in a bare
   * program, over 100 ms in one of 20,000 functions. `cpu.keepWarm` spares that: `pnpm bench profiler/start-stop`.
   * @throws {ProfilerError} `ERR_PROFILER_ALREADY_RECORDING`, `ERR_PROFILER_CLOSED`, `ERR_PROFILER_INVALID_OPTION`,
   *   `ERR_PROFILER_INSPECTOR_UNAVAILABLE`, `ERR_PROFILER_INSPECTOR_FAILED`
   */
  start(options?: RecordingOptions): Promise<Recording>;
  /**
   * Ends the recording under way.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_RECORDING`, `ERR_PROFILER_CLOSED`, `ERR_PROFILER_INSPECTOR_FAILED`
   */
  stop(): Promise<Profile>;
  /**
   * Records while `fn` runs and until what it returns has settled. What else runs on this thread meanwhile is in the
   * profile too. When recording cannot start, `fn` is not called.
   * @throws What `fn` threw, unwrapped, after the recording was stopped; or {ProfilerError} as `start` and `stop`.
   */
  profile<Result>(fn: () => Result, options?: RecordingOptions): Promise<Profiled<Awaited<Result>>>;
  stats(): ProfilerStats;
  /** Discards a recording under way and ends the session with the inspector. */
  close(): Promise<void>;
}

/** A recording under way. Leaving its `await using` scope discards it unless it was stopped. */
export interface Recording extends AsyncDisposable {
  /** @throws {ProfilerError} As {@link Profiler.stop}; `ERR_PROFILER_NOT_RECORDING` if it was stopped already. */
  stop(): Promise<Profile>;
}

export interface Profiled<Result> {
  readonly result: Result;
  readonly profile: Profile;
}

/**
 * Makes a profiler of the thread it is made in. Nothing happens before the first recording, unless `cpu.keepWarm`.
 * @throws {ProfilerError} `ERR_PROFILER_INVALID_OPTION`
 */
export function createProfiler(options: ProfilerOptions = {}): Profiler {
  return new InspectorProfiler(resolveOptions(options));
}

/** Present from the call of `start` until its `stop` is through: V8 has one recording at a time. */
interface Current {
  readonly started: Promise<RecordingRun>;
  stopped?: Promise<Profile>;
}

class InspectorProfiler implements Profiler {
  readonly name: string;
  readonly #options: ResolvedOptions;
  #session: Promise<InspectorSession> | undefined;
  #keeper: { close(): void } | undefined;
  #current: Current | undefined;
  #closing: Promise<void> | undefined;
  readonly #counts = { recordingsStartedTotal: 0, recordingsStoppedTotal: 0, recordingsFailedTotal: 0, samplesTotal: 0, startMsTotal: 0, stopMsTotal: 0 };

  constructor(options: ResolvedOptions) {
    this.name = options.name;
    this.#options = options;
    // A failure here comes back from the first `start`, which opens again.
    if (options.cpu.keepWarm) this.#open().catch(() => undefined);
  }

  async start(options: RecordingOptions = {}): Promise<Recording> {
    if (this.#closing) throw closed(this.name);
    const wanted = resolveRecording(options);
    if (this.#current) throw alreadyRecording(`${this.name} is recording`);
    const current: Current = { started: this.#start(wanted) };
    this.#current = current;
    await current.started.catch((error: unknown) => this.#fail(current, error));
    return {
      stop: () => this.#stop(current),
      [Symbol.asyncDispose]: () => this.#discard(current),
    };
  }

  async stop(): Promise<Profile> {
    if (this.#closing) throw closed(this.name);
    return this.#stop(this.#current);
  }

  async profile<Result>(fn: () => Result, options?: RecordingOptions): Promise<Profiled<Awaited<Result>>> {
    await using recording = await this.start(options);
    const result = await fn();
    return { result, profile: await recording.stop() };
  }

  stats(): ProfilerStats {
    return { recordings: this.#current ? 1 : 0, ...this.#counts };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start(wanted: Required<RecordingOptions>): Promise<RecordingRun> {
    const { clock } = this.#options;
    const beganMs = clock.now();
    const run = new RecordingRun(await this.#open(), wanted, this.#options);
    await run.start();
    const startMs = clock.now() - beganMs;
    this.#counts.recordingsStartedTotal += 1;
    this.#counts.startMsTotal += startMs;
    recordingStarted({ profiler: this.name, ...wanted, startMs });
    return run;
  }

  async #stop(current: Current | undefined): Promise<Profile> {
    if (current === undefined || current !== this.#current || current.stopped) throw notRecording(this.name);
    current.stopped = current.started.then((run) => this.#finish(current, run));
    return current.stopped;
  }

  async #finish(current: Current, run: RecordingRun): Promise<Profile> {
    const { clock } = this.#options;
    const beganMs = clock.now();
    const data = await run.stop().catch((error: unknown) => this.#fail(current, error));
    const samples = [data.cpu, data.memory].reduce((sum, part) => sum + (part ? sampleCount(part) : 0), 0);
    const stopMs = clock.now() - beganMs;
    this.#current = undefined;
    this.#counts.recordingsStoppedTotal += 1;
    this.#counts.samplesTotal += samples;
    this.#counts.stopMsTotal += stopMs;
    recordingStopped({ profiler: this.name, durationMs: data.durationMs, samples, stopMs });
    return createProfile(data);
  }

  #fail(current: Current, error: unknown): never {
    if (this.#current === current) this.#current = undefined;
    this.#counts.recordingsFailedTotal += 1;
    recordingFailed({ profiler: this.name, error });
    throw error;
  }

  /** Waits until `current` is stopped, by whomever; its profile and its errors are not wanted any more. */
  async #discard(current: Current | undefined): Promise<void> {
    if (current === undefined || current !== this.#current) return;
    await (current.stopped ?? this.#stop(current)).catch(() => undefined);
  }

  /** One session for life: V8 forgets what it knows of the code with the last profile of a session. */
  #open(): Promise<InspectorSession> {
    this.#session ??= this.#openSession().catch((error: unknown) => {
      this.#session = undefined;
      throw error;
    });
    return this.#session;
  }

  async #openSession(): Promise<InspectorSession> {
    const { cpu, clock } = this.#options;
    const session = openSession();
    try {
      if (cpu.keepWarm) this.#keeper = await keepWarm(session, cpu.intervalUs, clock);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  async #close(): Promise<void> {
    await this.#discard(this.#current);
    const session = await this.#session?.catch(() => undefined);
    this.#keeper?.close();
    session?.close();
  }
}
