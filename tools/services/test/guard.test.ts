import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from '@jest/globals';
import { isListening } from './surroundings.js';

const here = fileURLToPath(new URL('.', import.meta.url));
const application = join(here, '../.cache/test-application/main.mjs');

beforeAll(async () => {
  const esbuild = createRequire(import.meta.url).resolve('esbuild/bin/esbuild');
  const args = [join(here, 'fixtures/application.ts'), `--outfile=${application}`, '--bundle', '--platform=node', '--format=esm', '--packages=external', '--log-level=error'];
  const [status] = await once(spawn(process.execPath, [esbuild, ...args], { stdio: 'inherit' }), 'exit');
  expect(status).toBe(0);
});

describe('private servers and their data are gone soon after their process, when it', () => {
  it.each<{ name: string; args: string[]; signal?: NodeJS.Signals; status: number | null }>([
    { name: 'ends without having closed them', args: ['end', 'running', 'redis'], status: 0 },
    { name: 'dies of an exception', args: ['throw', 'running', 'redis'], status: 1 },
    { name: 'calls process.exit', args: ['exit', 'running', 'redis'], status: 3 },
    { name: 'is interrupted', args: ['wait', 'running', 'redis'], signal: 'SIGINT', status: null },
    { name: 'is terminated', args: ['wait', 'running', 'redis'], signal: 'SIGTERM', status: null },
    { name: 'is killed', args: ['wait', 'running', 'redis,postgres'], signal: 'SIGKILL', status: null },
    { name: 'is killed while they are paused', args: ['wait', 'paused', 'redis,postgres'], signal: 'SIGKILL', status: null },
  ])('$name', async ({ args, signal, status }) => {
    const child = spawn(process.execPath, [application, ...args], { stdio: ['ignore', 'pipe', 'ignore'] });
    const exited = once(child, 'exit');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const { ports, directories } = JSON.parse(line) as { ports: number[]; directories: string[] };
    if (signal !== undefined) {
      expect(directories.map((directory) => existsSync(directory))).not.toContain(false);
      child.kill(signal);
    }
    expect(await exited).toEqual([status, signal ?? null]);

    // Until it holds, or the test times out.
    for (const port of ports) while (await isListening(port)) await delay(20);
    for (const directory of directories) while (existsSync(directory)) await delay(20);
  });
});
