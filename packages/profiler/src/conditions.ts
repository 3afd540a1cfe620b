import os from 'node:os';
import { isMainThread } from 'node:worker_threads';

/** Where and how a profile was recorded. Neither arguments, environment, host name nor paths. */
export interface RunConditions {
  readonly node: string;
  readonly v8: string;
  readonly platform: string;
  readonly arch: string;
  readonly cpuModel: string;
  readonly cpuCount: number;
  readonly thread: 'main' | 'worker';
  /** Set when CPU was recorded. */
  readonly cpuIntervalUs?: number;
  /** Set when memory was recorded. */
  readonly memorySamplingIntervalBytes?: number;
}

export function runConditions(intervals: Pick<RunConditions, 'cpuIntervalUs' | 'memorySamplingIntervalBytes'>): RunConditions {
  const cpus = os.cpus();
  return {
    node: process.version,
    v8: process.versions.v8,
    platform: process.platform,
    arch: process.arch,
    cpuModel: cpus[0]?.model.trim() ?? 'unknown',
    cpuCount: cpus.length,
    thread: isMainThread ? 'main' : 'worker',
    ...intervals,
  };
}
