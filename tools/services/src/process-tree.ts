import { execFileSync } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly ended: boolean;
}

/** All processes below `pid`. PostgreSQL has one a connection, each in a process group of its own, so that signals to the group miss them. */
export function descendants(pid: number): number[] {
  const rows = processes();
  const below = (parent: number): number[] => rows.filter((row) => row.parent === parent).flatMap((row) => [row.pid, ...below(row.pid)]);
  return below(pid);
}

/** Those of `pids` that still run; a process that merely waits for its parent to take note of its end does not. */
export function running(pids: readonly number[]): number[] {
  const alive = new Set(processes().filter((row) => !row.ended).map((row) => row.pid));
  return pids.filter((pid) => alive.has(pid));
}

/** Sends a signal to each that is still there. */
export function signalAll(pids: readonly number[], signal: NodeJS.Signals): void {
  for (const pid of pids) {
    try {
      process.kill(pid, signal);
    } catch {
      // Gone.
    }
  }
}

/** From /proc where there is one: slim container images have no `ps`. */
function processes(): ProcessRow[] {
  if (process.platform === 'win32') return []; // Neither signals nor trees of this kind there.
  if (process.platform !== 'linux') {
    const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n');
    return rows.map((row) => row.trim().split(/\s+/)).map(([pid, parent, state = '']) => ({ pid: Number(pid), parent: Number(parent), ended: state.startsWith('Z') }));
  }
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
        // `pid (name) state ppid …`, where the name may hold anything, parentheses included.
        const [state = '', parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
        return [{ pid: Number(name), parent: Number(parent), ended: state === 'Z' || state === 'X' }];
      } catch {
        return []; // Ended meanwhile.
      }
    });
}
