import { closeSync, existsSync, openSync, readFileSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { Scanner } from './scanner.js';

/** Where the kernel's files are; elsewhere in tests. */
export interface KernelRoots {
  readonly proc: string;
  readonly sys: string;
}

export const kernelRoots: KernelRoots = { proc: '/proc', sys: '/sys' };

const INITIAL_BYTES = 64 * 1024;
const MAX_BYTES = 4 * 1024 * 1024;

/**
 * Reads the kernel's files through descriptors that stay open, into one buffer that all share, as they are read one
 * after the other. Reading is synchronous on purpose: these files are made in memory within microseconds, less than
 * a trip to the thread pool takes.
 */
export class KernelFiles {
  readonly roots: KernelRoots;
  readonly #scanner = new Scanner();
  #buffer: Buffer = Buffer.allocUnsafeSlow(INITIAL_BYTES);

  constructor(roots: KernelRoots) {
    this.roots = roots;
  }

  proc(path: string): KernelFile {
    return this.at(join(this.roots.proc, path));
  }

  at(path: string): KernelFile {
    return new KernelFile(path, this);
  }

  /** What changes so rarely that reading it as a string is fine; `undefined` if it cannot be read. */
  text(path: string): string | undefined {
    try {
      return readFileSync(path, 'utf8').trim();
    } catch {
      return undefined;
    }
  }

  exists(path: string): boolean {
    return existsSync(path);
  }

  /** Reads all of a file. The scanner is valid until the next read. */
  read(descriptor: number, path: string): Scanner {
    let length = 0;
    // A file of many records comes in pieces of about a page, however large the buffer: only 0 bytes mean its end.
    for (let read = -1; read !== 0; length += read) {
      if (length === this.#buffer.length) this.#grow(path);
      read = readSync(descriptor, this.#buffer, length, this.#buffer.length - length, length);
    }
    this.#scanner.reset(this.#buffer, length);
    return this.#scanner;
  }

  #grow(path: string): void {
    if (this.#buffer.length >= MAX_BYTES) throw new Error(`${path} is longer than ${MAX_BYTES} bytes`);
    const larger = Buffer.allocUnsafeSlow(this.#buffer.length * 2);
    this.#buffer.copy(larger);
    this.#buffer = larger;
  }
}

/** One file, opened when first read and again after a failure: what was unreadable once may be readable later. */
export class KernelFile {
  readonly path: string;
  readonly #files: KernelFiles;
  #descriptor: number | undefined;

  constructor(path: string, files: KernelFiles) {
    this.path = path;
    this.#files = files;
  }

  /** The scanner is valid until any other file is read. */
  scan(): Scanner {
    this.#descriptor ??= openSync(this.path, 'r');
    try {
      return this.#files.read(this.#descriptor, this.path);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  close(): void {
    if (this.#descriptor === undefined) return;
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
