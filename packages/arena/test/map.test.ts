import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';
import { renderMapHtml, renderMapText } from '../src/render-map.js';

describe('the map of a region', () => {
  it('tells what lies where, without a gap', async () => {
    await using arena = createArena({ backend: 'javascript', initialBytes: 65_536, maxBytes: 65_536, name: 'drawn' });
    const blocks = [1_000, 16_384, 2_000].map((bytes) => arena.alloc(bytes));
    blocks[1]?.free();
    const map = arena.map();
    expect(map.spans).toEqual([
      { offset: 0, byteLength: 1_008, kind: 'live', blocks: 1 },
      { offset: 1_008, byteLength: 16_384, kind: 'free', blocks: 1 },
      { offset: 17_392, byteLength: 2_000, kind: 'live', blocks: 1 },
      { offset: 19_392, byteLength: 46_144, kind: 'free', blocks: 1 },
    ]);
    expect(arena.sizeClasses()).toEqual([
      { blockBytes: 1_008, liveBlocks: 1, liveBytes: 1_000, cachedBlocks: 0 },
      { blockBytes: 2_000, liveBlocks: 1, liveBytes: 2_000, cachedBlocks: 0 },
    ]);
    const text = renderMapText(map, 16, 4);
    expect(text.split('\n').slice(1, 5)).toEqual(['█'.padEnd(16, '·'), '·██'.padEnd(16, '·'), '·'.repeat(16), '·'.repeat(16)]);
    expect(text).toContain('drawn: 65,536 bytes, 4 spans');
    expect(text).toMatch(/█ live 4\.6 %/);
    const html = renderMapHtml({ ...map, arena: '<drawn>' });
    expect(html).toContain('&lt;drawn&gt;');
    expect(html.match(/<rect/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it('shows what is cached', async () => {
    await using arena = createArena({ backend: 'javascript' });
    arena.alloc(64).free();
    const { cachedBytes, freeBytes } = arena.stats();
    const bytes = (kind: string): number => arena.map().spans.reduce((sum, span) => sum + (span.kind === kind ? span.byteLength : 0), 0);
    expect([bytes('live'), bytes('cached'), bytes('free')]).toEqual([0, cachedBytes, freeBytes]);
  });

  it('is drawn by a program, as a page or as text', async () => {
    const program = fileURLToPath(new URL('../dist/map-cli.js', import.meta.url));
    await using arena = createArena({ backend: 'javascript', name: 'drawn' });
    arena.alloc(100_000);
    const input = JSON.stringify(arena.map());
    const draw = (...args: string[]) => spawnSync(process.execPath, [program, ...args], { input, encoding: 'utf8' });
    expect(draw('-').stdout).toBe(renderMapHtml(arena.map()));
    expect(draw('-', '--text').stdout).toBe(renderMapText(arena.map()));
    expect(draw()).toMatchObject({ status: 1, stderr: expect.stringContaining('usage: fog-arena-map') });
    const other = spawnSync(process.execPath, [program, '-'], { input: '{"spans":[{"kind":"odd"}]}', encoding: 'utf8' });
    expect(other).toMatchObject({ status: 1, stdout: '', stderr: expect.stringContaining('map is an object with { spans }, expected what arena.map() gave') });
  });

  it('is the only thing that is drawn', () => {
    const map = { arena: 'drawn', committedBytes: 16, spans: [{ offset: 0, byteLength: 16, kind: 'free', blocks: 1 }] } as const;
    const others = [undefined, null, 7, {}, { ...map, arena: 7 }, { ...map, committedBytes: -1 }, { ...map, spans: {} }, { ...map, spans: [null] }, { ...map, spans: [{ ...map.spans[0], kind: 'odd' }] }];
    const refusal = expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' });
    for (const render of [renderMapText, renderMapHtml]) for (const other of others) expect(() => render(other as never)).toThrow(refusal);
    for (const count of [0, -1, 1.5, NaN, Infinity, '8']) {
      expect(() => renderMapText(map, count as number)).toThrow(refusal);
      expect(() => renderMapText(map, 8, count as number)).toThrow(refusal);
    }
  });
});
