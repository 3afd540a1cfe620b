import { spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';
import { reasonOf } from './errors.js';
import type { Environment } from './options.js';
import { OutputTail } from './output-tail.js';
import type { ServerUser } from './server-user.js';

export interface RunOptions {
  readonly env: Environment;
  readonly user?: ServerUser | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly cwd?: string;
}

/** Runs a program to its end and gives what it wrote to stdout; fails with the last lines of all it wrote. */
export async function run(program: string, args: readonly string[], { env, user, signal, cwd }: RunOptions): Promise<string> {
  const child = spawn(program, args, { env, ...user, ...(signal && { signal }), ...(cwd && { cwd }), stdio: ['ignore', 'pipe', 'pipe'] });
  const tail = new OutputTail(child.stdout, child.stderr);
  let stdout = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(signal?.aborted === true ? signal.reason : new Error(`${program}: ${reasonOf(error)}`, { cause: error })));
    child.once('close', (status, killedBy) => {
      if (status === 0) resolve(stdout);
      else reject(new Error(`${program} ended with ${status ?? killedBy}: ${tail.lines.join('\n')}`));
    });
  });
}

/** The executable files of these names on `PATH`: in the order of the names, then of the path. */
export function onPath(names: readonly string[], env: Environment): string[] {
  const folders = (env.PATH ?? '').split(delimiter).filter((folder) => folder !== '');
  return names.flatMap((name) => folders.map((folder) => join(folder, process.platform === 'win32' ? `${name}.exe` : name))).filter(isExecutable);
}

export function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * What a server or tool of ours gets of the environment: enough to run, and nothing that would change how it behaves, such
 * as PGPORT or NODE_OPTIONS. Messages come in English, since we read some.
 */
export function programEnv(env: Environment, extra: Environment = {}): NodeJS.ProcessEnv {
  const names = ['PATH', 'HOME', 'TMPDIR', 'TEMP', 'TMP', 'SystemRoot', 'http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  return { ...Object.fromEntries(names.filter((name) => env[name] !== undefined).map((name) => [name, env[name]])), LC_ALL: 'C', ...extra };
}
