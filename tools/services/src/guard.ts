import { type ChildProcess, spawn } from 'node:child_process';
import type fs from 'node:fs';
import type { Socket } from 'node:net';
import { programEnv } from './program.js';

/** What is to be done about one service when this process is gone. */
export interface Guarded {
  readonly pid?: number | undefined;
  readonly stopSignal?: NodeJS.Signals | undefined;
  /** Processes that are paused and could not end. */
  readonly paused?: readonly number[] | undefined;
  /** A directory to remove once the server has ended. */
  readonly remove?: string | undefined;
}

/**
 * Ends servers and removes their temporary data when this process dies, however it does: a child process outlives us and
 * holds the other end of a pipe, which the kernel closes even on SIGKILL. One mechanism for every death, so that no
 * exit or signal handler gets in the way of the application's own.
 *
 * The child is started with the first service and ends with the last; it is in a session of its own, which Ctrl-C in a
 * terminal does not reach.
 */
const guarded = new Set<number>();
let guardian: ChildProcess | undefined;
let lastId = 0;

/** Registers a service; call the result with news of it, or with nothing when there is nothing left to be done. */
export function guard(initial: Guarded): (news: Guarded | undefined) => void {
  const id = (lastId += 1);
  guarded.add(id);
  const update = (news: Guarded | undefined): void => {
    if (!guarded.has(id)) return;
    guardian ??= startGuardian();
    guardian.stdin?.write(`${JSON.stringify([id, news])}\n`);
    if (news !== undefined) return;
    guarded.delete(id);
    if (guarded.size > 0) return;
    guardian.stdin?.end();
    guardian = undefined;
  };
  update(initial);
  return update;
}

function startGuardian(): ChildProcess {
  const child = spawn(process.execPath, ['-e', `(${watchParent.toString()})(require('node:fs'))`], {
    detached: true,
    env: programEnv(process.env),
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.once('error', () => {}); // Without it servers are merely left to close().
  child.stdin.on('error', () => {});
  child.unref();
  (child.stdin as Socket).unref();
  return child;
}

/** Runs in the child from its text, so it can use nothing but its argument and Node's globals. */
function watchParent({ readFileSync, rmSync }: typeof fs): void {
  const GRACE_MS = 10_000;
  const services = new Map<number, Guarded>();
  let rest = '';
  process.stdin.setEncoding('utf8');
  process.stdin.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      const [id, news] = JSON.parse(line) as [number, Guarded | null];
      if (news === null) services.delete(id);
      else services.set(id, news);
    }
  });
  process.stdin.on('end', () => {
    // oxlint-disable-next-line unicorn/consistent-function-scoping -- this text runs alone, there is no outer scope
    const sent = (pid: number, signal: NodeJS.Signals | 0): boolean => {
      try {
        return process.kill(pid, signal);
      } catch {
        return false;
      }
    };
    // Orphans are reaped by process 1, which takes its time or, in a container, may never do it: a zombie has ended.
    const runs = (pid: number): boolean => {
      if (!sent(pid, 0)) return false;
      try {
        const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
        return stat[stat.lastIndexOf(')') + 2] !== 'Z';
      } catch {
        return true; // No /proc on this system.
      }
    };
    for (const { pid, stopSignal = 'SIGTERM', paused = [] } of services.values()) {
      if (pid !== undefined) sent(pid, stopSignal);
      for (const each of paused) sent(each, 'SIGCONT');
    }
    const startMs = Date.now();
    const timer = setInterval(() => {
      for (const [id, { pid, remove }] of services) {
        if (pid !== undefined && runs(pid)) {
          if (Date.now() - startMs < GRACE_MS) continue;
          sent(pid, 'SIGKILL');
        }
        services.delete(id);
        if (remove !== undefined) rmSync(remove, { recursive: true, force: true, maxRetries: 5 });
      }
      if (services.size === 0) clearInterval(timer);
    }, 20);
  });
}
