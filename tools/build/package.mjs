/**
 * Builds one published package: `src` file by file to ESM (`.js`, `.d.ts`) and CommonJS (`.cjs`, `.d.cts`), flat in
 * `dist`. Files stay separate, so that subpath exports share the modules they have in common instead of each
 * carrying a copy. They are transformed, not bundled one by one: a bundle's top-level `const` turns `var`, which V8 does
 * not fold into the code that reads it.
 *
 *     node tools/build/package.mjs packages/pool
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import * as esbuild from 'esbuild';

const root = join(import.meta.dirname, '../..');
const project = resolve(root, process.argv[2] ?? '.');
const source = join(project, 'src');
const output = join(project, 'dist');

const filesIn = (/** @type {string} */ folder, /** @type {RegExp} */ pattern) =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => pattern.test(file)).map((file) => join(folder, file));

rmSync(output, { recursive: true, force: true });
emitDeclarations();
await emit('esm', '.js');
await emit('cjs', '.cjs');

/** `tsc` writes `.d.ts`; their twins for CommonJS differ in the extension of relative imports alone. */
function emitDeclarations() {
  const tsc = spawnSync(process.execPath, [join(root, 'node_modules/typescript/bin/tsc'), '-b', project], { stdio: 'inherit' });
  if (tsc.status !== 0) process.exit(1);
  for (const file of filesIn(output, /\.d\.ts$/)) {
    const text = readFileSync(file, 'utf8');
    writeFileSync(file.replace(/\.ts$/, '.cts'), ofCommonJs(text));
  }
}

async function emit(/** @type {'esm' | 'cjs'} */ format, /** @type {'.js' | '.cjs'} */ extension) {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: project,
    entryPoints: filesIn(source, /\.ts$/),
    outbase: source,
    outdir: output,
    outExtension: { '.js': extension },
    format,
    platform: 'node',
    target: 'node20.19',
    define: format === 'cjs' ? { 'import.meta.url': 'moduleUrl' } : {},
    write: false,
    logLevel: 'warning',
  });
  for (const { path, text } of outputFiles) {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, format === 'cjs' ? withModuleUrl(ofCommonJs(text)) : text);
  }
}

/** Relative imports of `.js` name the `.cjs` beside it. */
function ofCommonJs(/** @type {string} */ text) {
  return text.replaceAll(/((?:from|import|require)\s*\(?\s*['"]\.{1,2}\/[^'"]+)\.js(['"])/g, '$1.cjs$2');
}

/** CommonJS has no `import.meta.url`. */
function withModuleUrl(/** @type {string} */ text) {
  if (!text.includes('moduleUrl')) return text;
  return text.replace('"use strict";\n', '"use strict";\nconst moduleUrl = require("node:url").pathToFileURL(__filename).href;\n');
}
