import { writeFileSync } from 'node:fs';
import process from 'node:process';
import { isMainThread } from 'node:worker_threads';
import type { ProfilerOptions, RecordingOptions } from '../options.js';
import type { Profile } from '../profile.js';
import { type Recording, createProfiler } from '../profiler.js';
import { shareProfiler } from '../shared-profiler.js';
import { warnNotProfiled } from '../warning.js';

/*
 * Loaded before the program that `fog-profiler run` runs. Threads that this one starts load it too, as they inherit its
 * arguments: there it does nothing.
 */

/** What `run` asks of the process that it starts, in FOG_PROFILER_RUN. */
export interface RunOrder {
  /** Where the profile goes when the program ends. */
  readonly out: string;
  /** The file of this order's reader, as it stands among the arguments. */
  readonly preload: string;
  readonly recording: RecordingOptions;
  readonly profiler: ProfilerOptions;
}

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

const { FOG_PROFILER_RUN: order } = process.env;
if (isMainThread && order !== undefined) {
  delete process.env['FOG_PROFILER_RUN'];
  try {
    recordRun(JSON.parse(order) as RunOrder);
  } catch (error) {
    warnNotProfiled(error);
  }
}

function recordRun({ out, preload, recording: wanted, profiler: options }: RunOrder): void {
  // The program sees its own arguments, and hands no others on to what it forks.
  const at = process.execArgv.indexOf(preload);
  if (at > 0) process.execArgv.splice(at - 1, 2);
  const profiler = shareProfiler(createProfiler(options));
  let recording: Recording | undefined = profiler.startNow(wanted);
  const write = (profile: Profile): void => writeFileSync(out, profile.toFogProfile(), { mode: 0o600 });
  /** Where it can be waited for, as workers then are in it; else at once. */
  const finish = async (): Promise<void> => {
    const ending = recording;
    recording = undefined;
    if (ending !== undefined) await ending.stop().then(write).catch(warnNotProfiled);
  };
  const finishNow = (): void => {
    const ending = recording;
    recording = undefined;
    try {
      if (ending !== undefined) write(ending.stopNow());
    } catch (error) {
      warnNotProfiled(error);
    }
  };
  // Waiting is one turn more, after which listeners of the program's own would be called again, and what they begin is the program's too.
  process.once('beforeExit', () => {
    if (process.listenerCount('beforeExit') === 0) setImmediate(() => void finish());
  });
  process.once('exit', finishNow);
  for (const signal of SIGNALS) {
    const onSignal = (): void => {
      process.off(signal, onSignal);
      // Else the program has its own way to end, which may count the listeners that there are.
      if (process.listenerCount(signal) > 0) return;
      finishNow();
      process.kill(process.pid, signal);
    };
    process.on(signal, onSignal);
    // Without any listener the signal ends the process, and nothing would be left of it.
    process.on('removeListener', (name, listener) => {
      if (name === signal && listener !== onSignal && recording !== undefined && process.listenerCount(signal) === 0) process.on(signal, onSignal);
    });
  }
}
