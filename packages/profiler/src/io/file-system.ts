/* oxlint-disable typescript/no-this-alias -- a function that replaces a method has the `this` of its caller */
import fs from 'node:fs';
import { devNull } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Api, IoObserver, Site } from './operation.js';
import { type Method, type Patch, replaceMethod } from './patch.js';

/** How many bytes an operation moved, from what it was given and what it gave. */
interface Measure {
  read(args: readonly unknown[], result: unknown): number;
  written(args: readonly unknown[], result: unknown): number;
}

const none = (): number => 0;
const METADATA: Measure = { read: none, written: none };
const READS_ALL: Measure = { read: ([, options], result) => sizeOf(result, options), written: none };
const WRITES_ALL: Measure = { read: none, written: ([, data, options]) => sizeOf(data, options) };
const READS: Measure = { read: (_, result) => countIn(result, 'bytesRead'), written: none };
const WRITES: Measure = { read: none, written: (_, result) => countIn(result, 'bytesWritten') };
/** A file handle's own methods are not given the file. */
const HANDLE_READS_ALL: Measure = { read: ([options], result) => sizeOf(result, options), written: none };
const HANDLE_WRITES_ALL: Measure = { read: none, written: ([data, options]) => sizeOf(data, options) };

const METADATA_NAMES = ['access', 'copyFile', 'lstat', 'mkdir', 'open', 'readdir', 'rename', 'rm', 'stat', 'unlink'] as const;
const metadata = (suffix = ''): [string, Measure][] => METADATA_NAMES.map((name) => [name + suffix, METADATA]);

const SYNC: ReadonlyMap<string, Measure> = new Map([
  ...metadata('Sync'),
  ['existsSync', METADATA],
  ['fsyncSync', METADATA],
  ['readFileSync', READS_ALL],
  ['writeFileSync', WRITES_ALL],
  ['appendFileSync', WRITES_ALL],
  ['readSync', READS],
  ['readvSync', READS],
  ['writeSync', WRITES],
  ['writevSync', WRITES],
]);

const CALLBACK: ReadonlyMap<string, Measure> = new Map([
  ...metadata(),
  ['fsync', METADATA],
  ['readFile', READS_ALL],
  ['writeFile', WRITES_ALL],
  ['appendFile', WRITES_ALL],
  ['read', READS],
  ['readv', READS],
  ['write', WRITES],
  ['writev', WRITES],
]);

const PROMISE: ReadonlyMap<string, Measure> = new Map([...metadata(), ['readFile', READS_ALL], ['writeFile', WRITES_ALL], ['appendFile', WRITES_ALL]]);

const HANDLE: ReadonlyMap<string, Measure> = new Map([
  ['read', READS],
  ['readv', READS],
  ['readFile', HANDLE_READS_ALL],
  ['write', WRITES],
  ['writev', WRITES],
  ['writeFile', HANDLE_WRITES_ALL],
  ['appendFile', HANDLE_WRITES_ALL],
]);

/**
 * Watches `node:fs` and `node:fs/promises`: whoever looks a function up from now on gets one that tells `observer`, and
 * so do importers, by Node's own way of changing its modules. A function taken before by destructuring `require` stays
 * unseen; what the kernel counted beyond what was seen says how much that is.
 */
export function watchFileSystem(observer: IoObserver): Patch[] {
  const watch = new FileSystemWatch(observer);
  return [
    ...Array.from(SYNC, ([name, measure]) => replaceMethod(fs, name, (original) => watch.sync(original, name, measure))),
    ...Array.from(CALLBACK, ([name, measure]) => replaceMethod(fs, name, (original) => watch.callback(original, name, measure))),
    ...Array.from(PROMISE, ([name, measure]) => replaceMethod(fs.promises, name, (original) => watch.promise(original, name, measure))),
    replaceMethod(fs, 'closeSync', (original) => watch.closing(original)),
    replaceMethod(fs, 'close', (original) => watch.closing(original)),
    watch.handles(),
  ];
}

/** An operation under way. */
interface Call {
  readonly target: string;
  readonly measure: Measure;
  readonly args: readonly unknown[];
  readonly beganMs: number;
  readonly site: Site | undefined;
  readonly sync?: boolean;
}

/** In the place of a result. */
const FAILED = Symbol('failed');

class FileSystemWatch {
  readonly #observer: IoObserver;
  readonly #paths = new Map<number, string>();
  /** What `writeFile` hands to `write`, which would be counted twice. */
  readonly #claimed = new WeakSet<object>();
  #handlePatches: Patch[] | undefined;
  #ended = false;
  /** Above 0 within a function of `fs`: what that calls itself is part of it. */
  #inside = 0;

  constructor(observer: IoObserver) {
    this.#observer = observer;
  }

  sync(original: Method, name: string, measure: Measure): Method {
    const watch = this;
    return function watched(...args) {
      if (watch.#inside > 0) return original.apply(this, args);
      const began = watch.#began(measure, args, watched);
      let result: unknown = FAILED;
      watch.#inside += 1;
      try {
        result = original.apply(this, args);
        return result;
      } finally {
        watch.#inside -= 1;
        if (name === 'openSync') watch.#opened(result, args[0]);
        watch.#done({ target: watch.#target(args[0]), measure, args, ...began, sync: true }, result);
      }
    };
  }

  callback(original: Method, name: string, measure: Measure): Method {
    const watch = this;
    return function watched(...args) {
      const callback = args.at(-1);
      if (watch.#inside > 0 || typeof callback !== 'function' || watch.#isClaimed(args[1])) return original.apply(this, args);
      if (measure === WRITES_ALL) args[1] = watch.#claim(args[1], args[2]);
      const call: Call = { target: watch.#target(args[0]), measure, args, ...watch.#began(measure, args, watched) };
      args[args.length - 1] = function done(this: unknown, ...results: unknown[]) {
        const [error, result] = results;
        if (name === 'open') watch.#opened(result, args[0]);
        watch.#done(call, error === null || error === undefined ? result : FAILED);
        return (callback as Method).apply(this, results);
      };
      watch.#inside += 1;
      try {
        return original.apply(this, args);
      } finally {
        watch.#inside -= 1;
      }
    };
  }

  promise(original: Method, name: string, measure: Measure): Method {
    const watch = this;
    return function watched(...args) {
      const target = watch.#target(args[0]);
      const began = watch.#began(measure, args, watched);
      if (measure === WRITES_ALL) args[1] = counting(args[1], args[2], (bytes) => watch.#observer.target('disk', target).written(bytes, performance.now()));
      const result = original.apply(this, args) as Promise<unknown>;
      const opened = name === 'open' ? (handle: unknown): void => watch.#openedHandle(handle, target) : undefined;
      return watch.#settled(result, { target, measure, args, ...began }, opened);
    };
  }

  closing(original: Method): Method {
    const watch = this;
    return function watched(...args) {
      watch.#paths.delete(args[0] as number);
      return original.apply(this, args);
    };
  }

  /** File handles have no public class: it is reached by one of ours, as those of the program may have been opened before. */
  handles(): Patch {
    if (handleClass === undefined) void findHandleClass().then((found) => this.#watchHandles(found), () => undefined);
    else this.#watchHandles(handleClass);
    return {
      undo: () => {
        this.#ended = true;
        for (const patch of this.#handlePatches ?? []) patch.undo();
      },
    };
  }

  #watchHandles(prototype: object): void {
    if (this.#ended) return;
    this.#handlePatches ??= Array.from(HANDLE, ([name, measure]) => replaceMethod(prototype, name, (original) => this.#handle(original, measure)));
  }

  #handle(original: Method, measure: Measure): Method {
    const watch = this;
    return function watched(...args) {
      const target = watch.#target((this as { readonly fd: number }).fd);
      const began = watch.#began(measure, args, watched);
      if (measure === HANDLE_WRITES_ALL) args[0] = counting(args[0], args[1], (bytes) => watch.#observer.target('disk', target).written(bytes, performance.now()));
      return watch.#settled(original.apply(this, args) as Promise<unknown>, { target, measure, args, ...began });
    };
  }

  #began(measure: Measure, args: readonly unknown[], api: Api): { readonly beganMs: number; readonly site: Site | undefined } {
    return { beganMs: performance.now(), site: this.#observer.site(expected(measure, args), api) };
  }

  /** What comes of a promise is handed on and not only looked at: if we handled it, nobody would hear that no one else does. */
  #settled(promise: Promise<unknown>, call: Call, opened?: (handle: unknown) => void): Promise<unknown> {
    return promise.then(
      (result) => {
        opened?.(result);
        this.#done(call, result);
        return result;
      },
      (error: unknown) => {
        this.#done(call, FAILED);
        throw error;
      },
    );
  }

  #done({ target, measure, args, beganMs, site, sync = false }: Call, result: unknown): void {
    const [readBytes, writtenBytes] = result === FAILED ? [0, 0] : [measure.read(args, result), measure.written(args, result)];
    this.#observer.target('disk', target).answered(readBytes, writtenBytes, beganMs, performance.now(), sync, site);
  }

  #opened(descriptor: unknown, path: unknown): void {
    if (typeof descriptor === 'number') this.#paths.set(descriptor, pathOf(path));
  }

  #openedHandle(handle: unknown, path: string): void {
    const { fd } = handle as { readonly fd: number };
    this.#paths.set(fd, path);
    this.#watchHandles(Object.getPrototypeOf(handle) as object);
  }

  #target(file: unknown): string {
    const descriptor = typeof file === 'object' && file !== null && 'fd' in file ? file.fd : file;
    if (typeof descriptor !== 'number') return pathOf(file);
    return this.#paths.get(descriptor) ?? STANDARD[descriptor] ?? '(opened before)';
  }

  #claim(data: unknown, options: unknown): unknown {
    if (typeof data !== 'string' && !ArrayBuffer.isView(data)) return data;
    // A view of our own: the caller may write its buffer elsewhere, too.
    const bytes = typeof data === 'string' ? Buffer.from(data, encodingIn(options)) : Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    this.#claimed.add(bytes);
    return bytes;
  }

  #isClaimed(data: unknown): boolean {
    return typeof data === 'object' && data !== null && this.#claimed.has(data);
  }
}

const STANDARD = ['(stdin)', '(stdout)', '(stderr)'];

function pathOf(file: unknown): string {
  if (typeof file === 'string') return file;
  if (file instanceof URL) return file.protocol === 'file:' ? fileURLToPath(file) : file.protocol;
  return file instanceof Uint8Array ? Buffer.from(file).toString() : '(unknown)';
}

/** What will be written is known before; what will be read is at most the room for it. */
function expected(measure: Measure, args: readonly unknown[]): number {
  if (measure === METADATA) return 0;
  if (measure === WRITES_ALL || measure === HANDLE_WRITES_ALL) return measure.written(args, undefined);
  const room = args.find((arg) => ArrayBuffer.isView(arg));
  return room === undefined ? UNKNOWN_BYTES : room.byteLength;
}

/** Whole files are read before their size is known: taken for as much as a stream reads at once. */
const UNKNOWN_BYTES = 65_536;

function sizeOf(data: unknown, options?: unknown): number {
  if (typeof data === 'string') return Buffer.byteLength(data, encodingIn(options));
  return ArrayBuffer.isView(data) ? data.byteLength : 0;
}

/** What else than a whole is written: a stream, an iterable, as it goes. */
function counting(data: unknown, options: unknown, tell: (bytes: number) => void): unknown {
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data) || !(Symbol.asyncIterator in data || Symbol.iterator in data)) return data;
  const parts = data as AsyncIterable<unknown>;
  return (async function* counted() {
    for await (const part of parts) {
      tell(sizeOf(part, options));
      yield part;
    }
  })();
}

/** Of options, or of an encoding in their place; UTF-8 where there is none, or none that is known. */
function encodingIn(options: unknown): BufferEncoding {
  const encoding = typeof options === 'string' ? options : (options as { readonly encoding?: unknown } | null | undefined)?.encoding;
  return typeof encoding === 'string' && Buffer.isEncoding(encoding) ? encoding : 'utf8';
}

/** As it is before anything is replaced. */
const openHandle = fs.promises.open;
let handleClass: object | undefined;

async function findHandleClass(): Promise<object> {
  const handle = await openHandle(devNull);
  handleClass = Object.getPrototypeOf(handle) as object;
  await handle.close();
  return handleClass;
}

function countIn(result: unknown, property: string): number {
  if (typeof result === 'number') return result;
  const count = (result as Readonly<Record<string, unknown>> | undefined)?.[property];
  return typeof count === 'number' ? count : 0;
}
