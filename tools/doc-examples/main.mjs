/**
 * Type-checks and runs every ```ts block of the READMEs and of docs/, against the built packages and real servers. A
 * block is a whole program; a line `console.log(value); // => text` promises that line of output.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { startPostgres, startRedis } from '@fog/services';
import * as esbuild from 'esbuild';
import { failureOf, runChecks } from '../summary/counts.mjs';
import { blocksOf, missingLine } from './blocks.mjs';

const root = join(import.meta.dirname, '../..');

const entries = (/** @type {string} */ folder) => readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => `${folder}/${entry.name}/README.md`);
const guides = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.md')).map((file) => `docs/${file}`);
const documents = ['README.md', 'ARCHITECTURE.md', 'CONTRIBUTING.md', ...guides, ...entries('packages'), ...entries('apps'), ...entries('tools')].filter((file) => existsSync(join(root, file)));

/** Where a document's examples resolve packages: a package's own in itself, all others where all five are installed. */
const home = (/** @type {string} */ document) => join(root, document.startsWith('packages/') ? dirname(document) : 'apps/demo', '.cache/examples');

const examples = documents.flatMap((document) =>
  blocksOf(readFileSync(join(root, document), 'utf8')).map((block) => ({
    ...block,
    name: `${document}:${block.line}`,
    file: join(home(document), `${document.replaceAll(/[^\w]+/g, '-')}-${block.line}`),
  })),
);

for (const folder of new Set(examples.map(({ file }) => dirname(file)))) rmSync(folder, { recursive: true, force: true });
for (const { code, file } of examples) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.ts`, code);
  writeFileSync(`${file}.js`, esbuild.transformSync(code, { loader: 'ts', format: 'esm', target: 'node20.19' }).code);
}

await runChecks(join(root, '.cache/test-results/examples.json'), async function* () {
  yield { name: `${examples.length} examples have sound types`, ...(await failureOf(checkTypes)) };
  const services = await startServices();
  try {
    for (const { name, code, file, expected } of examples) yield { name, ...(await failureOf(() => run(`${file}.js`, expected, services.envFor(code)))) };
  } finally {
    await services.close();
  }
});

function checkTypes() {
  const options = ['--noEmit', '--strict', '--target', 'es2022', '--lib', 'es2023,esnext.disposable,dom', '--module', 'nodenext', '--types', 'node', '--typeRoots', 'node_modules/@types', '--skipLibCheck'];
  const tsc = join(root, 'node_modules/typescript/bin/tsc');
  const { status, stdout } = spawnSync(process.execPath, [tsc, '--ignoreConfig', ...options, ...examples.map(({ file }) => relative(root, `${file}.ts`))], { cwd: root, encoding: 'utf8' });
  if (status !== 0) throw new Error(stdout);
}

function run(/** @type {string} */ file, /** @type {readonly string[]} */ expected, /** @type {NodeJS.ProcessEnv} */ env) {
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [file], { cwd: dirname(file), env: { ...process.env, FORCE_COLOR: '0', ...env }, encoding: 'utf8', timeout: 60_000 });
  if (status !== 0) throw new Error(`ended with ${status ?? signal}\n${stdout}${stderr}`);
  const missing = missingLine(expected, stdout);
  if (missing !== undefined) throw new Error(`promises the line '${missing}', printed:\n${stdout}`);
}

/** Servers only when an example asks for them. */
async function startServices() {
  const wanted = examples.map(({ code }) => code).join('\n');
  const postgres = wanted.includes('DATABASE_URL') ? await startPostgres() : undefined;
  const redis = wanted.includes('REDIS_URL') ? await startRedis() : undefined;
  const urls = { DATABASE_URL: postgres?.url, REDIS_URL: redis?.url };
  return {
    envFor: (/** @type {string} */ code) => Object.fromEntries(Object.entries(urls).filter(([name, url]) => url !== undefined && new RegExp(`process\\.env(?:\\.|\\[')${name}\\b`).test(code))),
    close: () => Promise.all([postgres?.close(), redis?.close()]),
  };
}
