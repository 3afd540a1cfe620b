import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type ServicesError, closed, dataInUse, reasonOf, startFailed } from './errors.js';
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
  /** Brings the data into a state to start from, before each start; `false` if another server is running on them. */
  readonly prepare: () => Promise<boolean>;
  /** Gives the version once this very process answers; fails until then, or if another has taken the port. */
  readonly greet: (port: number, pid: number) => Promise<string>;
  /** Matches the output of a server that found another on its data, if it looks. */
  readonly dataTaken?: RegExp;
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

/** One run of the program, from its start to its end. */
interface Run {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly ended: Promise<void>;
  hasEnded: boolean;
  paused: number[];
}

/** What came of a start: the version, or why there is none. */
type Outcome = { readonly version: string } | { readonly error: ServicesError; readonly portTaken: boolean };

class PrivateServer implements Service {
  readonly origin = 'private';
  readonly host = '127.0.0.1';
  readonly #spec: ServerSpec;
  readonly #guard: ReturnType<typeof guard>;
  #port: number | undefined;
  #version = '';
  #run: Run | undefined;
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
      const run = this.#run;
      if (run === undefined) return;
      run.paused = stopTree(run.pid);
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
      const { error, portTaken } = outcome;
      if (error.code === 'ERR_SERVICES_DATA_IN_USE' && performance.now() < patientUntilMs) await delay(100);
      else if (portTaken && this.#port === undefined && ports < MOST_PORTS) ports += 1;
      else throw error;
    }
  }

  async #launch(port: number, signal: AbortSignal | undefined): Promise<Outcome> {
    const { program, args, env, directory, prepare, title } = this.#spec;
    if (!(await prepare())) return { error: dataInUse(title, directory), portTaken: false };
    const child = spawn(program, args(port), { cwd: directory, env, ...serverUser, detached: true, windowsHide: true, stdio: ['ignore', 'pipe', 'pipe'] });
    const output = new OutputTail(child.stdout, child.stderr);
    if (child.pid === undefined) {
      const [error] = await once(child, 'error');
      throw startFailed(title, reasonOf(error), [], error);
    }
    const silent = new Promise((resolve) => child.once('close', resolve));
    const ended = new Promise<void>((resolve) => {
      child.once('exit', () => {
        run.hasEnded = true;
        this.#run = undefined;
        this.#guard(this.#guarded());
        resolve();
      });
    });
    const run: Run = { child, pid: child.pid, ended, hasEnded: false, paused: [] };
    this.#run = run;
    this.#guard(this.#guarded());

    const ready = await this.#untilReady(run, port, signal);
    if ('version' in ready) {
      // From here on it is the application that keeps this process alive, not the server; forgotten, it ends with us.
      for (const handle of [child, child.stdout as Socket, child.stderr as Socket]) handle.unref();
      return ready;
    }
    const { hasEnded } = run;
    if (hasEnded) await Promise.race([silent, delay(500)]); // Its last words may still be in the pipe.
    else await this.#stop();
    signal?.throwIfAborted();
    return this.#failure(hasEnded ? `it ended with ${child.signalCode ?? child.exitCode}` : `it did not answer within ${READY_TIMEOUT_MS} ms`, output.lines, ready.cause);
  }

  async #untilReady(run: Run, port: number, signal: AbortSignal | undefined): Promise<{ version: string } | { cause: unknown }> {
    const giveUpMs = performance.now() + READY_TIMEOUT_MS;
    let cause: unknown;
    while (performance.now() < giveUpMs && !run.hasEnded) {
      if (signal?.aborted === true) break;
      try {
        return { version: await this.#spec.greet(port, run.pid) };
      } catch (error) {
        cause = error;
      }
      await Promise.race([run.ended, delay(POLL_MS)]);
    }
    return { cause };
  }

  #failure(reason: string, output: readonly string[], cause: unknown): Outcome {
    const { title, dataTaken, directory } = this.#spec;
    const says = (what: RegExp): boolean => output.some((line) => what.test(line));
    const error = dataTaken !== undefined && says(dataTaken) ? dataInUse(title, directory) : startFailed(title, reason, output, cause);
    return { error, portTaken: says(/address already in use/i) };
  }

  async #close(): Promise<void> {
    await this.#turn;
    await this.#stop();
    if (this.#spec.temporary) await rm(this.#spec.directory, { recursive: true, force: true, maxRetries: 5 });
    this.#guard(undefined);
  }

  async #stop(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    run.child.ref();
    run.child.kill(this.#spec.stopSignal);
    this.#thaw();
    const timeout = new AbortController();
    await Promise.race([run.ended, delay(STOP_TIMEOUT_MS, undefined, { signal: timeout.signal }).catch(() => {})]);
    timeout.abort();
    await this.#crash();
  }

  /** Resolves when the last of the server's processes is gone; until then they hold its port and shared memory. */
  async #crash(): Promise<void> {
    const run = this.#run;
    if (run === undefined) return;
    run.child.ref();
    const tree = stopTree(run.pid);
    signalAll(tree, 'SIGKILL');
    await run.ended;
    while (running(tree).length > 0) await delay(POLL_MS);
  }

  #thaw(): void {
    if (this.#run === undefined) return;
    signalAll(this.#run.paused, 'SIGCONT');
    this.#run.paused = [];
    this.#guard(this.#guarded());
  }

  #guarded(): Parameters<typeof guard>[0] {
    const { stopSignal, temporary, directory } = this.#spec;
    return { pid: this.#run?.pid, paused: this.#run?.paused, stopSignal, remove: temporary ? directory : undefined };
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
