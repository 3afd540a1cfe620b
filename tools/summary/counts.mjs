import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Runs named checks, prints each, and keeps the counts where the summary finds them, in the shape of jest's.
 * @param {string} file under a project's `.cache/test-results`
 * @param {() => AsyncIterable<{ name: string, failure?: string }>} checks
 */
export async function runChecks(file, checks) {
  rmSync(file, { force: true });
  let [numPassedTests, numFailedTests] = [0, 0];
  for await (const { name, failure } of checks()) {
    if (failure === undefined) numPassedTests += 1;
    else numFailedTests += 1;
    console.log(failure === undefined ? `ok    ${name}` : `FAIL  ${name}\n${failure.replaceAll(/^/gm, '      ')}`);
  }
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify({ numPassedTests, numFailedTests }));
  if (numFailedTests > 0) process.exitCode = 1;
}

/** The failure's text, or nothing when `check` passes. */
export async function failureOf(/** @type {() => unknown} */ check) {
  try {
    await check();
    return {};
  } catch (error) {
    return { failure: error instanceof Error ? error.message : String(error) };
  }
}

/** All counts left below `root`. */
export function totals(/** @type {string} */ root) {
  let [passed, failed] = [0, 0];
  for (const folder of ['.', ...['apps', 'packages', 'tools'].flatMap((top) => ['', ...readdirSync(join(root, top))].map((name) => join(top, name))), 'benchmarks'])
    for (const file of list(join(root, folder, '.cache/test-results'))) {
      const { numPassedTests, numFailedTests, numFailedTestSuites = 0 } = JSON.parse(readFileSync(file, 'utf8'));
      passed += numPassedTests;
      failed += Math.max(numFailedTests, Math.min(1, numFailedTestSuites)); // A suite that cannot load has no tests.
    }
  return { passed, failed };
}

function list(/** @type {string} */ folder) {
  try {
    return readdirSync(folder).map((file) => join(folder, file));
  } catch {
    return []; // Nothing was run there.
  }
}
