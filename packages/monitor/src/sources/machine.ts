import { sourceUnavailable } from '../errors.js';
import type { ResolvedOptions } from '../options.js';
import type { Recorder } from '../registry.js';
import { findCgroup } from './kernel/cgroup.js';
import { KernelFiles, kernelRoots } from './kernel/kernel-files.js';
import { hasKernelFiles, linuxSources } from './linux.js';
import { Portable } from './portable.js';
import type { Source } from './source.js';

/**
 * What reads the machine: the kernel's files, or `systeminformation`.
 * @throws {MonitorError} `ERR_MONITOR_SOURCE_UNAVAILABLE`
 */
export function machineSources(source: ResolvedOptions['source'], scope: ResolvedOptions['scope'], recorder: Recorder): Source[] {
  if (source === 'linux' || (source === 'auto' && hasKernelFiles())) return linuxSources(scope, recorder);
  if (scope === 'cgroup') throw sourceUnavailable('scope "cgroup"', 'this machine has no Linux kernel');
  return [new Portable(recorder)];
}

/** The folder of the cgroup whose pressure the kernel may tell us of; `undefined` where there is none. */
export function pressureFolder(source: ResolvedOptions['source']): string | undefined {
  if (source === 'portable' || !hasKernelFiles()) return undefined;
  return findCgroup(new KernelFiles(kernelRoots))?.path;
}
