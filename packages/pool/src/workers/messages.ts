import { types } from 'node:util';

/** From the pool to a thread. The id tells tasks apart, and an abort that comes too late. */
export type ToThread =
  /** `measure`: whether the answer is to tell how much memory the thread has in use. */
  | { readonly fogPool: 'run'; readonly id: number; readonly task: string; readonly payload: unknown; readonly measure: boolean }
  | { readonly fogPool: 'abort'; readonly id: number };

/** From a thread to the pool. */
export type FromThread =
  | { readonly fogPool: 'ready'; readonly tasks: readonly string[] }
  | { readonly fogPool: 'done'; readonly id: number; readonly value: unknown; readonly heapBytes: number }
  | { readonly fogPool: 'failed'; readonly id: number; readonly error: SentError; readonly heapBytes: number }
  /** An abort was heard, so that the thread's event loop turns. */
  | { readonly fogPool: 'aborting'; readonly id: number };

/** A copy of an error loses its name and its own properties on the way, of which `code` is what callers match on. */
export interface SentError {
  readonly value: unknown;
  readonly name?: string;
  readonly code?: unknown;
}

/** Workers may post messages of their own; those are not for us. */
export function isOurs(message: unknown): message is ToThread | FromThread {
  return typeof message === 'object' && message !== null && 'fogPool' in message;
}

export function sendable(error: unknown): SentError {
  if (!(error instanceof Error)) return { value: error };
  const { name, message, stack, code } = error as Error & { readonly code?: unknown };
  // A DOMException would arrive as an empty object.
  const value = types.isNativeError(error) ? error : Object.assign(new Error(message), { stack });
  return typeof code === 'string' || typeof code === 'number' ? { value, name, code } : { value, name };
}

/** In place of what cannot be copied, or has something hanging on it that cannot, or does not even let itself be looked at. */
export function described(error: unknown): SentError {
  try {
    if (!(error instanceof Error)) return { value: new Error(String(error)) };
    const { name, message, stack, code } = error as Partial<Record<'name' | 'message' | 'stack' | 'code', unknown>>;
    const value = Object.assign(new Error(String(message)), { stack: String(stack) });
    return typeof code === 'string' || typeof code === 'number' ? { value, name: String(name), code } : { value, name: String(name) };
  } catch {
    return { value: new Error(`something was thrown that cannot be shown, of type ${typeof error}`) };
  }
}

export function received({ value, name, code }: SentError): unknown {
  if (!types.isNativeError(value)) return value;
  if (name !== undefined && value.name !== name) Object.defineProperty(value, 'name', { value: name, configurable: true, writable: true });
  // Defined and not assigned: a DOMException, which newer versions of Node copy as one, only has a getter for its own.
  return code === undefined ? value : Object.defineProperty(value, 'code', { value: code, configurable: true, enumerable: true, writable: true });
}
