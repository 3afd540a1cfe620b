import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { forbidden } from '../lint/imports.mjs';

const root = join(import.meta.dirname, '../..');

describe('what may import what', () => {
  it.each([
    ['packages/pool/src/pool.ts', '@fog/arena'],
    ['packages/pool/src/pool.ts', '@fog/arena/anything'],
    ['packages/pool/src/pool.ts', '../../arena/src/arena.js'],
    ['packages/pool/src/pool.ts', '../test/fixture.js'],
    ['packages/pool/src/pool.ts', './index.js'],
    ['packages/pool/src/adapters/pg.ts', '../index.js'],
    ['packages/pool/src/adapters/pg.ts', 'ioredis'],
    ['packages/pool/src/pool.ts', 'pg'],
    ['packages/pool/src/pool.ts', 'fs'],
    ['packages/pool/src/pool.ts', '@fog/testkit'],
    ['packages/pool/test/pool.test.ts', '@fog/monitor'],
    ['packages/pool/test/pool.test.ts', '../../monitor/src/monitor.js'],
    ['apps/demo/src/main.ts', '@fog/pool/src/pool.js'],
    ['apps/demo/src/main.ts', '../../../packages/pool/src/index.js'],
    ['tools/testkit/src/index.ts', '@fog/pool'],
    ['tools/build/package.mjs', '../../packages/pool/src/index.js'],
  ])('%s may not import %s', (file, specifier) => {
    expect(forbidden(file, specifier)).toEqual(expect.any(String));
  });

  it.each([
    ['packages/pool/src/pool.ts', './wait-queue.js'],
    ['packages/pool/src/adapters/pg.ts', '../pool.js'],
    ['packages/pool/src/adapters/pg.ts', 'pg'],
    ['packages/pool/src/pool.ts', 'node:fs'],
    ['packages/pool/test/pool.test.ts', '../src/index.js'],
    ['packages/pool/test/pool.test.ts', '@fog/testkit'],
    ['packages/pool/test/worker.ts', '@fog/pool/worker-threads'],
    ['apps/demo/src/main.ts', '@fog/pool/pg'],
    ['benchmarks/pool/acquire.bench.ts', 'generic-pool'],
  ])('%s may import %s', (file, specifier) => {
    expect(forbidden(file, specifier)).toBeUndefined();
  });
});

describe('the lint run', () => {
  let checkout = '';
  afterEach(() => rmSync(checkout, { recursive: true, force: true }));

  /** Lints one file planted in a checkout of its own, with the project's configuration. */
  function lint(text: string): { status: number | null; output: string } {
    checkout = mkdtempSync(join(tmpdir(), 'fog-lint-'));
    const configuration = JSON.parse(readFileSync(join(root, '.oxlintrc.json'), 'utf8')) as Record<string, unknown>;
    writeFileSync(join(checkout, '.oxlintrc.json'), JSON.stringify({ ...configuration, options: {}, jsPlugins: [join(root, 'tools/lint/imports.mjs')] }));
    mkdirSync(join(checkout, 'packages/planted/src'), { recursive: true });
    writeFileSync(join(checkout, 'packages/planted/src/planted.ts'), text);
    const { status, stdout } = spawnSync(process.execPath, [join(root, 'node_modules/oxlint/bin/oxlint'), '--format=unix'], { cwd: checkout, encoding: 'utf8' });
    return { status, output: stdout };
  }

  it.each([
    ["import { createArena } from '@fog/arena';\nexport const made: unknown = createArena;\n"],
    ["export { createArena } from '@fog/arena';\n"],
    ["export * from '@fog/arena';\n"],
    ["export const made: unknown = await import('@fog/arena');\n"],
    ["export type Arena = import('@fog/arena').Arena;\n"],
    ["declare const require: (name: string) => unknown;\nexport const made: unknown = require('@fog/arena');\n"],
  ])('fails on %j', (text) => {
    const { status, output } = lint(text);
    expect(output).toContain("Import of '@fog/arena' is not allowed here");
    expect(status).toBe(1);
  });

  it('passes a file that imports built-ins', () => {
    expect(lint("import { join } from 'node:path';\nexport const path: string = join('a', 'b');\n").status).toBe(0);
  });
});
