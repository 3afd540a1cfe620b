import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

/** What idle.program.mjs prints before it ends by itself; rejects if it has to be ended. */
export async function runIdleProgram(kind: 'plain' | 'pg' | 'pg-drop-in' | 'http' | 'redis' | 'threads', url = ''): Promise<string> {
  const program = fileURLToPath(new URL('idle.program.mjs', import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, [program, kind, url], { timeout: 20_000 });
  return stdout.trim();
}
