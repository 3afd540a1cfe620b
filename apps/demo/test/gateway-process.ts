import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The gateway as it is deployed: the built program in a process of its own. */
export interface GatewayProcess extends AsyncDisposable {
  readonly url: string;
  readonly process: ChildProcess;
  /** All it has printed. */
  output(): string;
  /** Sends SIGTERM and gives the exit code. */
  stop(): Promise<number | null>;
}

export const MAIN: string = join(import.meta.dirname, '../dist/main.js');

/** Starts the gateway on a free port; rejects with its output when it ends before it serves. */
export async function startGateway(env: Readonly<Record<string, string>>): Promise<GatewayProcess> {
  const { child, lines, output } = run(env);
  const exited = once(child, 'exit') as Promise<[number | null]>;
  const url = await Promise.race([
    (async () => {
      for await (const line of lines) {
        const [, address] = /^Fog gateway\s+(http:\S+)$/.exec(line) ?? [];
        if (address !== undefined) return address;
      }
      throw new Error(`the gateway ended:\n${output()}`);
    })(),
    exited.then(([code]) => {
      throw new Error(`the gateway ended with ${code}:\n${output()}`);
    }),
  ]);
  exited.catch(() => {}); // An exit later on is the test's business.
  const stop = async (): Promise<number | null> => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
    return (await exited)[0];
  };
  return {
    url,
    process: child,
    output,
    stop,
    async [Symbol.asyncDispose]() {
      await stop();
    },
  };
}

/** Starts a gateway that should refuse to: its exit code and what it printed. */
export async function failingGateway(env: Readonly<Record<string, string>>): Promise<{ code: number | null; output: string }> {
  const { child, output } = run(env);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output: output() };
}

function run(env: Readonly<Record<string, string>>) {
  const child = spawn(process.execPath, [MAIN], { env: { PATH: process.env['PATH'], HOME: process.env['HOME'], PORT: '0', ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, lines: createInterface(child.stdout), output: () => text };
}

/** One request; a string body is sent as NDJSON unless the headers say otherwise. */
export async function ask(url: string, path: string, body?: string, headers: Readonly<Record<string, string>> = {}): Promise<{ status: number; headers: Headers; json: Record<string, unknown> }> {
  const response = await fetch(`${url}${path}`, body === undefined ? { headers } : { method: 'POST', body, headers: { 'content-type': 'application/x-ndjson', ...headers } });
  return { status: response.status, headers: response.headers, json: (await response.json()) as Record<string, unknown> };
}

/** Resolves once `check` gives something, asked again at every turn of the other side: no time is assumed, the test's limit is the bound. */
export async function eventually<T>(check: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
  }
}
