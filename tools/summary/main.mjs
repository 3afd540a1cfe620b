/** Prints `N passed, N failed` over all tests of the last run; with `--failed`, the run failed, whatever was counted. */
import { join } from 'node:path';
import { totals } from './counts.mjs';

const { passed, failed } = totals(join(import.meta.dirname, '../..'));
console.log(`${passed} passed, ${process.argv.includes('--failed') ? Math.max(1, failed) : failed} failed`);
