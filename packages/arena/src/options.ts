import { invalidArgument, invalidOption } from './errors.js';
import { GRANULE_BYTES } from './size-class.js';

export interface ArenaOptions {
  /** Usable at once, in bytes; whole pages of 4 KiB, 4 KiB to `maxBytes`. Takes no memory until it is written to. @default 1 MiB, or `maxBytes` if that is less */
  readonly initialBytes?: number;
  /** What the arena may grow to, in bytes; whole pages of 4 KiB, at most 4 GiB. Address space, not memory. @default 1 GiB */
  readonly maxBytes?: number;
  /**
   * The allocator: `'native'` fails with `ERR_ARENA_NATIVE_UNAVAILABLE` where its binary is missing, `'auto'` falls back
   * to `'javascript'` with one warning. @default 'auto'
   */
  readonly backend?: 'auto' | 'native' | 'javascript';
  /** Used in errors and events. @default 'default' */
  readonly name?: string;
}

export interface AllocOptions {
  /** The block's offset is a multiple of it, in bytes: a power of two, 1 to 4,096. Every block is aligned to 16. @default 16 */
  readonly align?: number;
}

export const PAGE_BYTES = 4_096;
/** The most that Node 20 shares in one buffer. */
const MOST_BYTES = 4 * 2 ** 30;
const BACKENDS = ['auto', 'native', 'javascript'];

export function resolveOptions(options: ArenaOptions = {}): Required<ArenaOptions> {
  const { maxBytes = 2 ** 30, initialBytes: given, backend = 'auto', name = 'default', ...unknown } = options;
  refuseUnknown(unknown);
  if (!isPages(maxBytes) || maxBytes > MOST_BYTES) throw invalidOption('maxBytes', maxBytes, `a multiple of ${PAGE_BYTES}, at most ${MOST_BYTES}`);
  const initialBytes = given === undefined ? Math.min(2 ** 20, maxBytes) : given;
  if (!isPages(initialBytes) || initialBytes > maxBytes) throw invalidOption('initialBytes', initialBytes, `a multiple of ${PAGE_BYTES}, at most maxBytes, ${maxBytes}`);
  if (!BACKENDS.includes(backend)) throw invalidOption('backend', backend, `one of ${BACKENDS.join(', ')}`);
  if (typeof name !== 'string' || name === '') throw invalidOption('name', name, 'a string that is not empty');
  return { initialBytes, maxBytes, backend, name };
}

/** The alignment asked for, in granules. */
export function resolveAlignment({ align = GRANULE_BYTES, ...unknown }: AllocOptions): number {
  refuseUnknown(unknown);
  if (!Number.isInteger(align) || align < 1 || align > PAGE_BYTES || (align & (align - 1)) !== 0) throw invalidArgument('align', align, `a power of two, 1 to ${PAGE_BYTES}`);
  return Math.max(1, align / GRANULE_BYTES);
}

const isPages = (bytes: number): boolean => Number.isSafeInteger(bytes) && bytes > 0 && bytes % PAGE_BYTES === 0;

function refuseUnknown(unknown: object): void {
  for (const [name, value] of Object.entries(unknown)) throw invalidOption(name, value, 'no option of that name');
}
