import type { Allocator } from './allocator.js';
import { loadBinding, warnOfFallback, type NativeBinding } from './binding.js';
import { JavaScriptAllocator } from './javascript-allocator.js';
import { NativeAllocator } from './native-allocator.js';

/** @throws {ArenaError} `ERR_ARENA_NATIVE_UNAVAILABLE`, if `backend` is 'native'. */
export function createAllocator(backend: 'auto' | 'native' | 'javascript', capacity: number): Allocator {
  if (backend === 'javascript') return new JavaScriptAllocator(capacity);
  let binding: NativeBinding;
  try {
    binding = loadBinding();
  } catch (error) {
    if (backend === 'native') throw error;
    warnOfFallback(error);
    return new JavaScriptAllocator(capacity);
  }
  return new NativeAllocator(binding, capacity);
}
