import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, mkdtempSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { nativeFiles, nativeIsBuilt } from './backends.js';

const project = fileURLToPath(new URL('..', import.meta.url));
const released = join(project, '.cache/release');
const dist = fileURLToPath(new URL('../dist', import.meta.url));

/** Runs `body`, with `createArena` at hand, against the build in `folder`, as a program of its own. */
function run(kind: 'ESM' | 'CommonJS', folder: string, body: string): { readonly output: string; readonly warnings: string } {
  const module = join(folder, kind === 'ESM' ? 'index.js' : 'index.cjs');
  const load = kind === 'ESM' ? `import { createArena } from ${JSON.stringify(pathToFileURL(module).href)};` : `const { createArena } = require(${JSON.stringify(module)});`;
  const { status, stdout, stderr } = spawnSync(process.execPath, [`--input-type=${kind === 'ESM' ? 'module' : 'commonjs'}`, '--eval', `${load}\n${body}`], { encoding: 'utf8', env: { ...process.env, NODE_OPTIONS: '' } });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  return { output: stdout.trim(), warnings: stderr };
}

describe('a release', () => {
  beforeAll(() => {
    const { status, stderr } = spawnSync(process.execPath, [join(project, 'native.mjs'), 'release', '.cache/release'], { encoding: 'utf8' });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  });

  it('has a package for each platform, for that platform alone', () => {
    const { napi, version } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8')) as { napi: { targets: string[] }; version: string };
    const platforms = readdirSync(released).filter((name) => name !== 'SHA256SUMS');
    expect(platforms).toHaveLength(napi.targets.length);
    for (const platform of platforms) {
      const [os, cpu] = platform.split('-');
      expect(JSON.parse(readFileSync(join(released, platform, 'package.json'), 'utf8'))).toMatchObject({ name: `@fog/arena-${platform}`, version, os: [os], cpu: [cpu], main: `fog-arena.${platform}.node` });
    }
  });

  it('has the checksums of what was built', () => {
    const lines = readFileSync(join(released, 'SHA256SUMS'), 'utf8').trim().split('\n').filter((line) => line !== '');
    expect(lines).toEqual(nativeFiles.map((file) => `${createHash('sha256').update(readFileSync(file)).digest('hex')}  ${basename(file).split('.')[1]}/${basename(file)}`));
  });
});

describe.each(['ESM', 'CommonJS'] as const)('the %s build', (kind) => {
  const workshop = mkdtempSync(join(tmpdir(), 'fog-arena-'));
  /** The build as on a platform that has no native part. */
  const bare = join(workshop, 'dist');
  cpSync(dist, bare, { recursive: true });
  writeFileSync(join(workshop, 'package.json'), '{ "type": "module" }');
  afterAll(() => rmSync(workshop, { recursive: true, force: true }));

  it('gets the native backend exactly where it was built, and says nothing', () => {
    const { output, warnings } = run(kind, dist, `console.log(createArena().backend);`);
    expect(output).toBe(nativeIsBuilt ? 'native' : 'javascript');
    expect(warnings.includes('FOG_ARENA_JAVASCRIPT')).toBe(!nativeIsBuilt);
  });

  it('falls back to JavaScript without it, with one warning that names what is missing', () => {
    const { output, warnings } = run(kind, bare, `console.log(createArena().backend, createArena().backend);`);
    expect(output).toBe('javascript javascript');
    expect(warnings.match(/\[FOG_ARENA_JAVASCRIPT\]/g)).toHaveLength(1);
    expect(warnings).toMatch(/the native part of @fog\/arena, package @fog\/arena-\w+-\w+\S*, is not installed/);
  });

  it('says nothing where JavaScript was asked for', () => {
    expect(run(kind, bare, `console.log(createArena({ backend: 'javascript' }).backend);`)).toEqual({ output: 'javascript', warnings: '' });
  });

  it('fails without the native backend where that was asked for', () => {
    const { output } = run(kind, bare, `try { createArena({ backend: 'native' }); } catch ({ code, cause }) { console.log(code, cause.code); }`);
    expect(output).toBe('ERR_ARENA_NATIVE_UNAVAILABLE MODULE_NOT_FOUND');
  });

  for (const file of nativeFiles)
    it('finds the native part in the package of the platform, as a release lays it out', () => {
      const platform = basename(file).split('.')[1] ?? '';
      const folder = join(workshop, `node_modules/@fog/arena-${platform}`);
      cpSync(join(released, platform), folder, { recursive: true });
      expect(run(kind, bare, `console.log(createArena().backend);`)).toEqual({ output: 'native', warnings: '' });
      rmSync(folder, { recursive: true });
    });

  for (const file of nativeFiles)
    it('takes the native part that it was released with, and no other', () => {
      const platform = basename(file).split('.')[1] ?? '';
      const folder = join(workshop, `node_modules/@fog/arena-${platform}`);
      cpSync(join(released, platform), folder, { recursive: true });
      cpSync(join(released, 'SHA256SUMS'), join(workshop, 'npm/SHA256SUMS'));
      expect(run(kind, bare, `console.log(createArena().backend);`)).toEqual({ output: 'native', warnings: '' });
      appendFileSync(join(folder, basename(file)), 'more');
      const { output, warnings } = run(kind, bare, `console.log(createArena().backend);`);
      expect(output).toBe('javascript');
      expect(warnings).toMatch(/cannot be loaded: .* is not what this version was released with: SHA256SUMS has no line '[0-9a-f]{64}  /);
      for (const name of ['node_modules', 'npm']) rmSync(join(workshop, name), { recursive: true });
    });

  it('tells of a native part that is there and cannot be loaded', () => {
    const folder = join(workshop, 'node_modules/@fog');
    for (const platform of ['linux-x64-gnu', 'linux-x64-musl', 'linux-arm64-gnu', 'linux-arm64-musl', 'darwin-x64', 'darwin-arm64', 'win32-x64-msvc', 'win32-arm64-msvc']) {
      mkdirSync(join(folder, `arena-${platform}`), { recursive: true });
      writeFileSync(join(folder, `arena-${platform}`, 'index.js'), `throw new Error('version GLIBC_2.99 not found');`);
    }
    const { output } = run(kind, bare, `try { createArena({ backend: 'native' }); } catch ({ message }) { console.log(message); }`);
    expect(output).toMatch(/package @fog\/arena-\w+-\w+\S*, cannot be loaded: version GLIBC_2.99 not found$/);
  });
});
