import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { ServicesError, closed, dataInUse, reasonOf, startFailed } from './errors.js';
import { guard } from './guard.js';
import { OutputTail } from './output-tail.js';
import { freePort } from './port.js';
import { descendants, running, signalAll } from './process-tree.js';
import { serverUser } from './server-user.js';
import type { Service } from './service.js';

/** A program to run as a server, and how to talk to it. */
export interface ServerSpec {
  readonly title: string;
  readonly program: string;
  readonly args: (port: number) => readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Its data; removed at the end if `temporary`. */
  readonly directory: string;
  readonly temporary: boolean;
  /** Asks it to end in good order, whoever is connected. */
  readonly stopSignal: 'SIGINT' | 'SIGTERM';
  /** Brings the data into a state to start from; called before each start. @throws {ServicesError} `ERR_SERVICES_DATA_IN_USE` */
  readonly prepare: () => Promise<void>;
  /** Gives the version once this very process answers; fails until then, or if another has taken the port. */
  readonly greet: (port: number, pid: number) => Promise<string>;
  /** Matches the output of a server that found another on its data. */
  readonly dataTaken: RegExp;
  readonly url: (port: number) => string;
}

/** Recovery from a crash under load takes longest. */
const READY_TIMEOUT_MS = 60_000;
const POLL_MS = 20;
const STOP_TIMEOUT_MS = 10_000;
/** How long the server of a process that has just died may take to end before its data count as in use. */
const DATA_PATIENCE_MS = 5_000;
const MOST_PORTS = 20;

/** @throws {ServicesError} `ERR_SERVICES_START_FAILED`, `ERR_SERVICES_DATA_IN_USE`; or `signal.reason` */
export async function startPrivateServer(spec: ServerSpec, signal: AbortSignal | undefined): Promise<Service> {
  const server = new PrivateServer(spec);
  try {
    await server.start(signal);
    return server;
  } catch (error) {
    await server.close();
    throw error;
  }
}

interface Process {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly output: OutputTail;
  readonly ended: Promise<unknown>;
  hasEnded: boolean;
  paused: number[];
}

/** What came of a start: the version, or why there is none. */
type Outcome = { readonly version: string } | { readonly reason: string; readonly output: readonly string[]; readonly cause?: unknown };

class PrivateServer implements Service {
  readonly origin = 'private';
  readonly host = '127.0.0.1';
  readonly #spec: ServerSpec;
  readonly #guard: ReturnType<typeof guard>;
  #port: number | undefined;
  #version = '';
  #process: Process | undefined;
  /** Operations wait for one another: a kill() in the middle of a restart() would leave neither done. */
  #turn: Promise<unknown> = Promise.resolve();
  #closing: Promise<void> | undefined;

  constructor(spec: ServerSpec) {
    this.#spec = spec;
    this.#guard = guard(this.#guarded());
  }

  get port(): number {
    return this.#port ?? 0;
  }

  get url(): string {
    return this.#spec.url(this.port);
  }

  get version(): string {
    return this.#version;
  }

  pause(): Promise<void> {
    return this.#inTurn('pause', async () => {
      const process = this.#process;
      if (process === undefined) return;
      process.paused = stopTree(process.pid);
      this.#guard(this.#guarded());
    });
  }

  resume(): Promise<void> {
    return this.#inTurn('resume', async () => this.#thaw());
  }

  kill(): Promise<void> {
    return this.#inTurn('kill', () => this.#crash());
  }

  restart(): Promise<void> {
    return this.#inTurn('restart', async () => {
      await this.#stop();
      await this.start(undefined);
    });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The first time on a free port, from then on on the same. */
  async start(signal: AbortSignal | undefined): Promise<void> {
    const { title, dataTaken, directory } = this.#spec;
    const patientUntilMs = performance.now() + DATA_PATIENCE_MS;
    for (let ports = 1; ; ) {
      signal?.throwIfAborted();
      const port = this.#port ?? (await freePort());
      const outcome = await this.#launch(port, signal);
      if ('version' in outcome) {
        this.#port = port;
        this.#version = outcome.version;
        return;
      }
      const { reason, output, cause } = outcome;
      const says = (what: RegExp): boolean => output.some((line) => what.test(line));
      if (says(dataTaken)) {
        if (performance.now() > patientUntilMs) throw dataInUse(title, directory);
        await delay(100);
      } else if (says(/address already in use/i) && this.#port === undefined && ports < MOST_PORTS) ports += 1;
      else throw startFailed(title, reason, output, cause);
    }
  }

  async #launch(port: number, signal: AbortSignal | undefined): Promise<Outcome> {
    const { program, args, env, directory, greet, prepare, title } = this.#spec;
    try {
      await prepare();
    } catch (error) {
      if (error instanceof ServicesError && error.code === 'ERR_SERVICES_DATA_IN_USE') return { reason: error.message, output: [error.message] };
      throw error;
    }
    const child = spawn(program, args(port), { cwd: directory, env, ...serverUser, detached: true, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = new OutputTail(child.stdout, child.stderr);
    if (child.pid === undefined) {
      const [error] = await once(child, 'error');
      throw startFailed(title, reasonOf(error), [], error);
    }
    const process: Process = { child, pid: child.pid, output, ended: once(child, 'exit'), hasEnded: false, paused: [] };
    child.once('exit', () => {
      process.hasEnded = true;
      if (this.#process === process) this.#process = undefined;
      this.#guard(this.#guarded());
    });
    this.#process = process;
    this.#guard(this.#guarded());

    const giveUpMs = performance.now() + READY_TIMEOUT_MS;
    let cause: unknown;
    while (performance.now() < giveUpMs && !process.hasEnded) {
      if (signal?.aborted === true) break;
      try {
        const version = await greet(port, process.pid);
        // From here on it is the application that keeps the process alive, not the server; forgotten, it ends with it.
        for (const handle of [child, child.stdout as Socket, child.stderr as Socket]) handle.unref();
        return { version };
      } catch (error) {
        cause = error;
      }
      await Promise.race([process.ended, delay(POLL_MS)]);
    }
    const ended = process.hasEnded;
    if (ended) await Promise.race([once(child, 'close'), delay(500)]); // The last words may still be in the pipe.
    else await this.#stop();
    signal?.throwIfAborted();
    const reason = ended ? `it ended with ${child.signalCode ?? child.exitCode}` : `it did not answer within ${READY_TIMEOUT_MS} ms`;
    return { reason, output: output.lines, cause };
  }

  async #close(): Promise<void> {
    await this.#turn;
    await this.#stop();
    if (this.#spec.temporary) await rm(this.#spec.directory, { recursive: true, force: true, maxRetries: 5 });
    this.#guard(undefined);
  }

  async #stop(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    process.child.ref();
    process.child.kill(this.#spec.stopSignal);
    this.#thaw();
    const timeout = new AbortController();
    await Promise.race([process.ended, delay(STOP_TIMEOUT_MS, undefined, { signal: timeout.signal }).catch(() => {})]);
    timeout.abort();
    await this.#crash();
  }

  /** Resolves when the last of the server's processes is gone; until then they hold its port and shared memory. */
  async #crash(): Promise<void> {
    const process = this.#process;
    if (process === undefined) return;
    process.child.ref();
    const tree = stopTree(process.pid);
    signalAll(tree, 'SIGKILL');
    await process.ended;
    while (running(tree).length > 0) await delay(POLL_MS);
  }

  #thaw(): void {
    if (this.#process === undefined) return;
    signalAll(this.#process.paused, 'SIGCONT');
    this.#process.paused = [];
    this.#guard(this.#guarded());
  }

  #guarded(): Parameters<typeof guard>[0] {
    const { stopSignal, temporary, directory } = this.#spec;
    return { pid: this.#process?.pid, paused: this.#process?.paused, stopSignal, remove: temporary ? directory : undefined };
  }

  #inTurn(operation: string, work: () => Promise<void>): Promise<void> {
    if (this.#closing !== undefined) return Promise.reject(closed(this.#spec.title, operation));
    const result = this.#turn.then(work);
    this.#turn = result.catch(() => {});
    return result;
  }
}

/** Stops all processes of a server, until a look finds no new one: while the first is not stopped yet, it may make more. */
function stopTree(pid: number): number[] {
  const stopped = new Set<number>();
  for (let found = [pid]; found.length > 0; found = descendants(pid).filter((each) => !stopped.has(each))) {
    signalAll(found, 'SIGSTOP');
    for (const each of found) stopped.add(each);
  }
  return [...stopped];
}
