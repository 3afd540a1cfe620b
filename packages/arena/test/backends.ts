import { existsSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Backend } from '../src/allocator.js';

const folder = fileURLToPath(new URL('../native', import.meta.url));

/** Whether the native part was built here; never asked of the code under test, which could be wrong about it. */
export const nativeIsBuilt: boolean = existsSync(folder) && readdirSync(folder).some((file) => file.endsWith('.node'));

/** All that can be tested here; what is said of one backend must hold for each. */
export const backends: readonly Backend[] = nativeIsBuilt ? ['javascript', 'native'] : ['javascript'];
