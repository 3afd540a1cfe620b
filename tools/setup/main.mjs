/**
 * Brings a fresh checkout to where every other command can run: installs what the lockfile names, when it changed.
 * Plain JavaScript on Node's built-ins, since nothing is installed when it starts.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNPM, pnpmEnvironment } from './pnpm.mjs';

const root = join(import.meta.dirname, '../..');
const stamp = join(root, 'node_modules/.fog-setup');

/** What decides the content of node_modules; native packages differ by Node's ABI, platform and architecture. */
function fingerprint() {
  const hash = createHash('sha256');
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml', 'package.json']) hash.update(readFileSync(join(root, file)));
  return hash.update(`${process.versions.modules} ${process.platform} ${process.arch}`).digest('hex');
}

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`Fog needs Node 20.19 or newer, this is ${process.versions.node}.`);
  process.exit(1);
}

const wanted = fingerprint();
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) process.exit(0);

console.log(`Setting up: installing what pnpm-lock.yaml names with ${PNPM} (once; a minute or less).`);
const { status, error } = spawnSync('npx', ['--yes', PNPM, 'install', '--frozen-lockfile', '--reporter=append-only', '--loglevel=error'], {
  cwd: root,
  stdio: 'inherit',
  shell: process.platform === 'win32',
  env: pnpmEnvironment(),
});
if (status !== 0) {
  console.error(`Set-up failed: ${error?.message ?? `pnpm install ended with ${status}`}. It needs npm's registry; run it again once that is reachable.`);
  process.exit(1);
}
writeFileSync(stamp, wanted);
