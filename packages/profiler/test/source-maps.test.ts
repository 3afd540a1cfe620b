import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { createProfile } from '../src/profile.js';
import { samplesFrom } from './arbitrary-samples.js';

describe('sources', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fog-profiler-maps-'));
    await writeFile(join(folder, 'shop.ts'), 'interface Row { price: number }\n\nexport function total(rows: Row[]): number {\n  return rows.reduce((sum, row) => sum + row.price, 0);\n}\n');
  });
  afterAll(() => rm(folder, { recursive: true }));

  it.each(['linked', 'inline'] as const)('are found by a source map that is %s', async (sourcemap) => {
    const outfile = join(folder, `${sourcemap}.js`);
    const { outputFiles } = await build({ entryPoints: [join(folder, 'shop.ts')], outfile, sourcemap, format: 'esm', write: false });
    for (const { path, contents } of outputFiles) await writeFile(path, contents);
    const text = outputFiles.find(({ path }) => path === outfile)?.text ?? '';
    const line = text.split('\n').findIndex((one) => one.includes('function total')) + 1;
    const frame = { name: 'total', url: pathToFileURL(outfile).href, line, column: (text.split('\n')[line - 1] ?? '').indexOf('(') + 1, kind: 'script' as const };
    const [found] = createProfile({ durationMs: 1, cpu: samplesFrom([{ deltaUs: 0, stack: [frame] }]) }).withSources().top();
    expect(found).toMatchObject({ name: 'total', url: pathToFileURL(join(folder, 'shop.ts')).href, line: 3 });
  });

  it.each<[string, object, string, string]>([
    ['with a root', { sourceRoot: '/abs/root' }, '', '/abs/root/src/x.ts:10'],
    ['with a comment behind that of the map', {}, '\n//# debugId=85314830\n', 'src/x.ts:10'],
    ['with a segment that has no source', { mappings: ';A;AASE' }, '', 'odd.cjs:2'],
    ['with a source that has no name', { sources: [null] }, '', 'odd.cjs:2'],
  ])('are found, or left, by a source map %s', async (_, more, tail, expected) => {
    const file = join(folder, 'odd.cjs');
    await writeFile(file, `exports.hot=\nfunction hot(){};\n//# sourceMappingURL=odd.map${tail}`);
    await writeFile(join(folder, 'odd.map'), JSON.stringify({ version: 3, sources: ['src/x.ts'], names: [], mappings: ';AASE', ...more }));
    const frame = { name: 'hot', url: pathToFileURL(file).href, line: 2, column: 13, kind: 'script' as const };
    const [found] = createProfile({ durationMs: 1, cpu: samplesFrom([{ deltaUs: 0, stack: [frame] }]) }).withSources().top();
    expect(`${found?.url}:${found?.line}`).toBe(pathToFileURL(resolve(folder, expected)).href);
  });

  it('stay where they are without a map, or with one that cannot be read', async () => {
    await writeFile(join(folder, 'bad.js'), 'function f() {}\n//# sourceMappingURL=data:application/json;base64,e30\n');
    await writeFile(join(folder, 'lost.js'), 'function f() {}\n//# sourceMappingURL=lost.js.map\n');
    for (const file of ['bad.js', 'lost.js', 'none.js']) {
      const frame = { name: 'f', url: pathToFileURL(join(folder, file)).href, line: 1, column: 1, kind: 'script' as const };
      expect(createProfile({ durationMs: 1, cpu: samplesFrom([{ deltaUs: 0, stack: [frame] }]) }).withSources().top()[0]).toMatchObject(frame);
    }
  });
});
