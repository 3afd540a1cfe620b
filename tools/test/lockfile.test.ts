import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';

const lockfile = readFileSync(join(import.meta.dirname, '../../pnpm-lock.yaml'), 'utf8');

// A native package whose registry entry lists too few platforms makes pnpm write a lockfile that installs here alone.
it.each([
  ['@esbuild/', ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'win32-x64']],
  ['@oxlint/binding-', ['linux-x64-gnu', 'linux-arm64-gnu', 'darwin-x64', 'darwin-arm64', 'win32-x64-msvc']],
  ['@nx/nx-', ['linux-x64-gnu', 'linux-arm64-gnu', 'darwin-x64', 'darwin-arm64', 'win32-x64-msvc']],
  ['@unrs/resolver-binding-', ['linux-x64-gnu', 'linux-arm64-gnu', 'darwin-x64', 'darwin-arm64', 'win32-x64-msvc']],
])('the lockfile holds %s* for every platform', (prefix, platforms) => {
  expect(platforms.filter((platform) => !lockfile.includes(`'${prefix}${platform}@`))).toEqual([]);
});

it('the lockfile names packages by integrity, never by address', () => {
  expect(lockfile.split('\n').filter((line) => /\btarball: /.test(line))).toEqual([]);
});
