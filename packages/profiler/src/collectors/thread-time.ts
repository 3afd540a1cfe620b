import { readFileSync } from 'node:fs';
import type { Collector } from './collector.js';

/** What became of this thread's time; what is left of the recording's time it waited, for the loop or in a system call. */
export interface ThreadTime {
  /** On a core. */
  readonly cpuMs: number;
  /** Ready to run, while others had the cores. */
  readonly waitedForCoreMs: number;
}

/** `undefined` where the kernel does not tell. https://www.kernel.org/doc/html/latest/scheduler/sched-stats.html */
export function threadTimeCollector(read: (path: string) => string = (path) => readFileSync(path, 'utf8')): Collector<ThreadTime | undefined> {
  let before: ThreadTime | undefined;
  const now = (): ThreadTime | undefined => {
    try {
      const [cpuNs, waitNs] = read('/proc/thread-self/schedstat').split(' ').map(Number);
      return cpuNs === undefined || waitNs === undefined || !(cpuNs > 0) ? undefined : { cpuMs: cpuNs / 1e6, waitedForCoreMs: waitNs / 1e6 };
    } catch {
      return undefined;
    }
  };
  return {
    start() {
      before = now();
    },
    stop() {
      const after = now();
      return before && after && { cpuMs: after.cpuMs - before.cpuMs, waitedForCoreMs: after.waitedForCoreMs - before.waitedForCoreMs };
    },
  };
}
