import { closeSync, openSync, watch, writeSync, type FSWatcher } from 'node:fs';
import { join } from 'node:path';

/**
 * Work stood still for 200 ms of the last 2 s. Without the right to more, the kernel takes only windows of whole
 * multiples of 2 s: Documentation/accounting/psi.rst.
 */
const TRIGGER = 'some 200000 2000000\0';
export type Resource = 'cpu' | 'memory' | 'io';
const RESOURCES: readonly Resource[] = ['cpu', 'memory', 'io'];

/**
 * Lets the kernel say when work stands still, instead of asking it ten times a second. Only the pressure files of a
 * cgroup tell through `fs.watch`; those in `/proc/pressure` want `poll` with POLLPRI, which Node has not. Where there
 * are none, or they cannot be written, there are no triggers: what is polled has to do.
 */
export class PressureTriggers {
  readonly #fired: (resource: Resource) => void;
  readonly #armed = new Map<Resource, { readonly descriptor: number; readonly watcher: FSWatcher }>();
  readonly #folder: string;
  #events = 0;
  #closed = false;

  constructor(folder: string, fired: (resource: Resource) => void) {
    this.#folder = folder;
    this.#fired = fired;
    for (const resource of RESOURCES) this.#arm(resource);
  }

  /** How many resources the kernel watches for us. */
  get armed(): number {
    return this.#armed.size;
  }

  get eventsTotal(): number {
    return this.#events;
  }

  close(): void {
    this.#closed = true;
    for (const resource of RESOURCES) this.#disarm(resource);
  }

  #arm(resource: Resource): void {
    const path = join(this.#folder, `${resource}.pressure`);
    let descriptor: number | undefined;
    try {
      descriptor = openSync(path, 'r+');
      // Before it is watched, as arming is a change of the file too.
      writeSync(descriptor, TRIGGER);
      const watcher = watch(path, { persistent: false }, () => this.#event(resource));
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
    if (armed !== undefined) closeSync(armed.descriptor);
  }

  #event(resource: Resource): void {
    if (this.#closed || !this.#armed.has(resource)) return;
    this.#events += 1;
    // The kernel notifies a watch of this kind once.
    this.#disarm(resource);
    this.#arm(resource);
    this.#fired(resource);
  }
}
