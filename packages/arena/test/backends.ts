import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Backend } from '../src/central/central.js';

const folder = fileURLToPath(new URL('../native', import.meta.url));

/** What was built of the native part; never asked of the code under test, which could be wrong about it. */
export const nativeFiles: readonly string[] = existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.node')).map((file) => join(folder, file)) : [];
export const nativeIsBuilt: boolean = nativeFiles.length > 0;

/** All that can be tested here; what is said of one backend must hold for each. */
export const backends: readonly Backend[] = nativeIsBuilt ? ['javascript', 'native'] : ['javascript'];
