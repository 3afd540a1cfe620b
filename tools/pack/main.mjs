/**
 * Packs one published package as a release would, and uses the tarball as a stranger does: linted by publint and attw,
 * installed alone in an empty folder, imported, required and compiled under every module resolution.
 *
 *     node tools/pack/main.mjs packages/pool
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import * as esbuild from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { THIRD_PARTIES } from '../lint/imports.mjs';
import { blocksOf, missingLine } from '../doc-examples/blocks.mjs';
import { PNPM, pnpmEnvironment } from '../setup/pnpm.mjs';
import { failureOf, runChecks } from '../summary/counts.mjs';

const root = join(import.meta.dirname, '../..');
const project = resolve(root, process.argv[2] ?? '.');
/** @type {{ name: string, napi?: object, exports: Record<string, { '@fog/source'?: string }>, peerDependencies?: Record<string, string> }} */
const manifest = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'));
const entries = Object.entries(manifest.exports).flatMap(([subpath, { '@fog/source': source }]) => (source === undefined ? [] : [{ subpath: subpath.replace('.', manifest.name), source }]));
const subpaths = entries.map(({ subpath }) => subpath);
const peers = Object.keys(manifest.peerDependencies ?? {});
const alone = entries.filter(({ source }) => !peersOf(source).some((peer) => peers.includes(peer))).map(({ subpath }) => subpath);
const [example] = blocksOf(readFileSync(join(project, 'README.md'), 'utf8')).filter(({ code }) => !code.includes('process.env'));

const workshop = realpathSync(mkdtempSync(join(tmpdir(), 'fog-pack-')));
const consumer = join(workshop, 'consumer');
mkdirSync(consumer);
try {
  await runChecks(join(project, '.cache/test-results/pack.json'), checks);
} finally {
  rmSync(workshop, { recursive: true, force: true });
}

async function* checks() {
  if (manifest.napi !== undefined) execFileSync(process.execPath, [join(project, 'native.mjs'), 'release'], { stdio: ['ignore', 'ignore', 'inherit'] });
  const tarball = pack();
  yield { name: `${manifest.name} satisfies publint`, ...(await failureOf(() => lint(tarball))) };
  yield { name: `${manifest.name} has sound types for every resolution (attw)`, ...(await failureOf(() => typesResolve(tarball))) };
  yield { name: `${manifest.name} holds what it should, no source and no test`, ...(await failureOf(() => contentsAreRight(tarball))) };
  yield { name: `${manifest.name} installs alone`, ...(await failureOf(() => install(tarball))) };
  for (const subpath of alone) yield* uses(subpath);
  if (example !== undefined) {
    yield { name: `${manifest.name}: the README's example runs as ESM`, ...(await failureOf(() => run('example.mjs', asModule(example.code), example.expected))) };
    yield { name: `${manifest.name}: the README's example runs as CommonJS`, ...(await failureOf(() => run('example.cjs', asCommonJs(example.code), example.expected))) };
  }
  if (alone.length < subpaths.length) {
    linkPeers();
    for (const subpath of subpaths) if (!alone.includes(subpath)) yield* uses(subpath);
  }
  for (const folder of builtPlatforms()) yield { name: `${manifest.name} takes ${basename(folder)} as it was released, and no other`, ...(await failureOf(() => takesNative(folder))) };
  yield { name: `${manifest.name} keeps its inside closed, but for package.json`, ...(await failureOf(insideIsClosed)) };
}

async function* uses(/** @type {string} */ subpath) {
  yield { name: `${subpath} gives import and require the same names, and does nothing by itself`, ...(await failureOf(() => sameNames(subpath))) };
  for (const [module, resolution] of [['node16', 'node16'], ['nodenext', 'nodenext'], ['esnext', 'bundler']])
    for (const extension of ['mts', 'cts']) {
      if (resolution === 'bundler' && extension === 'cts') continue; // A bundler's project has one kind of module.
      yield { name: `${subpath} compiles from .${extension} under ${resolution}`, ...(await failureOf(() => compiles(subpath, `${module}`, `${resolution}`, extension))) };
    }
}

/** Third parties that a subpath's file imports. */
function peersOf(/** @type {string} */ source) {
  return THIRD_PARTIES.get(relative(root, join(project, source)).split(sep).join('/')) ?? [];
}

function pack() {
  execFileSync('npx', ['--yes', PNPM, 'pack', '--pack-destination', workshop], { cwd: project, env: pnpmEnvironment(), shell: process.platform === 'win32', stdio: ['ignore', 'ignore', 'inherit'] });
  return join(workshop, readdirSync(workshop).find((file) => file.endsWith('.tgz')) ?? '');
}

async function lint(/** @type {string} */ tarball) {
  const { messages, pkg } = await publint({ pack: { tarball: Uint8Array.from(readFileSync(tarball)).buffer }, strict: true });
  if (messages.length > 0) throw new Error(messages.map((message) => formatMessage(message, pkg, { color: false })).join('\n'));
}

async function typesResolve(/** @type {string} */ tarball) {
  const result = await checkPackage(createPackageFromTarballData(new Uint8Array(readFileSync(tarball))));
  if (result.types === false) throw new Error('no types');
  if (result.problems.length > 0) throw new Error(JSON.stringify(result.problems, undefined, 2));
}

function contentsAreRight(/** @type {string} */ tarball) {
  const files = execFileSync('tar', ['-tzf', tarball], { encoding: 'utf8' }).trim().split('\n').map((file) => file.replace('package/', ''));
  const missing = ['package.json', 'README.md', 'LICENSE', 'CHANGELOG.md', 'dist/index.js', 'dist/index.cjs', 'dist/index.d.ts', 'dist/index.d.cts'].filter((file) => !files.includes(file));
  const strange = files.filter((file) => /^(?:src|test|\.cache)\/|tsbuildinfo|project\.json|tsconfig/.test(file));
  if (missing.length + strange.length > 0) throw new Error(`missing: ${missing.join(', ')}; not to be published: ${strange.join(', ')}`);
}

function install(/** @type {string} */ tarball) {
  writeFileSync(join(consumer, 'package.json'), '{ "private": true }');
  const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', tarball], { cwd: consumer, encoding: 'utf8', shell: process.platform === 'win32' });
  if (status !== 0 || !existsSync(join(consumer, 'node_modules', manifest.name, 'package.json'))) throw new Error(stderr);
}

/** Peers are the user's; a test lends the workspace's own, types included. */
function linkPeers() {
  for (const peer of Object.keys(manifest.peerDependencies ?? {}))
    for (const name of [peer, `@types/${peer}`]) {
      const [from, to] = [join(project, 'node_modules', name), join(consumer, 'node_modules', name)];
      if (!existsSync(from)) continue;
      mkdirSync(dirname(to), { recursive: true });
      symlinkSync(realpathSync(from), to, 'junction');
    }
}

function sameNames(/** @type {string} */ subpath) {
  const script = `
    const required = require(${JSON.stringify(subpath)});
    import(${JSON.stringify(subpath)}).then((imported) => {
      const names = (module) => Object.keys(module).filter((name) => name !== 'module.exports' && name !== 'default' && name !== '__esModule').sort().join();
      if (names(required) !== names(imported) || names(imported) === '') throw new Error(names(required) + ' required, ' + names(imported) + ' imported');
    });`;
  run('names.cjs', script, []);
}

function compiles(/** @type {string} */ subpath, /** @type {string} */ module, /** @type {string} */ resolution, /** @type {string} */ extension) {
  const file = join(consumer, `consumer.${extension}`);
  writeFileSync(file, `import * as all from '${subpath}';\nexport const names: readonly string[] = Object.keys(all);\n`);
  const types = join(root, 'node_modules/@types');
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2022,esnext.disposable', '--module', module, '--moduleResolution', resolution, '--types', 'node', '--typeRoots', types];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '--ignoreConfig', ...options, file], { cwd: consumer, encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout);
}

/** Of the platform packages, those that something was built for. */
function builtPlatforms() {
  if (manifest.napi === undefined) return [];
  return readdirSync(join(project, 'npm'), { withFileTypes: true }).filter((entry) => entry.isDirectory() && readdirSync(join(entry.parentPath, entry.name)).some((file) => file.endsWith('.node'))).map(({ name }) => join(project, 'npm', name));
}

/** The binary through its own tarball, beside the package's; then another in its place. */
function takesNative(/** @type {string} */ folder) {
  execFileSync('npm', ['pack', '--silent', '--pack-destination', workshop, folder], { shell: process.platform === 'win32' });
  const tarball = readdirSync(workshop).find((file) => file.includes(basename(folder))) ?? '';
  const { status, stderr } = spawnSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error', join(workshop, tarball)], { cwd: consumer, encoding: 'utf8', shell: process.platform === 'win32' });
  if (status !== 0) throw new Error(stderr);
  const create = `console.log(require('${manifest.name}').createArena().backend);`;
  run('native.cjs', create, ['native']);
  const { main, name } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  appendFileSync(join(consumer, 'node_modules', name, main), 'more');
  run('other.cjs', create, ['javascript']);
}

function insideIsClosed() {
  const inside = `try { require('${manifest.name}/dist/index.cjs'); } catch (error) { console.log(error.code); }`;
  run('closed.cjs', `${inside}\nconsole.log(require('${manifest.name}/package.json').name);`, ['ERR_PACKAGE_PATH_NOT_EXPORTED', manifest.name]);
}

function asModule(/** @type {string} */ code) {
  return esbuild.transformSync(code, { loader: 'ts', format: 'esm', target: 'node20.19' }).code;
}

/** CommonJS has no top-level await, so the example goes into a function. */
function asCommonJs(/** @type {string} */ code) {
  const required = asModule(code).replaceAll(/^import\s+\{([^}]*)\}\s+from\s+("[^"]+");$/gm, (_, names, from) => `const {${names.replaceAll(' as ', ': ')}} = require(${from});`);
  return `(async () => {\n${required}\n})();\n`;
}

function run(/** @type {string} */ name, /** @type {string} */ code, /** @type {readonly string[]} */ expected) {
  const file = join(consumer, name);
  writeFileSync(file, code);
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: consumer, env: { ...process.env, FORCE_COLOR: '0' }, encoding: 'utf8', timeout: 30_000 });
  if (status !== 0) throw new Error(`ended with ${status ?? signal}\n${stdout}${stderr}`);
  const missing = missingLine(expected, stdout);
  if (missing !== undefined) throw new Error(`the line '${missing}' did not come; printed:\n${stdout}`);
}
