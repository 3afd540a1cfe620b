import { readFileSync } from 'node:fs';
import { freemem, totalmem } from 'node:os';
import v8 from 'node:v8';

/** What one source says, each as a part of its limit, 0 to 1; a source that there is not says nothing. */
export interface PressureReadings {
  /** Of the limit of the JavaScript heap. */
  readonly process?: number;
  /** Of the memory that the container may have, without what can be reclaimed at once. */
  readonly cgroup?: number;
  /** Of the memory of the machine, without what can be reclaimed at once. */
  readonly system?: number;
  /** Part of the last 10 s in which some task waited for memory: the kernel's pressure stall information (PSI). */
  readonly stall?: number;
}

export function readPressure(): PressureReadings {
  const { used_heap_size: used, heap_size_limit: limit } = v8.getHeapStatistics();
  return { process: used / limit, ...optional('cgroup', readCgroup()), ...optional('system', readSystem()), ...optional('stall', readStall()) };
}

function readSystem(): number {
  const text = read('/proc/meminfo');
  if (text === undefined) return 1 - freemem() / totalmem();
  return 1 - field(text, 'MemAvailable:') / field(text, 'MemTotal:');
}

/** Of the group of this process, version 2 or 1; `undefined` without a limit. */
function readCgroup(): number | undefined {
  const groups = read('/proc/self/cgroup') ?? '';
  const unified = /^0::(.*)$/m.exec(groups)?.[1];
  const memory = /^\d+:(?:[^:]*,)?memory(?:,[^:]*)?:(.*)$/m.exec(groups)?.[1];
  for (const folder of [`/sys/fs/cgroup${unified ?? ''}`, '/sys/fs/cgroup']) {
    const ratio = share(folder, 'memory.current', 'memory.max', 'inactive_file');
    if (ratio !== undefined) return ratio;
  }
  for (const folder of [`/sys/fs/cgroup/memory${memory ?? ''}`, '/sys/fs/cgroup/memory']) {
    const ratio = share(folder, 'memory.usage_in_bytes', 'memory.limit_in_bytes', 'total_inactive_file');
    if (ratio !== undefined) return ratio;
  }
  return undefined;
}

function share(folder: string, usage: string, limit: string, reclaimable: string): number | undefined {
  const used = Number(read(`${folder}/${usage}`));
  const most = Number(read(`${folder}/${limit}`)); // 'max' without one.
  // Version 1 has a limit of almost 2^63 where there is none.
  if (!Number.isFinite(used) || !Number.isFinite(most) || most <= 0 || most > totalmem() * 2) return undefined;
  return Math.max(0, used - field(read(`${folder}/memory.stat`) ?? '', reclaimable)) / most;
}

function readStall(): number | undefined {
  const average = /^some avg10=([\d.]+)/m.exec(read('/proc/pressure/memory') ?? '')?.[1];
  return average === undefined ? undefined : Number(average) / 100;
}

function field(text: string, name: string): number {
  return Number(text.split('\n').find((line) => line.startsWith(name))?.slice(name.length).trim().split(' ')[0] ?? 0);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}

const optional = (name: keyof PressureReadings, value: number | undefined): PressureReadings => (value === undefined || Number.isNaN(value) ? {} : { [name]: value });
