import type { TraceTask } from '@fog/scheduler';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** Where the public traces lie; they are not part of this repository. */
const ROOT = process.env['TRACES_ROOT'] ?? resolve('..', 'shared', 'data', 'traces');

export interface Workload {
  readonly tasks: readonly TraceTask[];
  readonly processors: number;
}

export const isThere = (file: string): boolean => existsSync(join(ROOT, file));
export const textOf = (file: string): string => {
  const bytes = readFileSync(join(ROOT, file));
  return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8').trim();
};

/** Rows of numbers, without the head. */
export const rowsOf = (file: string): number[][] => textOf(file).split('\n').slice(1).map((row) => row.split(',').map(Number));

/** One job; times in s. What the archives know of the kind of work is the user, and the number of the executable where it was kept. */
export function jobOf(id: number, submit: number, run: number, cpu: number, request: number, user: number, executable = -1): TraceTask {
  return {
    id: String(id), name: executable > 0 ? `executable ${executable}` : 'job', tenant: user >= 0 ? `user ${user}` : undefined,
    submitMs: submit * 1_000, runMs: run * 1_000, estimateMs: request * 1_000, needs: { cpu },
  };
}

const PROCESSORS = { 'KTH-SP2': 100, 'CTC-SP2': 338, 'SDSC-SP2': 128 };
export type Sc15Name = keyof typeof PROCESSORS;

/** The job sets of SC '15. */
export function sc15(name: Sc15Name): Workload {
  const tasks = rowsOf(`hpc/sc15-${name}.csv.gz`).map(([id = 0, submit = 0, run = 0, cpu = 1, request = 1, user = -1]) => jobOf(id, submit, run, cpu, request, user));
  return { tasks, processors: PROCESSORS[name] };
}

/** HPC2N 2002, cleaned; with the waits that were. */
export function hpc2n(most = Infinity): Workload & { readonly waitsMs: readonly number[] } {
  const rows = rowsOf('hpc/pwa-HPC2N-2002-2.2-cln.csv.gz').slice(0, most);
  return {
    processors: 240,
    waitsMs: rows.map(([, , wait = 0]) => Math.max(0, wait) * 1_000),
    tasks: rows.map(([id = 0, submit = 0, , run = 0, allocated = -1, , , requested = 1, request = -1, , , user = -1, , executable = -1]) =>
      jobOf(id, submit, Math.max(1, run), allocated > 0 ? allocated : requested, request > 0 ? request : Math.max(1, run), user, executable)),
  };
}

/** Cases by name, those whose files are there. */
export function casesOf<Given>(all: readonly (readonly [name: string, file: string, given: Given])[]): Record<string, Given> {
  return Object.fromEntries(all.filter(([, file]) => isThere(file)).map(([name, , given]) => [name, given]));
}
