/**
 * Compiles the benches, their workers and the harness into `dist`; packages and rivals stay imports.
 *
 *     node tools/build/benches.mjs benchmarks
 */
import { readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import * as esbuild from 'esbuild';

const root = join(import.meta.dirname, '../..');
const project = resolve(root, process.argv[2] ?? 'benchmarks');
const output = join(project, 'dist');
const entries = readdirSync(project, { recursive: true, encoding: 'utf8' })
  .filter((file) => !file.startsWith('node_modules') && !file.startsWith('dist'))
  .filter((file) => /\.(?:bench|worker)\.ts$/.test(file) || /harness[/\\](?:main|contender)\.ts$/.test(file));

rmSync(output, { recursive: true, force: true });
await esbuild.build({
  absWorkingDir: project,
  entryPoints: entries,
  outbase: project,
  outdir: output,
  format: 'esm',
  bundle: true,
  // Not split: `round.ts` finds `contender.js`, and a bench its workers, beside itself.
  packages: 'external',
  alias: { '@fog/testkit': join(root, 'tools/testkit/src/index.ts') }, // It has nothing built to import.
  platform: 'node',
  target: 'node20.19',
  logLevel: 'warning',
});
