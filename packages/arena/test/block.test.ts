import { afterAll, describe, expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';

describe('a block', () => {
  const arena = createArena({ backend: 'javascript', name: 'test' });
  afterAll(() => arena.close());

  it('fails, through every getter, once it is freed', () => {
    const block = arena.alloc(64);
    block.free();
    const uses = [() => block.u8, () => block.buffer, () => block.token, () => block.view(Uint8Array)];
    for (const use of uses) expect(use).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED', message: expect.stringContaining("64 bytes at 0 of arena 'test'") }));
  });

  it('cannot be freed twice, not even after another got its memory', () => {
    const block = arena.alloc(64);
    const { offset } = block;
    block.free();
    expect(() => block.free()).toThrow(expect.objectContaining({ code: 'ERR_ARENA_DOUBLE_FREE' }));
    const next = arena.alloc(64);
    expect(next.offset).toBe(offset);
    expect(() => block.free()).toThrow(expect.objectContaining({ code: 'ERR_ARENA_DOUBLE_FREE' }));
    expect(() => block.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    expect(next.u8.byteLength).toBe(64);
    next.free();
  });

  it('is freed at the end of its scope by using, unless it was before', () => {
    const before = arena.stats().liveBlocks;
    {
      using block = arena.alloc(64);
      using other = arena.alloc(64);
      other.free();
      expect(block.u8.byteLength).toBe(64);
      expect(arena.stats().liveBlocks).toBe(before + 1);
    }
    expect(arena.stats().liveBlocks).toBe(before);
  });

  it('refuses a view that does not cover it', () => {
    const block = arena.alloc(12);
    expect(block.view(Int32Array)).toHaveLength(3);
    expect(block.view(DataView)).toMatchObject({ byteOffset: block.offset, byteLength: 12 });
    expect(() => block.view(Float64Array)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT', message: "type is the function Float64Array, expected elements whose 8 bytes divide the block's 12" }));
    for (const type of [undefined, 8, {}, Date]) expect(() => block.view(type as unknown as typeof Uint8Array)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
    block.free();
  });

  it('comes back from its token, in the thread that owns it', () => {
    const block = arena.alloc(100);
    block.u8.fill(3);
    const same = arena.open(structuredClone(block.token));
    expect(same).toMatchObject({ offset: block.offset, byteLength: 100, token: block.token });
    expect(same.u8.every((byte) => byte === 3)).toBe(true);
    same.free();
    expect(() => block.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    expect(() => block.free()).toThrow(expect.objectContaining({ code: 'ERR_ARENA_DOUBLE_FREE' }));
  });

  it('is not found by a token of another arena', async () => {
    await using other = createArena({ backend: 'javascript' });
    const { token } = other.alloc(8);
    expect(() => arena.open(token)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FOREIGN_BLOCK' }));
  });

  it.each([undefined, null, 7, 'token', {}, { arena: 1, slot: 1 }, { arena: 1, slot: 1, generation: 'x' }, { arena: 1, slot: 1.5, generation: 1 }])('is not found by %p, which is no token', (token) => {
    expect(() => arena.open(token as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_TOKEN' }));
  });

  it.each([
    { slot: 0, generation: 1 },
    { slot: -1, generation: 1 },
    { slot: 2 ** 40, generation: 1 },
    { slot: 100_000, generation: 1 },
    { slot: 1, generation: 0 },
    { slot: 1, generation: 2 ** 40 + 1 },
  ])('is not found by %p, a token that was made up', (made) => {
    const { token } = arena.alloc(8);
    expect(() => arena.open({ ...token, ...made })).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
  });
});
