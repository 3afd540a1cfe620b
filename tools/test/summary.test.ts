import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { failureOf, runChecks, totals } from '../summary/counts.mjs';

let root = '';
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'fog-summary-'));
  for (const folder of ['apps/demo', 'packages/pool', 'tools/services', 'benchmarks']) mkdirSync(join(root, folder, '.cache/test-results'), { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

const write = (file: string, counts: object): void => writeFileSync(join(root, file), JSON.stringify(counts));

it('adds up what every project has left', () => {
  write('packages/pool/.cache/test-results/jest.json', { numPassedTests: 3, numFailedTests: 1, numFailedTestSuites: 1 });
  write('packages/pool/.cache/test-results/pack.json', { numPassedTests: 2, numFailedTests: 0 });
  write('apps/demo/.cache/test-results/jest.json', { numPassedTests: 4, numFailedTests: 0, numFailedTestSuites: 0 });
  write('benchmarks/.cache/test-results/jest.json', { numPassedTests: 1, numFailedTests: 0 });
  expect(totals(root)).toEqual({ passed: 10, failed: 1 });
});

it('counts a suite that could not load as a failure', () => {
  write('tools/services/.cache/test-results/jest.json', { numPassedTests: 0, numFailedTests: 0, numFailedTestSuites: 2 });
  expect(totals(root)).toEqual({ passed: 0, failed: 1 });
});

it('keeps the counts of checks, failures included', async () => {
  const before = process.exitCode;
  const file = join(root, 'packages/pool/.cache/test-results/pack.json');
  await runChecks(file, async function* () {
    yield { name: 'passes', ...(await failureOf(() => {})) };
    yield { name: 'fails', ...(await failureOf(() => Promise.reject(new Error('why')))) };
  });
  expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual({ numPassedTests: 1, numFailedTests: 1 });
  expect(process.exitCode).toBe(1);
  process.exitCode = before;
});
