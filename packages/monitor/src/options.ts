import type { Clock } from './clock.js';
import type { Threshold } from './rules/threshold.js';

export interface MonitorOptions {
  /** Names this monitor in events. @default 'monitor' */
  readonly name?: string;
  /** Time between samples, in ms. At least 10 (the kernel counts CPU time in ticks of 10 ms), at most 2³¹ − 1. @default 1_000 */
  readonly intervalMs?: number;
  /** Samples kept of every series. An integer from 1 to 10⁶; each takes 8 bytes. @default 1_000 */
  readonly historySize?: number;
  /** Most series kept. Devices beyond it are left out and counted, gauges refused. An integer from 1 to 10⁵. @default 1_000 */
  readonly maxSeries?: number;
  /**
   * Where the machine's numbers come from: the Linux kernel's files, or `systeminformation` on any platform.
   * `auto` takes the files where there are any. @default 'auto'
   */
  readonly source?: 'auto' | 'linux' | 'portable';
  /**
   * Of what `cpu.utilization` and `memory.utilization` are shares: the machine, or the cgroup v2 limits this process
   * runs under. `auto` is the cgroup when it has a limit. @default 'auto'
   */
  readonly scope?: 'auto' | 'host' | 'cgroup';
  /** Paths whose file systems are watched. @default the root of the current directory's file system */
  readonly filesystems?: readonly string[];
  /** Replaces the defaults: `[...defaultThresholds, { series: 'pool.waiting', warning: 100 }]` adds to them. @default defaultThresholds */
  readonly thresholds?: readonly Threshold[];
  /** @default systemClock */
  readonly clock?: Clock;
}
