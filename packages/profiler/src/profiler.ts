import { runConditions } from './conditions.js';
import { withBuiltins } from './collectors/builtins.js';
import { nowUs } from './v8-clock.js';
import { COVERAGE, withInlined } from './collectors/function-ranges.js';
import { type Keeper, ROTATION_MS, keepWarm } from './collectors/keeper.js';
import { alreadyRecording, closed, invalidOption, notContinuous, notRecording } from './errors.js';
import { recordingFailed, recordingStarted, recordingStopped, stallDetected } from './events.js';
import { type InspectorSession, openSession } from './inspector-session.js';
import { readCpuProfile } from './formats/cpuprofile.js';
import { objectAt } from './formats/json.js';
import { type Labels, LabelTrack } from './labels.js';
import { type ProfilerOptions, type RecordingOptions, type ResolvedOptions, type ResolvedRecording, type SpanOptions, type StallOptions, resolveOptions, resolveRecording, resolveSpan } from './options.js';
import { markOwn } from './own-frames.js';
import { type Profile, createProfile } from './profile.js';
import type { ProfileData } from './profile-data.js';
import { RecordingRun } from './recording.js';
import { type Samples, sampleCount } from './samples.js';
import { watchStalls } from './stall-watch.js';
import type { ProfilerStats } from './stats.js';
import { between } from './timeline.js';
import { type ResolvedTriggers, watchTriggers } from './triggers.js';
import { WindowRing } from './window-ring.js';

/** Records where the time and the memory of this thread go; one recording at a time. */
export interface Profiler extends AsyncDisposable {
  readonly name: string;
  /** Whether `close()` was called. */
  readonly closed: boolean;
  /**
   * Starts recording. With CPU, V8 first walks the heap for functions and holds the thread meanwhile: 5 to 10 ms in a
   * bare program, 50 to 100 ms in one of 20,000 functions. `cpu.keepWarm` spares that: `pnpm bench profiler/start-stop`.
   * @throws {ProfilerError} `ERR_PROFILER_ALREADY_RECORDING`, `ERR_PROFILER_CLOSED`, `ERR_PROFILER_INVALID_OPTION`,
   *   `ERR_PROFILER_INSPECTOR_UNAVAILABLE`, `ERR_PROFILER_INSPECTOR_FAILED`
   */
  start(options?: RecordingOptions): Promise<Recording>;
  /**
   * As `start`, at once: for what is loaded before a program, by `node --require`, and waits for nothing. Of a recording that is being
   * discarded it does not wait for the end.
   * @throws {ProfilerError} As `start`.
   */
  startNow(options?: RecordingOptions): Recording;
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
  /**
   * What continuous sampling has kept, or of it a span of time: what ran in the minute before an alert, or during a stall
   * that is over. Takes nothing away: it can be asked for again.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_CONTINUOUS`, `ERR_PROFILER_CLOSED`, `ERR_PROFILER_INVALID_OPTION`,
   *   `ERR_PROFILER_INSPECTOR_UNAVAILABLE`, `ERR_PROFILER_INSPECTOR_FAILED`
   */
  recent(span?: SpanOptions): Promise<Profile>;
  /**
   * Runs `fn` under `labels`, and what it starts, however long that lasts. CPU samples taken meanwhile have them: see
   * `labels()` and `only()` of a profile. Within another `label`, those of the outer one stay. From the first call on,
   * each callback of Node's costs some 100 ns more.
   * @throws {ProfilerError} `ERR_PROFILER_INVALID_OPTION`; or what `fn` threw, unwrapped.
   */
  label<Result>(labels: Labels, fn: () => Result): Result;
  stats(): ProfilerStats;
  /** Discards a recording under way and ends the session with the inspector. */
  close(): Promise<void>;
}

/**
 * A recording under way. Leaving its `await using` scope discards it unless it was stopped, and so does that of `using`, which
 * does not wait for that.
 */
export interface Recording extends AsyncDisposable, Disposable {
  /** @throws {ProfilerError} As {@link Profiler.stop}; `ERR_PROFILER_NOT_RECORDING` if it was stopped already. */
  stop(): Promise<Profile>;
  /**
   * Ends it as the process exits, in a listener of `exit`, where nothing can be waited for: worker threads are left out.
   * @throws {ProfilerError} As {@link Profiler.stop}.
   */
  stopNow(): Profile;
  /**
   * Of a recording with `memory: 'live'`: reads what is alive now. With three or more, sites that grew from each to the
   * next are suspects of a leak.
   * @throws {ProfilerError} `ERR_PROFILER_NOT_LIVE`, `ERR_PROFILER_NOT_RECORDING`, `ERR_PROFILER_INSPECTOR_FAILED`
   */
  checkpoint(): Promise<void>;
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
  readonly run: RecordingRun;
  stopped?: Promise<Profile>;
  /** Nobody wants its profile any more. */
  discarded?: Promise<void>;
}

class InspectorProfiler implements Profiler {
  readonly name: string;
  readonly #options: ResolvedOptions;
  #session: InspectorSession | undefined;
  #keeper: Keeper | undefined;
  /** Windows that are on their way to `onWindow`. */
  readonly #handed = new Set<Promise<void>>();
  #stallWatch: { close(): void } | undefined;
  #triggerWatch: { close(): void } | undefined;
  #nextStallMs = -Infinity;
  readonly #windows: WindowRing | undefined;
  readonly #labels: LabelTrack;
  #current: Current | undefined;
  #closing: Promise<void> | undefined;
  readonly #counts = { recordingsStartedTotal: 0, recordingsStoppedTotal: 0, recordingsFailedTotal: 0, stallsTotal: 0, samplesTotal: 0, startMsTotal: 0, stopMsTotal: 0 };

  constructor(options: ResolvedOptions) {
    this.name = options.name;
    this.#options = options;
    this.#labels = new LabelTrack(options.labels);
    this.#windows = options.continuous && new WindowRing(options.continuous.keepMs * 1e3);
    // A failure here comes back from the first `start`, which opens again.
    if (!options.cpu.keepWarm) return;
    try {
      this.#open();
    } catch {} // Told there.
  }

  get closed(): boolean {
    return this.#closing !== undefined;
  }

  async start(options: RecordingOptions = {}): Promise<Recording> {
    if (this.#closing) throw closed(this.name);
    resolveRecording(options, this.#options.mode);
    if (this.#current?.discarded) await this.#current.discarded; // Of `using`, which does not wait for it.
    return this.startNow(options);
  }

  startNow(options: RecordingOptions = {}): Recording {
    if (this.#closing) throw closed(this.name);
    const wanted = resolveRecording(options, this.#options.mode);
    if (this.#current) throw alreadyRecording(`${this.name} is recording`);
    const current: Current = { run: this.#begin(wanted) };
    this.#current = current;
    return {
      stop: () => this.#stop(current),
      stopNow: () => this.#stopNow(current),
      checkpoint: async () => {
        if (current !== this.#current || current.stopped) throw notRecording(this.name);
        current.run.checkpoint();
      },
      [Symbol.dispose]: () => void this.#discard(current),
      [Symbol.asyncDispose]: () => this.#discard(current),
    };
  }

  async stop(): Promise<Profile> {
    if (this.#closing) throw closed(this.name);
    return this.#stop(this.#current);
  }

  async profile<Result>(fn: () => Result, options?: RecordingOptions): Promise<Profiled<Awaited<Result>>> {
    if (typeof fn !== 'function') throw invalidOption('fn', fn, 'a function');
    await using recording = await this.start(options);
    const result = await fn();
    return { result, profile: await recording.stop() };
  }

  async recent(span: SpanOptions = {}): Promise<Profile> {
    if (this.#closing) throw closed(this.name);
    const { fromMs, untilMs } = resolveSpan(span);
    const windows = this.#windows;
    if (windows === undefined) throw notContinuous(this.name);
    const session = this.#open();
    this.#keeper?.rotate(); // Or what is under way would be missing.
    const offsetMs = Date.now() - nowUs() / 1e3;
    const { samples, fromUs, untilUs } = windows.recall((fromMs - offsetMs) * 1e3, Math.min((untilMs - offsetMs) * 1e3, nowUs()));
    return this.#windowProfile(samples, fromUs, untilUs, session);
  }

  #windowProfile(samples: Samples, fromUs: number, untilUs: number, session: InspectorSession): Profile {
    const { intervalUs, recoverInlined } = this.#options.cpu;
    return createProfile({
      startedAtMs: Date.now() - (nowUs() - fromUs) / 1e3,
      durationMs: (untilUs - fromUs) / 1e3,
      cpu: markOwn(withBuiltins(recoverInlined ? withInlined(samples, session.call(COVERAGE)) : samples)),
      conditions: runConditions({ cpuIntervalUs: intervalUs }),
    });
  }

  label<Result>(labels: Labels, fn: () => Result): Result {
    if (typeof fn !== 'function') throw invalidOption('fn', fn, 'a function');
    return this.#labels.run(labels, fn);
  }

  stats(): ProfilerStats {
    return { recordings: this.#current ? 1 : 0, windows: this.#windows?.size ?? 0, ...this.#counts };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #begin(wanted: ResolvedRecording): RecordingRun {
    const { clock } = this.#options;
    const beganMs = clock.now();
    let run: RecordingRun;
    try {
      run = new RecordingRun(this.#open(), wanted, this.#options, (samples) => this.#labels.join(samples));
      run.start();
    } catch (error) {
      this.#lose(error);
      throw error;
    }
    const startMs = clock.now() - beganMs;
    this.#counts.recordingsStartedTotal += 1;
    this.#counts.startMsTotal += startMs;
    recordingStarted({ profiler: this.name, ...wanted, startMs });
    return run;
  }

  async #stop(current: Current | undefined): Promise<Profile> {
    if (current === undefined || current !== this.#current || current.stopped) throw notRecording(this.name);
    current.stopped = this.#finish(current);
    return current.stopped;
  }

  #stopNow(current: Current): Profile {
    if (current !== this.#current || current.stopped) throw notRecording(this.name);
    const beganMs = this.#options.clock.now();
    try {
      return this.#hand(current.run.stopNow(), beganMs);
    } catch (error) {
      this.#fail(current, error);
    }
  }

  async #finish(current: Current): Promise<Profile> {
    const beganMs = this.#options.clock.now();
    const data = await current.run.stop().catch((error: unknown) => this.#fail(current, error));
    return this.#hand(data, beganMs);
  }

  #hand(data: ProfileData, beganMs: number): Profile {
    const samples = [data.cpu, data.memory].reduce((sum, part) => sum + (part ? sampleCount(part) : 0), 0);
    const stopMs = this.#options.clock.now() - beganMs;
    this.#current = undefined;
    this.#counts.recordingsStoppedTotal += 1;
    this.#counts.samplesTotal += samples;
    this.#counts.stopMsTotal += stopMs;
    recordingStopped({ profiler: this.name, durationMs: data.durationMs, samples, stopMs });
    return createProfile(data);
  }

  #fail(current: Current, error: unknown): never {
    if (this.#current === current) this.#current = undefined;
    this.#lose(error);
    throw error;
  }

  /** Waits until `current` is stopped, by whomever; its profile and its errors are not wanted any more. */
  async #discard(current: Current | undefined): Promise<void> {
    if (current === undefined || current !== this.#current) return;
    current.discarded ??= (current.stopped ?? this.#stop(current)).then(() => undefined, () => undefined);
    await current.discarded;
  }

  /** One session for life: V8 forgets what it knows of the code with the last profile of a session. */
  #open(): InspectorSession {
    return (this.#session ??= this.#openSession());
  }

  #openSession(): InspectorSession {
    const { cpu, continuous, clock } = this.#options;
    const windows = this.#windows;
    const session = openSession();
    try {
      if (cpu.keepWarm)
        this.#keeper = keepWarm(session, {
          intervalUs: cpu.intervalUs,
          rotationMs: continuous?.windowMs ?? ROTATION_MS,
          clock,
          ...(windows && { onEnded: (...ended) => this.#keep(windows, session, ...ended) }),
        });
      if (continuous?.stall) this.#watchStalls(continuous.stall);
      if (continuous?.triggers) this.#watchTriggers(continuous.triggers);
      return session;
    } catch (error) {
      session.close();
      throw error;
    }
  }

  /** Called by the inspector: what is thrown here would end the program. */
  #keep(windows: WindowRing, session: InspectorSession, profile: object, fromUs: number, untilUs: number): void {
    try {
      const samples = this.#labels.join(readCpuProfile(objectAt('a kept profile', profile)));
      windows.push(samples, fromUs, untilUs);
      // Not within the inspector's call: inlined functions are asked of it, and somebody else's code runs.
      if (this.#options.continuous?.onWindow) {
        const handed = new Promise<void>((resolve) => setImmediate(() => void this.#handWindow(samples, fromUs, untilUs, session).then(resolve)));
        this.#handed.add(handed);
        void handed.then(() => this.#handed.delete(handed));
      }
    } catch (error) {
      this.#lose(error);
    }
  }

  async #handWindow(samples: Samples, fromUs: number, untilUs: number, session: InspectorSession): Promise<void> {
    try {
      await this.#options.continuous?.onWindow?.(this.#windowProfile(between(samples, fromUs, untilUs), fromUs, untilUs, session));
    } catch (error) {
      this.#lose(error);
    }
  }

  #watchTriggers(triggers: ResolvedTriggers): void {
    this.#triggerWatch = watchTriggers(triggers, this.#options.clock, (why) => {
      this.recent()
        .then((profile) => triggers.onTrigger({ ...why, profile }))
        .catch((error: unknown) => this.#lose(error));
    });
  }

  #watchStalls({ overMs, everyMs, onStall }: Required<StallOptions>): void {
    const { clock } = this.#options;
    this.#stallWatch = watchStalls(clock, overMs, (durationMs) => {
      this.#counts.stallsTotal += 1;
      stallDetected({ profiler: this.name, durationMs });
      if (clock.now() < this.#nextStallMs) return;
      this.#nextStallMs = clock.now() + everyMs;
      const untilMs = Date.now();
      const startedAtMs = untilMs - durationMs;
      this.recent({ fromMs: startedAtMs, untilMs })
        .then((profile) => onStall({ startedAtMs, durationMs, profile }))
        .catch((error: unknown) => this.#lose(error));
    });
  }

  #lose(error: unknown): void {
    this.#counts.recordingsFailedTotal += 1;
    recordingFailed({ profiler: this.name, error });
  }

  async #close(): Promise<void> {
    await this.#discard(this.#current);
    const session = this.#session;
    this.#stallWatch?.close();
    this.#triggerWatch?.close();
    this.#labels.close();
    if (this.#options.continuous?.onWindow) this.#keeper?.rotate(); // The window under way is one, too.
    this.#keeper?.close(); // Before anything is waited for, or it would rotate meanwhile.
    const waits = setInterval(() => undefined, 60_000); // What is on its way keeps nobody alive, but for who waits for this.
    await Promise.all(this.#handed);
    clearInterval(waits);
    session?.close();
  }
}
