import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import { type Profiler, type Recording, createProfiler } from './profiler.js';
import type { ProfilerOptions, RecordingOptions } from './options.js';
import type { Profile } from './profile.js';
import { shareProfiler } from './shared-profiler.js';

/*
 * To be loaded before the program, by `node --import @fog/profiler/register`: samples from the very start, so that no code
 * is compiled unseen, and is what `getProfiler()` gives. Options come as JSON in FOG_PROFILER_OPTIONS. Whatever goes wrong
 * is a warning: the program runs.
 */

/** What `run` of the command line asks of the process that it starts, in FOG_PROFILER_RUN. */
export interface RunOrder {
  /** Where the profile goes when the program ends. */
  readonly out: string;
  readonly recording: RecordingOptions;
  readonly profiler: ProfilerOptions;
}

/** The profiler that was made; `undefined` in a worker thread, and where it could not be made. */
export const registered: Profiler | undefined = isMainThread ? register() : undefined;

function register(): Profiler | undefined {
  const { FOG_PROFILER_OPTIONS: options, FOG_PROFILER_RUN: run } = process.env;
  delete process.env['FOG_PROFILER_RUN']; // Programs that this one starts are not meant.
  try {
    if (run !== undefined) return recordRun(JSON.parse(run) as RunOrder);
    return shareProfiler(createProfiler(options === undefined ? { continuous: {} } : (JSON.parse(options) as ProfilerOptions)));
  } catch (error) {
    warn(error);
    return undefined;
  }
}

function recordRun({ out, recording: wanted, profiler: options }: RunOrder): Profiler {
  const profiler = shareProfiler(createProfiler(options));
  let recording: Recording | undefined;
  const write = (profile: Profile): void => writeFileSync(out, profile.toFogProfile(), { mode: 0o600 });
  /** Where it can be waited for, as workers then are in it; else at once. */
  const finish = async (): Promise<void> => {
    const ending = recording;
    recording = undefined;
    if (ending !== undefined) await ending.stop().then(write).catch(warn);
  };
  const finishNow = (): void => {
    const ending = recording;
    recording = undefined;
    try {
      if (ending !== undefined) write(ending.stopNow());
    } catch (error) {
      warn(error);
    }
  };
  profiler.start(wanted).then((started) => (recording = started), warn);
  process.once('beforeExit', () => void finish());
  process.once('exit', finishNow);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    const onSignal = (): void => {
      if (process.listenerCount(signal) > 1) return; // The program has its own way to end.
      process.off(signal, onSignal);
      finishNow();
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
  }
  return profiler;
}

function warn(error: unknown): void {
  process.emitWarning(`not profiled: ${error instanceof Error ? error.message : String(error)}`, { type: 'FogProfilerWarning' });
}
