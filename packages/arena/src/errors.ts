export type ArenaErrorCode =
  | 'ERR_ARENA_BUDGET_EXCEEDED'
  | 'ERR_ARENA_CLOSED'
  | 'ERR_ARENA_DOUBLE_FREE'
  | 'ERR_ARENA_EXHAUSTED'
  | 'ERR_ARENA_FOREIGN_BLOCK'
  | 'ERR_ARENA_FREED'
  | 'ERR_ARENA_HEAP_BLOCK'
  | 'ERR_ARENA_INVALID_ARGUMENT'
  | 'ERR_ARENA_INVALID_HANDLE'
  | 'ERR_ARENA_INVALID_OPTION'
  | 'ERR_ARENA_INVALID_TOKEN'
  | 'ERR_ARENA_NATIVE_UNAVAILABLE'
  | 'ERR_ARENA_NOT_LOADED'
  | 'ERR_ARENA_OUT_OF_MEMORY'
  | 'ERR_ARENA_OVERFLOW'
  | 'ERR_ARENA_TOO_LONG'
  | 'ERR_ARENA_TOO_MANY_THREADS'
  | 'ERR_ARENA_TRANSFERRED'
  | 'ERR_ARENA_WAIT_TIMEOUT';

/** Why nothing was left, in numbers: enough to tell a full arena from a fragmented one. */
export interface Exhaustion {
  readonly askedBytes: number;
  readonly alignBytes: number;
  readonly freeBytes: number;
  readonly largestFreeBytes: number;
  readonly externalFragmentationRatio: number;
  readonly committedBytes: number;
  readonly maxBytes: number;
}

/** Match on `code`: unlike `instanceof`, it works with two copies of this package in one process. */
export class ArenaError extends Error {
  override readonly name = 'ArenaError';
  readonly code: ArenaErrorCode;
  /** With `ERR_ARENA_EXHAUSTED`, and with `ERR_ARENA_WAIT_TIMEOUT` where it was not a budget that was waited for. */
  readonly exhaustion: Exhaustion | undefined;

  constructor(code: ArenaErrorCode, message: string, options?: ErrorOptions & { readonly exhaustion?: Exhaustion }) {
    super(message, options);
    this.code = code;
    this.exhaustion = options?.exhaustion;
  }
}

export const invalidOption = (name: string, value: unknown, expectation: string): ArenaError =>
  new ArenaError('ERR_ARENA_INVALID_OPTION', `option ${name} is ${shown(value)}, expected ${expectation}`);

export const invalidArgument = (name: string, value: unknown, expectation: string): ArenaError =>
  new ArenaError('ERR_ARENA_INVALID_ARGUMENT', `${name} is ${shown(value)}, expected ${expectation}`);

export const invalidToken = (token: unknown): ArenaError =>
  new ArenaError('ERR_ARENA_INVALID_TOKEN', `${shown(token)} is no token of a block: expected what block.token gave, { arena, slot, generation }, also through postMessage`);

export const invalidHandle = (handle: unknown): ArenaError =>
  new ArenaError('ERR_ARENA_INVALID_HANDLE', `${shown(handle)} is no handle of an arena: expected what arena.share() of the same version of this package gave, also through postMessage`);

export const exhausted = (arena: string, figures: Exhaustion, cause?: unknown): ArenaError =>
  new ArenaError('ERR_ARENA_EXHAUSTED', `arena '${arena}' has no room for ${figures.askedBytes} bytes aligned to ${figures.alignBytes}: ${describe(figures)}`, {
    exhaustion: figures,
    ...(cause === undefined ? {} : { cause }),
  });

const describe = ({ freeBytes, largestFreeBytes, externalFragmentationRatio, committedBytes, maxBytes }: Exhaustion): string =>
  `${freeBytes} of ${committedBytes} bytes are free, the largest free block has ${largestFreeBytes} ` +
  `(external fragmentation ${externalFragmentationRatio.toFixed(2)}), and the arena may grow to ${maxBytes}`;

export const freed = (arena: string, offset: number, byteLength: number): ArenaError =>
  new ArenaError('ERR_ARENA_FREED', `the block of ${byteLength} bytes at ${offset} of arena '${arena}' was freed; its memory may belong to another block now`);

export const freedToken = (arena: string, slot: number, generation: number): ArenaError =>
  new ArenaError('ERR_ARENA_FREED', `the block of token ${slot}/${generation} of arena '${arena}' was freed`);

export const doubleFree = (arena: string, offset: number, byteLength: number): ArenaError =>
  new ArenaError('ERR_ARENA_DOUBLE_FREE', `the block of ${byteLength} bytes at ${offset} of arena '${arena}' was freed before`);

export const foreignToken = (arena: string): ArenaError =>
  new ArenaError('ERR_ARENA_FOREIGN_BLOCK', `the token belongs to a block of another arena than '${arena}', or to one of another process`);

export const foreignBlock = (arena: string, offset: number, byteLength: number): ArenaError =>
  new ArenaError('ERR_ARENA_FOREIGN_BLOCK', `the block of ${byteLength} bytes at ${offset} belongs to another arena than '${arena}'`);

export const transferred = (arena: string, slot: number): ArenaError =>
  new ArenaError('ERR_ARENA_TRANSFERRED', `block ${slot} of arena '${arena}' was given away; it belongs to whoever calls receive(token)`);

export const notTransferred = (arena: string, slot: number): ArenaError =>
  new ArenaError('ERR_ARENA_TRANSFERRED', `block ${slot} of arena '${arena}' is not on its way: it was received before, freed, or never transferred`);

export const heapBlock = (operation: string): ArenaError =>
  new ArenaError('ERR_ARENA_HEAP_BLOCK', `${operation} is for blocks of the arena; this one came from outside of it, as the arena was exhausted`);

export const waitTimeout = (arena: string, bytes: number, waitMs: number, figures: Exhaustion): ArenaError =>
  new ArenaError('ERR_ARENA_WAIT_TIMEOUT', `${bytes} bytes of arena '${arena}' did not become free in ${waitMs} ms: ${describe(figures)}`, { exhaustion: figures });

export const budgetExceeded = (name: string, bytes: number, liveBytes: number, maxBytes: number): ArenaError =>
  new ArenaError('ERR_ARENA_BUDGET_EXCEEDED', `sub-arena '${name}' may have ${maxBytes} bytes: ${liveBytes} are live, and ${bytes} more were asked for`);

export const lazyBudgetExceeded = (arena: string, bytes: number, takenBytes: number, budgetBytes: number): ArenaError =>
  new ArenaError('ERR_ARENA_BUDGET_EXCEEDED', `lazily loaded objects of arena '${arena}' may have ${budgetBytes} bytes: ${takenBytes} are in use or being loaded, and ${bytes} more were asked for`);

export const budgetTimeout = (name: string, bytes: number, waitMs: number, takenBytes: number, maxBytes: number): ArenaError =>
  new ArenaError('ERR_ARENA_WAIT_TIMEOUT', `${bytes} bytes of sub-arena '${name}' did not become free in ${waitMs} ms: ${takenBytes} of the ${maxBytes} that it may have are taken`);

export const overflow = (arena: string, offset: number, byteLength: number, stack: string): ArenaError =>
  new ArenaError('ERR_ARENA_OVERFLOW', `something was written behind the block of ${byteLength} bytes at ${offset} of arena '${arena}'; it was allocated${stack}`);

export const notLoaded = (name: string): ArenaError =>
  new ArenaError('ERR_ARENA_NOT_LOADED', `${name} is not loaded, and its loader is asynchronous: await load() first`);

export const tooLong = (source: string, mostBytes: number): ArenaError => new ArenaError('ERR_ARENA_TOO_LONG', `${source} has more than ${mostBytes} bytes`);

export const tooManyThreads = (arena: string): ArenaError =>
  new ArenaError('ERR_ARENA_TOO_MANY_THREADS', `arena '${arena}' is in use by as many threads as there can be, 251; close() it in threads that are done with it`);

export const closed = (arena: string): ArenaError => new ArenaError('ERR_ARENA_CLOSED', `arena '${arena}' is closed`);

export const nativeUnavailable = (missing: string, cause: unknown): ArenaError => new ArenaError('ERR_ARENA_NATIVE_UNAVAILABLE', missing, { cause });

export const outOfMemory = (initialBytes: number, maxBytes: number, cause: unknown): ArenaError =>
  new ArenaError('ERR_ARENA_OUT_OF_MEMORY', `the process may not reserve ${maxBytes} bytes of address space, ${initialBytes} of them usable at once; is there a limit on its virtual memory?`, { cause });

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
  if (typeof value === 'function') return `the function ${value.name}`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `an object with { ${Object.keys(value).slice(0, 8).join(', ')} }`;
}
