import { dirname, join, resolve } from 'node:path';
import type { KernelFiles } from './kernel-files.js';

/** The cgroup v2 this process runs in. */
export interface Cgroup {
  readonly path: string;
  /** The folder at or above `path` whose limit binds: the tightest. `path` itself where none is set. */
  readonly cpu: { readonly path: string; readonly limited: boolean };
  readonly memory: { readonly path: string; readonly limited: boolean };
}

/** Finds the cgroup of this process; `undefined` where version 2 is not in use. */
export function findCgroup(files: KernelFiles): Cgroup | undefined {
  const entry = /^0::(\/.*)$/m.exec(files.text(files.proc('self/cgroup').path) ?? '');
  // cgroup2 is at the top, or, beside version 1, in a folder of its own.
  const mount = [join(files.roots.sys, 'fs/cgroup'), join(files.roots.sys, 'fs/cgroup/unified')].find((folder) =>
    files.exists(join(folder, 'cgroup.controllers')),
  );
  if (entry?.[1] === undefined || mount === undefined) return undefined;
  // The path may be as seen from outside the container, where it leads nowhere; then what is mounted is ours.
  const own = resolve(join(mount, entry[1]));
  const path = own.startsWith(`${mount}/`) && files.exists(own) ? own : mount;
  const levels = [path];
  for (let level = path; level !== mount; level = dirname(level)) levels.push(dirname(level));
  return { path, cpu: tightest(levels, (level) => cpuLimit(files, level), path), memory: tightest(levels, (level) => memoryLimit(files, level), path) };
}

function tightest(levels: readonly string[], limitOf: (level: string) => number, fallback: string): { path: string; limited: boolean } {
  let found = { path: fallback, limit: Infinity };
  for (const path of levels) {
    const limit = limitOf(path);
    if (limit < found.limit) found = { path, limit };
  }
  return { path: found.path, limited: found.limit < Infinity };
}

/** In cores; Infinity without a limit. */
function cpuLimit(files: KernelFiles, folder: string): number {
  const [quota, period] = (files.text(join(folder, 'cpu.max')) ?? '').split(' ').map(Number);
  return quota !== undefined && period !== undefined && quota > 0 && period > 0 ? quota / period : Infinity;
}

/** In bytes; Infinity without a limit. */
function memoryLimit(files: KernelFiles, folder: string): number {
  const limit = Number.parseInt(files.text(join(folder, 'memory.max')) ?? '', 10);
  return limit > 0 ? limit : Infinity;
}
