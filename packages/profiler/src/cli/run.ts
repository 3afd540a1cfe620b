import { spawn } from 'node:child_process';
import { access, constants, mkdtemp, readFile, rm } from 'node:fs/promises';
import { constants as os, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { writeFailed } from '../errors.js';
import { SOURCES, type ProfilingMode } from '../mode.js';
import { resolveOptions } from '../options.js';
import { formatOf } from '../profile-file.js';
import { parseProfile } from '../profile.js';
import type { RunOrder } from './preload.js';
import { processUsage } from './process-usage.js';
import { summaryOf } from './summary.js';
import { UsageError, parsed, positiveNumber, splitProgram } from './usage.js';

const OPTIONS = { mode: { type: 'string', default: 'ALL' }, 'interval-us': { type: 'string', default: '1000' }, out: { type: 'string' } } as const;

export async function run(args: readonly string[]): Promise<number> {
  const { own, program } = splitProgram(args, new Set(['--mode', '--interval-us', '--out']));
  const { values } = parsed(own, OPTIONS, [0, 0]);
  const [script] = program;
  if (script === undefined) throw new UsageError('which program?');
  const mode = values.mode.toUpperCase();
  if (!Object.hasOwn(SOURCES, mode)) throw new UsageError(`--mode is ${values.mode}, expected ${Object.keys(SOURCES).join(', ')}`);
  const out = values.out ?? `profile-${new Date().toISOString().replaceAll(/[-:]|\..*/g, '').replace('T', '-')}-${process.pid}.html`; // Others may run in this second.

  const profiler = { cpu: { intervalUs: positiveNumber('--interval-us', values['interval-us']), keepWarm: true } };
  // All that can be refused is refused before the program has run, perhaps for an hour.
  resolveOptions(profiler);
  formatOf(out);
  await access(dirname(out), constants.W_OK).catch((cause: unknown) => {
    throw writeFailed(out, cause);
  });

  let isKept = false;
  const folder = await mkdtemp(join(tmpdir(), 'fog-profiler-'));
  try {
    const order: RunOrder = {
      out: join(folder, 'run.fogprofile'),
      // Not by --import, with which Node loads programs that are CommonJS another way: their ticks, errors and names of files would differ.
      preload: fileURLToPath(new URL('./preload.cjs', import.meta.url)),
      recording: { mode: mode as ProfilingMode, ...(SOURCES[mode as ProfilingMode].cpu && { workers: true }) },
      profiler,
    };
    const status = await runProgram(program, order);
    const content = await readFile(order.out).catch(() => undefined);
    if (content === undefined) {
      process.stderr.write(`${basename(script)} ended without leaving a profile: was it killed?\n`);
      return status === 0 ? 1 : status;
    }
    const profile = parseProfile(content).withSources();
    await profile.writeTo(out).catch((error: unknown) => {
      isKept = true;
      process.stderr.write(`what was recorded is kept in ${order.out}\n`);
      throw error;
    });
    process.stderr.write(`\n${summaryOf(profile)}\n${out}\n`);
    return status;
  } finally {
    if (!isKept) await rm(folder, { recursive: true, force: true });
  }
}

/** Its exit status, or 128 and the signal that ended it, as shells say it. */
async function runProgram(program: readonly string[], order: RunOrder): Promise<number> {
  const hasTerminal = process.stdin.isTTY;
  const child = spawn(process.execPath, [...process.execArgv, '--require', order.preload, ...program], {
    stdio: 'inherit',
    // With a terminal it has to be of the same group, to read from it; else of its own, so that what is sent to the group comes once, by us.
    detached: !hasTerminal && process.platform !== 'win32',
    env: { ...process.env, FOG_PROFILER_RUN: JSON.stringify(order) },
  });
  // This process stays to write the report. What a terminal sends, the program gets too.
  const pass = (signal: NodeJS.Signals): void => void ((hasTerminal && signal !== 'SIGTERM') || child.kill(signal));
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  const progress = showProgress(basename(program[0] ?? ''), child.pid);
  try {
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', (...ended) => resolve(ended));
    });
    return code ?? 128 + (signal === null ? 0 : os.signals[signal]);
  } finally {
    progress.close();
    for (const signal of signals) process.off(signal, pass);
  }
}

/** One line on a terminal that keeps changing, else one every ten seconds. */
function showProgress(name: string, pid: number | undefined): { close(): void } {
  const { isTTY } = process.stderr;
  const startedMs = performance.now();
  const timer = setInterval(
    () => {
      const line = `recording ${name} · ${((performance.now() - startedMs) / 1e3).toFixed(0)} s${pid === undefined ? '' : processUsage(pid)}`;
      process.stderr.write(isTTY ? `\r\u001b[K${line}` : `${line}\n`);
    },
    isTTY ? 1_000 : 10_000,
  );
  return {
    close() {
      clearInterval(timer);
      if (isTTY) process.stderr.write('\r\u001b[K');
    },
  };
}
