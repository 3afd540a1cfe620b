import { loadBinding, warnOfFallback, type NativeBinding } from '../binding.js';
import type { Backend, Central, Fit } from './central.js';
import { FreeLists } from './free-lists.js';
import { JavaScriptCentral } from './javascript-central.js';
import { Lock } from './lock.js';
import { NativeCentral } from './native-central.js';
import type { Records } from '../records/records.js';

/** The native part, or `undefined` where the JavaScript allocator does the work. @throws {ArenaError} `ERR_ARENA_NATIVE_UNAVAILABLE`, if `backend` is 'native'. */
export function chooseNative(backend: 'auto' | Backend): NativeBinding | undefined {
  if (backend === 'javascript') return undefined;
  try {
    return loadBinding();
  } catch (error) {
    if (backend === 'native') throw error;
    warnOfFallback(error);
    return undefined;
  }
}

/** This thread's access to what all threads of an arena share. */
export function openCentral(native: NativeBinding | undefined, records: Records, row: number, fit: Fit): Central {
  const lists = new FreeLists(records, fit === 'best');
  const lock = new Lock(records, row, () => lists.rebuild());
  return native === undefined ? new JavaScriptCentral(records, lists, lock) : new NativeCentral(native, records, row, fit, lock);
}
