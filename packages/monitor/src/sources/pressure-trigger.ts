import { close, closeSync, openSync, watch, writeSync, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

/**
 * Work stood still for 200 ms of the last 2 s. Without the right to more, the kernel takes only windows of whole
 * multiples of 2 s: Documentation/accounting/psi.rst.
 */
const TRIGGER = 'some 200000 2000000\0';
const WINDOW_MS = 2_000;
/** After a call without cause. To arm a file is to write to it, which calls every other process that watches it. */
const CALM_MS = 60_000;
export type Resource = 'cpu' | 'memory' | 'io';
const RESOURCES: readonly Resource[] = ['cpu', 'memory', 'io'];

/** What the kernel is to tell us through. */
interface Armed {
  readonly descriptor: number;
  readonly watcher: FSWatcher;
}

/**
 * Lets the kernel say when work stands still, instead of asking it ten times a second. Only the pressure files of a
 * cgroup tell through `fs.watch`; those in `/proc/pressure` want `poll` with POLLPRI, which Node has not. Where there
 * are none, or they cannot be written, there are no triggers: what is polled has to do.
 *
 * A call is a hint and not yet the truth. It ends the watch, which is renewed by `rearm()` later and never at once: two
 * processes that answer each call by arming would call each other without end.
 */
export class PressureTriggers {
  readonly #folder: string;
  readonly #called: (resource: Resource) => boolean;
  readonly #now: () => number;
  readonly #armed = new Map<Resource, Armed>();
  /** When those that are not armed may be again. */
  readonly #dueMs = new Map<Resource, number>();
  #events = 0;
  #closed = false;

  /** `called` says whether work really stands still. */
  constructor(folder: string, called: (resource: Resource) => boolean, now: () => number) {
    this.#folder = folder;
    this.#called = called;
    this.#now = now;
    for (const resource of RESOURCES) this.#arm(resource);
  }

  /** How many resources the kernel watches for us, those included whose watch is about to be renewed. */
  get armed(): number {
    return this.#armed.size + this.#dueMs.size;
  }

  /** Calls with cause. */
  get eventsTotal(): number {
    return this.#events;
  }

  /** Renews the watches that are due: to be called now and then. */
  rearm(): void {
    if (this.#dueMs.size === 0 || this.#closed) return;
    const nowMs = this.#now();
    for (const [resource, dueMs] of this.#dueMs) {
      if (nowMs < dueMs) continue;
      this.#dueMs.delete(resource);
      this.#arm(resource);
    }
  }

  close(): void {
    this.#closed = true;
    this.#dueMs.clear();
    for (const resource of RESOURCES) this.#disarm(resource);
  }

  #arm(resource: Resource): void {
    const path = join(this.#folder, `${resource}.pressure`);
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, 'r+');
      // Before it is watched, as arming is a change of the file too.
      writeSync(descriptor, TRIGGER);
      const watcher = watch(path, { persistent: false }, () => this.#call(resource));
      watcher.on('error', () => this.#disarm(resource));
      this.#armed.set(resource, { descriptor, watcher });
    } catch {
      // No such file, read-only, or a kernel without PSI.
      if (descriptor !== undefined) closeSync(descriptor);
    }
  }

  #disarm(resource: Resource): void {
    const armed = this.#armed.get(resource);
    this.#armed.delete(resource);
    armed?.watcher.close();
    // In the background: the kernel lets whoever ends a trigger wait until no CPU can see it any more, some 10 ms.
    if (armed !== undefined) close(armed.descriptor);
  }

  #call(resource: Resource): void {
    // Several changes may have been waiting; one is told.
    if (this.#closed || !this.#armed.has(resource)) return;
    this.#disarm(resource);
    const cause = this.#called(resource);
    if (cause) this.#events += 1;
    this.#dueMs.set(resource, this.#now() + (cause ? WINDOW_MS : CALM_MS));
  }
}
