import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Survey } from './allocator.js';
import { nativeUnavailable } from './errors.js';

/** What `packages/arena/binding` exports. */
export interface NativeBinding {
  readonly Core: new (capacity: number) => NativeCore;
}

/** `exchange` as in `Allocator`. */
export interface NativeCore {
  allocate(size: number, align: number, count: number, exchange: Int32Array): number;
  free(count: number, exchange: Int32Array): void;
  grow(capacity: number): void;
  reset(): void;
  survey(): Survey;
  purge(memory: Uint8Array): number;
}

let loaded: NativeBinding | undefined;

/**
 * The native part: one built from this repository, else that of the package for this platform, `@fog/arena-<platform>`.
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
    return require(name) as NativeBinding;
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code === 'MODULE_NOT_FOUND' ? 'is not installed' : `cannot be loaded: ${(error as Error).message}`;
    throw nativeUnavailable(`the native part of @fog/arena, ${name === built ? built : `package ${name}`}, ${why}`, error);
  }
}

/** As napi-rs names platforms. */
function platformName(): string {
  const { platform, arch } = process;
  if (platform === 'win32') return `win32-${arch}-msvc`;
  return platform === 'linux' ? `linux-${arch}-${isMusl() ? 'musl' : 'gnu'}` : `${platform}-${arch}`;
}

function isMusl(): boolean {
  const { header } = process.report.getReport() as { readonly header: { readonly glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime === undefined;
}

const WARNED = Symbol.for('@fog/arena:javascript:warned');

/** Says once a process, whichever copy of this module asks, that the JavaScript allocator takes over. */
export function warnOfFallback(error: unknown): void {
  const warned = globalThis as { [WARNED]?: true };
  if (warned[WARNED]) return;
  warned[WARNED] = true;
  process.emitWarning(`${(error as Error).message}. The JavaScript allocator does the work; it cannot give memory back (purge).`, { code: 'FOG_ARENA_JAVASCRIPT' });
}
