/**
 * Runs the packages' tests on every supported line of Node that can be had from npm.
 *
 *     npm run matrix                  20.19, 22, 24 and 26
 *     npm run matrix -- 22            one of them
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const packages = ['pool', 'arena', 'scheduler', 'profiler', 'monitor'];
const versions = process.argv.length > 2 ? process.argv.slice(2) : ['20.19', '22', '24', '26'];

let failed = 0;
for (const version of versions) {
  const on = (/** @type {string[]} */ ...command) => spawnSync('npx', ['--yes', '-p', `node@${version}`, '--', ...command], { cwd: root, encoding: 'utf8', shell: process.platform === 'win32' });
  const found = on('node', '--version').stdout.trim();
  if (!found.startsWith(`v${version}`)) {
    console.log(`Node ${version}: cannot be had here`);
    continue;
  }
  for (const name of packages) {
    const { status, stderr } = on('node', 'tools/jest/main.mjs', `packages/${name}`);
    console.log(`${status === 0 ? 'ok    ' : 'FAIL  '}${found} @fog/${name}`);
    if (status === 0) continue;
    failed += 1;
    console.log(stderr);
  }
}
if (failed > 0) process.exitCode = 1;
