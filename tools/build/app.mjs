/**
 * Bundles an application: `src/main.ts` and each `src/**\/*.worker.ts` into `dist`, static pages copied beside them.
 * Packages stay imports, resolved as a user's would be.
 *
 *     node tools/build/app.mjs apps/demo
 */
import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as esbuild from 'esbuild';

const root = join(import.meta.dirname, '../..');
const project = resolve(root, process.argv[2] ?? '.');
const source = join(project, 'src');
const output = join(project, 'dist');

const workers = readdirSync(source, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.worker.ts'));

rmSync(output, { recursive: true, force: true });
await esbuild.build({
  absWorkingDir: project,
  entryPoints: [join(source, 'main.ts'), ...workers.map((file) => join(source, file))],
  entryNames: '[name]',
  outdir: output,
  format: 'esm',
  bundle: true,
  splitting: true,
  platform: 'node',
  target: 'node20.19',
  sourcemap: 'linked',
  logLevel: 'warning',
  packages: 'external',
});
const page = join(source, 'dashboard/page');
if (existsSync(page)) cpSync(page, join(output, 'page'), { recursive: true });
