import diagnostics from 'node:diagnostics_channel';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';
import type { Block } from '../src/block.js';
import { createBufferPool } from '../src/buffer-pool.js';
import type { BlockLost, BlockOverwritten } from '../src/events.js';

const told: Record<'leaked' | 'collected' | 'overwritten' | 'overflown', unknown[]> = { leaked: [], collected: [], overwritten: [], overflown: [] };
const names = ['leaked', 'collected', 'overwritten', 'overflown'] as const;
const listeners = names.map((name) => [`@fog/arena:block:${name}`, (message: unknown) => void told[name].push(message)] as const);

beforeEach(() => {
  for (const name of names) told[name].length = 0;
  for (const [channel, listener] of listeners) diagnostics.subscribe(channel, listener);
});
afterEach(() => {
  for (const [channel, listener] of listeners) diagnostics.unsubscribe(channel, listener);
});

const collect = async (isDone: () => boolean): Promise<void> => {
  for (let turn = 0; turn < 50 && !isDone(); turn += 1) {
    (globalThis as { gc?: () => void }).gc?.();
    await setTimeout(1);
  }
};

describe('off', () => {
  it('trusts its user', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'off' });
    const block = arena.alloc(64);
    block.free();
    expect(block.u8.byteLength).toBe(64);
    expect(arena.stats().liveBlocks).toBe(0);
  });
});

describe('sample', () => {
  it('keeps where one block in 128 was allocated and last used, and tells of those that are live at close', async () => {
    const arena = createArena({ backend: 'javascript', debug: 'sample' });
    const blocks = arena.allocBatch(32, 1_280);
    for (const block of blocks) block.u8[0] = 1;
    const leaks = arena.leaks();
    expect(leaks).toHaveLength(10);
    expect(leaks[0]?.stack).toContain('debug.test');
    expect(leaks[0]?.lastUses[0]).toContain('debug.test');
    for (const block of blocks.slice(0, 640)) block.free();
    expect(arena.leaks()).toHaveLength(5);
    await arena.close();
    expect(told.leaked).toHaveLength(5);
    expect(told.leaked[0]).toMatchObject({ arena: 'default', byteLength: 32 });
  });
});

describe('paranoid', () => {
  it('keeps at most the last four uses, the latest first', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    const block = arena.alloc(16);
    for (let use = 0; use < 6; use += 1) block.view(Uint8Array);
    expect(arena.leaks()[0]?.lastUses).toHaveLength(4);
    block.free();
    expect(arena.leaks()).toEqual([]);
  });

  it('refuses to free a block that was written behind, with the stack that allocated it, and frees it', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    const block = arena.alloc(20);
    new Uint8Array(block.u8.buffer, block.offset, 21)[20] = 0;
    expect(() => block.free()).toThrow(expect.objectContaining({ code: 'ERR_ARENA_OVERFLOW', message: expect.stringMatching(/behind the block of 20 bytes at \d+ of arena 'default'[^]*debug\.test/) }));
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    expect(() => block.free()).toThrow(expect.objectContaining({ code: 'ERR_ARENA_DOUBLE_FREE' }));
  });

  it('names who asked for a block, not who made room for it', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid', initialBytes: 65_536, maxBytes: 65_536 });
    const held = arena.alloc(60_000);
    const part = arena.subArena({ maxBytes: 100_000 });
    const asks = () => [arena.allocAsync(20_000), part.allocAsync(30_000)];
    const asked = asks();
    const freesIt = (): void => held.free();
    freesIt();
    await Promise.all(asked);
    const stacks = arena.leaks().map(({ stack }) => stack.split('\n')[0]);
    expect(stacks).toEqual([expect.stringMatching(/asks.*debug\.test/), expect.stringMatching(/asks.*debug\.test/)]);
    arena.reset();
  });

  it('looks behind blocks by number, too', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    arena.alloc(100_000).u8.fill(1);
    arena.reset(); // So that what comes next is not new memory.
    const handle = arena.allocHandle(20);
    const { u8 } = arena.openHandle(handle);
    expect(new Set(u8)).toEqual(new Set([0xcd]));
    arena.freeHandle(handle);
    const other = arena.allocHandle(20);
    new Uint8Array(u8.buffer)[arena.openHandle(other).offset + 20] = 1;
    expect(() => arena.freeHandle(other)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_OVERFLOW' }));
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('leaves nothing of a block that was written behind when it should be replaced', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    const block = arena.alloc(20);
    new Uint8Array(block.u8.buffer)[block.offset + 20] = 1;
    expect(() => arena.realloc(block, 100)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_OVERFLOW' }));
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('fills new memory, and tells of writes to a block that was freed', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    const block = arena.alloc(20);
    expect(new Set(block.u8)).toEqual(new Set([0xcd]));
    const { u8 } = block;
    block.free();
    expect(new Set(u8)).toEqual(new Set([0xdd]));
    u8[3] = 1;
    for (let turn = 0; turn < 1_100; turn += 1) arena.alloc(16).free();
    expect(told.overwritten).toEqual([{ arena: 'default', offset: block.offset, byteLength: 20 } satisfies BlockOverwritten]);
  });

  it('does not give memory of a freed block to the next', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    const block = arena.alloc(64);
    block.free();
    expect(arena.alloc(64).offset).not.toBe(block.offset);
    expect(arena.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 64 });
  });

  it('empties the quarantine before it gives up', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid', initialBytes: 65_536, maxBytes: 65_536 });
    for (let turn = 0; turn < 20; turn += 1) arena.alloc(40_000).free();
    expect(arena.stats().exhaustionsTotal).toBe(0);
  });

  it('frees all the others when one was written behind, of a scope, a part or a pool', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    const spoil = ({ u8, offset }: Block): void => void (new Uint8Array(u8.buffer)[offset + 8] = 1);
    const overflow = expect.objectContaining({ code: 'ERR_ARENA_OVERFLOW' });
    expect(() => arena.scope(() => spoil(arena.allocBatch(8, 10)[3] as Block))).toThrow(overflow);
    const part = arena.subArena({ maxBytes: 1_000 });
    spoil(part.allocBatch(8, 10)[3] as Block);
    expect(() => part.close()).toThrow(overflow);
    expect(part.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    const pool = createBufferPool(arena, { sizes: [8] });
    const pooled = Array.from({ length: 10 }, () => pool.acquire(8));
    new Uint8Array(arena.share().memory)[(pooled[3]?.u8.byteOffset ?? 0) + 8] = 1;
    for (const buffer of pooled) buffer.release();
    expect(() => pool.close()).toThrow(overflow);
    expect(pool.stats()).toMatchObject({ leasedBuffers: 0, idleBuffers: 0, idleBytes: 0 });
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('tells of what was written behind a block where nobody can be told by an error: what work failed of is more, and a collector hears nothing', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    const fails = (block: Block, error: Error): never => {
      new Uint8Array(block.u8.buffer)[block.offset + 8] = 1;
      throw error;
    };
    expect(() => arena.scope(() => fails(arena.alloc(8), new Error('mine')))).toThrow('mine');
    await expect(arena.scope(async () => fails(await arena.allocAsync(8), new Error('mine')))).rejects.toThrow('mine');
    expect(told.overflown).toHaveLength(2);
    (() => {
      const block = arena.alloc(8);
      new Uint8Array(arena.share().memory)[block.offset + 8] = 1;
    })();
    await collect(() => told.overflown.length > 2);
    expect(told.overflown).toEqual(Array.from({ length: 3 }, () => ({ error: expect.objectContaining({ code: 'ERR_ARENA_OVERFLOW' }) })));
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, collectedTotal: 1 });
  });

  it.each(['reset', 'close'] as const)('tells of writes to what is in quarantine at a %s', async (end) => {
    const arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    const block = arena.alloc(20);
    const { u8 } = block;
    block.free();
    u8[3] = 1;
    await arena[end]();
    expect(told.overwritten).toEqual([{ arena: 'default', offset: block.offset, byteLength: 20 } satisfies BlockOverwritten]);
    await arena.close();
  });

  it('takes no lazy object for a leak', async () => {
    const arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    const object = arena.lazy((bytes) => void bytes.fill(1), { bytes: 100 });
    expect(object.u8[0]).toBe(1);
    expect(arena.leaks()).toEqual([]);
    await arena.close();
    expect(told.leaked).toEqual([]);
  });

  it('takes back a block that was collected without free, and tells where it was allocated', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    (() => arena.alloc(123))();
    await collect(() => told.collected.length > 0);
    expect(told.collected).toHaveLength(1);
    expect((told.collected[0] as BlockLost).stack).toContain('debug.test');
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, collectedTotal: 1 });
  });

  it('leaves blocks alone whose views are in use, or whose token was made', async () => {
    await using arena = createArena({ backend: 'javascript', debug: 'paranoid' });
    const view = (() => arena.alloc(100).u8)();
    const token = (() => arena.alloc(200).token)();
    (() => arena.alloc(300))();
    await collect(() => told.collected.length > 0);
    expect(arena.stats().liveBlocks).toBe(2);
    expect(view[0]).toBe(0xcd);
    arena.open(token).free();
  });
});
