/**
 * Runs one project's tests and leaves the counts in its `.cache/test-results/jest.json` for the summary.
 *
 *     node tools/jest/main.mjs packages/pool [jest arguments]
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';

const root = join(import.meta.dirname, '../..');
const [project = '.', ...args] = process.argv.slice(2);
const rootDir = resolve(root, project);
const results = join(rootDir, '.cache/test-results');
mkdirSync(results, { recursive: true });

const { status } = spawnSync(
  process.execPath,
  [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    '--expose-gc',
    createRequire(import.meta.url).resolve('jest/bin/jest'),
    `--config=${join(import.meta.dirname, 'config.cjs')}`,
    `--rootDir=${rootDir}`,
    '--json',
    `--outputFile=${join(results, 'jest.json')}`,
    ...args,
  ],
  // Nx asks for colours, and programs that tests start would print them.
  { cwd: rootDir, env: { ...process.env, FORCE_COLOR: '0' }, stdio: ['ignore', 'ignore', 'inherit'] },
);
process.exit(status ?? 1);
