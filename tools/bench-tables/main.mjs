/**
 * Writes the benches' results into the READMEs, between `<!-- bench:pool -->` and `<!-- /bench:pool -->` (all benches of
 * a package) or `<!-- bench:pool/acquire -->` (one). With `--check` it changes nothing and fails where they differ.
 */
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

const root = join(import.meta.dirname, '../..');
const results = join(root, 'benchmarks/results');
const check = process.argv.includes('--check');

const folders = (/** @type {string} */ folder) => readdirSync(join(root, folder), { withFileTypes: true }).filter((entry) => entry.isDirectory()).map((entry) => `${folder}/${entry.name}/README.md`);
const documents = ['README.md', 'benchmarks/README.md', ...folders('packages'), ...folders('apps')].map((file) => join(root, file)).filter((file) => existsSync(file));

/** @param {string} name `pool` or `pool/acquire` */
function tables(name) {
  const [folder = '', question] = name.split('/');
  const kept = join(results, folder);
  const files = (existsSync(kept) ? readdirSync(kept) : []).filter((file) => file.endsWith('.json') && (question === undefined || file === `${question}.json`)).sort();
  if (files.length === 0) return `Not measured yet: \`npx nx bench ${folder}\`.`;
  return files.map((file) => readFileSync(join(kept, file.replace(/json$/, 'md')), 'utf8').trim()).join('\n\n');
}

let stale = 0;
for (const file of documents) {
  const text = readFileSync(file, 'utf8');
  const wanted = text.replaceAll(/(<!-- bench:([\w/-]+) -->\n)[\s\S]*?(<!-- \/bench:\2 -->)/g, (_, open, name, close) => `${open}\n${tables(name)}\n\n${close}`);
  if (wanted === text) continue;
  stale += 1;
  if (check) console.error(`${relative(root, file)}: its benchmark tables differ from benchmarks/results; run node tools/bench-tables/main.mjs`);
  else writeFileSync(file, wanted);
}
if (check && stale > 0) process.exitCode = 1;
