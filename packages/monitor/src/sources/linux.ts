import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { sourceUnavailable } from '../errors.js';
import type { Recorder } from '../registry.js';
import { CgroupCpu } from './kernel/cgroup-cpu.js';
import { CgroupMemory } from './kernel/cgroup-memory.js';
import { findCgroup, type Cgroup } from './kernel/cgroup.js';
import { HostCpu } from './kernel/cpu.js';
import { DiskIo } from './kernel/disk.js';
import { KernelFiles, kernelRoots, type KernelRoots } from './kernel/kernel-files.js';
import { LoadAverage } from './kernel/load.js';
import { HostMemory, totalMemoryBytes } from './kernel/memory.js';
import { NetworkIo } from './kernel/network.js';
import { pressureSources } from './kernel/pressure.js';
import { ProcessMemory } from './kernel/process-memory.js';
import type { Source } from './source.js';

export function hasKernelFiles({ proc }: KernelRoots = kernelRoots): boolean {
  return existsSync(join(proc, 'stat'));
}

/** @throws {MonitorError} `ERR_MONITOR_SOURCE_UNAVAILABLE`, with the reason. */
function requireAccounts(cgroup: Cgroup | undefined, files: KernelFiles): void {
  if (cgroup === undefined) throw sourceUnavailable('scope "cgroup"', 'this process runs in no cgroup of version 2');
  // Missing at the root of all cgroups, and where the controllers are those of version 1.
  const missing = [join(cgroup.cpu.path, 'cpu.stat'), join(cgroup.memory.path, 'memory.current')].find((path) => !files.exists(path));
  if (missing !== undefined) throw sourceUnavailable('scope "cgroup"', `there is no ${missing}: this process runs in the root of cgroup version 2, or without its controllers`);
}

/**
 * The sources that read the Linux kernel's files.
 * @throws {MonitorError} `ERR_MONITOR_SOURCE_UNAVAILABLE`: no such files, or for scope `cgroup` no cgroup v2 that keeps account.
 */
export function linuxSources(scope: 'auto' | 'host' | 'cgroup', recorder: Recorder, roots: KernelRoots = kernelRoots): Source[] {
  if (!hasKernelFiles(roots)) throw sourceUnavailable('source "linux"', `there is no ${join(roots.proc, 'stat')}`);
  const files = new KernelFiles(roots);
  const cgroup = scope === 'host' ? undefined : findCgroup(files);
  if (scope === 'cgroup') requireAccounts(cgroup, files);
  const cpu = cgroup?.cpu.limited || scope === 'cgroup' ? cgroup?.cpu : undefined;
  const memory = cgroup?.memory.limited || scope === 'cgroup' ? cgroup?.memory : undefined;
  // Pressure inside the container says what its own tasks suffer.
  const pressurePath = (resource: string): string =>
    cgroup !== undefined && (cpu ?? memory) !== undefined ? join(cgroup.path, `${resource}.pressure`) : join(roots.proc, 'pressure', resource);
  return [
    cpu === undefined ? new HostCpu(files, recorder) : new CgroupCpu(cpu.path, availableParallelism(), files, recorder),
    memory === undefined ? new HostMemory(files, recorder) : new CgroupMemory(memory.path, totalMemoryBytes(files), files, recorder),
    new LoadAverage(files, recorder),
    new DiskIo(files, recorder),
    new NetworkIo(files, recorder),
    ...pressureSources(files, pressurePath, recorder),
    new ProcessMemory(files, recorder),
  ];
}
