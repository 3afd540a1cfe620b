import type * as crypto from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nativeUnavailable } from './errors.js';

/** One thread's access to the central allocator of `packages/arena/core`, to be handed to the functions below. */
export interface NativeCore {
  readonly [core]: true;
}

declare const core: unique symbol;

/** What `packages/arena/binding` exports; its `lib.rs` tells what goes through the exchange. -1 says that the lock is taken. */
export interface NativeBinding {
  attach(records: Uint32Array, row: number, exhaustive: boolean): NativeCore;
  allocate(core: NativeCore): number;
  free(core: NativeCore, count: number): number;
  grow(core: NativeCore, capacity: number): number;
  reset(core: NativeCore): number;
  survey(core: NativeCore): number;
  reclaim(core: NativeCore, owners: Uint8Array): [liveBlocks: number, liveBytes: number] | null;
  purge(core: NativeCore, memory: Uint8Array): number;
  resident(memory: Uint8Array): number;
  adviseHuge(memory: Uint8Array): boolean;
  mapFile(memory: Uint8Array, offset: number, bytes: number, descriptor: number): boolean;
  unmapFile(memory: Uint8Array, offset: number, bytes: number): boolean;
}

let loaded: NativeBinding | undefined;

/**
 * The native part: one built from this repository, else that of the package for this platform, `@fog/arena-<platform>`, if
 * it is the very file that this version was released with.
 * @throws {ArenaError} `ERR_ARENA_NATIVE_UNAVAILABLE`, naming what was looked for and what went wrong with it.
 */
export function loadBinding(): NativeBinding {
  return (loaded ??= load(platformName()));
}

function load(platform: string): NativeBinding {
  const require = createRequire(import.meta.url);
  // The same from src and from dist, which is as deep.
  const built = fileURLToPath(new URL(`../native/fog-arena.${platform}.node`, import.meta.url));
  const name = existsSync(built) ? built : `@fog/arena-${platform}`;
  try {
    if (name !== built) checkReleased(require.resolve(name), platform);
    return require(name) as NativeBinding;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND' ? 'is not installed' : `cannot be loaded: ${(error as Error).message}`;
    throw nativeUnavailable(`the native part of @fog/arena, ${name === built ? built : `package ${name}`}, ${why}`, error);
  }
}

/** Refuses a binary of another version, or that was changed since the release: `native.mjs` writes the checksums, which a repository has none of. */
function checkReleased(file: string, platform: string): void {
  const list = new URL('../npm/SHA256SUMS', import.meta.url);
  if (!existsSync(list)) return;
  // Loaded only here, as it takes longer than all the rest.
  const { createHash } = createRequire(import.meta.url)('node:crypto') as typeof crypto;
  const line = `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${platform}/${basename(file)}`;
  if (!readFileSync(list, 'utf8').split('\n').includes(line)) throw new Error(`${file} is not what this version was released with: SHA256SUMS has no line '${line}'`);
}

/** As napi-rs names platforms. */
function platformName(): string {
  const { platform, arch } = process;
  if (platform === 'win32') return `win32-${arch}-msvc`;
  return platform === 'linux' ? `linux-${arch}-${isMusl() ? 'musl' : 'gnu'}` : `${platform}-${arch}`;
}

function isMusl(): boolean {
  const report = process.report as typeof process.report & { excludeNetwork: boolean }; // Not yet in @types/node 20.
  const { excludeNetwork } = report;
  // A report with the network asks DNS for the name of every open socket's peer.
  report.excludeNetwork = true;
  const { header } = report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
  report.excludeNetwork = excludeNetwork;
  return header.glibcVersionRuntime === undefined;
}

const WARNED = Symbol.for('@fog/arena:javascript:warned');

/** Says once a thread, whichever copy of this module asks, that the JavaScript allocator takes over. */
export function warnOfFallback(error: unknown): void {
  const warned = globalThis as { [WARNED]?: true };
  if (warned[WARNED]) return;
  warned[WARNED] = true;
  process.emitWarning(`${(error as Error).message}. The JavaScript allocator does the work; it cannot give memory back (purge), use huge pages or map files.`, { code: 'FOG_ARENA_JAVASCRIPT' });
}
