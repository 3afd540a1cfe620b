import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';

/** `benchmarks/arena/native`: a native allocator that is called once for each operation, as they usually are. */
export interface NativeRivals {
  create(): object;
  /** @returns a slot, 0 when there is no room */
  alloc(allocator: object, bytes: number): number;
  free(allocator: object, slot: number): boolean;
  /** Of one allocator for all threads of the process, behind a mutex. */
  allocShared(bytes: number): number;
  freeShared(slot: number): boolean;
}

/** Builds the rivals, which takes cargo, and loads them; also in a worker, for which they are built already. */
export function loadRivals(): NativeRivals {
  const root = rootOf(dirname(fileURLToPath(import.meta.url)));
  execFileSync('cargo', ['build', '--release', '--locked', '--quiet', '--package', 'fog-arena-rivals'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] });
  const module = { exports: {} as NativeRivals };
  const [prefix, suffix] = process.platform === 'win32' ? ['', 'dll'] : ['lib', process.platform === 'darwin' ? 'dylib' : 'so'];
  process.dlopen(module, join(root, `target/release/${prefix}fog_arena_rivals.${suffix}`), constants.dlopen.RTLD_NOW);
  return module.exports;
}

function rootOf(folder: string): string {
  return existsSync(join(folder, 'Cargo.lock')) ? folder : rootOf(dirname(folder));
}
