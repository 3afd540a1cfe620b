import { ManualClock } from '@fog/testkit';
import { describe, expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';
import type { Block } from '../src/block.js';
import { backends } from './backends.js';

const KiB = 1_024;

describe('realloc', () => {
  it('keeps what the block has, in place where there is room, and ends the old block', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const block = arena.alloc(2_000);
    block.u8.forEach((_, index, bytes) => (bytes[index] = index));
    const shorter = arena.realloc(block, 1_900);
    expect(shorter.offset).toBe(block.offset);
    expect(() => block.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    const longer = arena.realloc(shorter, 9_000);
    expect(longer.byteLength).toBe(9_000);
    expect(longer.u8.subarray(0, 1_900).every((byte, index) => byte === (index & 255))).toBe(true);
    const short = arena.realloc(longer, 10);
    expect([...short.u8]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(arena.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 10 });
  });

  it('leaves the block as it was when there is no room, and refuses what is no size or no block', async () => {
    await using arena = createArena({ backend: 'javascript', initialBytes: 64 * KiB, maxBytes: 64 * KiB });
    const block = arena.alloc(40 * KiB);
    block.u8.fill(4);
    expect(() => arena.realloc(block, 60 * KiB)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_EXHAUSTED' }));
    expect(block.u8[100]).toBe(4);
    for (const bytes of [0, -1, Number.NaN, 1.5]) expect(() => arena.realloc(block, bytes)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
    for (const none of [undefined, null, {}, 7]) expect(() => arena.realloc(none as never, 10)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
    block.free();
    expect(() => arena.realloc(block, 10)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
  });
});

describe('handles', () => {
  it('are blocks by number, freed once', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const handles = [10, 100_000].map((bytes) => arena.allocHandle(bytes));
    expect(handles.map((handle) => arena.openHandle(handle).byteLength)).toEqual([10, 100_000]);
    for (const handle of handles) arena.freeHandle(handle);
    for (const handle of [...handles, 0, -1, 7, Number.NaN, 2 ** 60]) {
      expect(() => arena.freeHandle(handle)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
      expect(() => arena.openHandle(handle)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    }
    expect(arena.stats().liveBlocks).toBe(0);
    for (const bytes of [0, -1, Number.NaN, 1.5, '8', 2 ** 53]) expect(() => arena.allocHandle(bytes as number)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
  });
});

describe('a scope', () => {
  it('frees at its end what was allocated from it or from the arena within, but for what is kept', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const before = arena.alloc(1);
    const kept = arena.scope((scope) => {
      scope.alloc(10);
      arena.allocBatch(10, 5);
      arena.tryAlloc(10)?.free();
      expect(arena.stats().liveBlocks).toBe(7);
      return scope.keep(scope.alloc(20));
    });
    expect(arena.stats().liveBlocks).toBe(2);
    expect([before, kept].every((block) => block.isLive)).toBe(true);
  });

  it('ends after its promise, also when that fails, and holds over awaits', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const failing = arena.scope(async () => {
      arena.alloc(10);
      await Promise.resolve();
      arena.alloc(10);
      throw new Error('no');
    });
    const outside = arena.alloc(5);
    expect(arena.stats().liveBlocks).toBe(2);
    await expect(failing).rejects.toThrow('no');
    expect(arena.stats().liveBlocks).toBe(1);
    expect(outside.isLive).toBe(true);
    expect(() =>
      arena.scope(() => {
        arena.alloc(10);
        throw new Error('sync');
      }),
    ).toThrow('sync');
    expect(arena.stats().liveBlocks).toBe(1);
  });

  it('is of a function', async () => {
    await using arena = createArena({ backend: 'javascript' });
    expect(() => arena.scope(7 as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
  });

  it('nests', async () => {
    await using arena = createArena({ backend: 'javascript' });
    arena.scope((outer) => {
      const block = outer.alloc(1);
      arena.scope(() => arena.alloc(2));
      expect(block.isLive).toBe(true);
      expect(arena.stats().liveBlocks).toBe(1);
    });
    expect(arena.stats().liveBlocks).toBe(0);
  });
});

describe('scopes within each other', () => {
  it('each end what was allocated from them, wherever that was asked for', async () => {
    await using arena = createArena({ backend: 'javascript' });
    let kept: Block | undefined;
    await arena.scope(async (outer) => {
      const blocks = await arena.scope(async () => {
        await Promise.resolve();
        kept = outer.keep(outer.alloc(8));
        const own = arena.alloc(8);
        return { own, theirs: [outer.alloc(8), outer.tryAlloc(8), await outer.allocAsync(8), outer.realloc(outer.alloc(8), 9_000)] };
      });
      expect(blocks.own.isLive).toBe(false);
      expect(blocks.theirs.map((block) => block?.isLive)).toEqual([true, true, true, true]);
    });
    expect(arena.stats().liveBlocks).toBe(1);
    kept?.free();
  });

  it('are of a function and an open source, in a part of an arena, too', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const part = arena.subArena({ maxBytes: 100 });
    expect(() => part.scope(5 as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
    part.close();
    expect(() => part.scope(() => 1)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
  });
});

describe('a sub-arena', () => {
  it('keeps to its budget and frees all it has at once', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const other = arena.alloc(100);
    const part = arena.subArena({ maxBytes: 1_000, name: 'requests' });
    const first = part.alloc(600);
    expect(() => part.alloc(401)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_BUDGET_EXCEEDED', message: expect.stringContaining("'requests' may have 1000 bytes: 600 are live, and 401 more") }));
    expect(part.tryAlloc(401)).toBeUndefined();
    first.free();
    part.allocBatch(100, 10);
    expect(part.stats()).toEqual({ liveBlocks: 10, liveBytes: 1_000, peakLiveBytes: 1_000, maxBytes: 1_000 });
    part.reset();
    expect(part.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    expect(arena.stats().liveBlocks).toBe(1);
    part.close();
    expect(() => part.alloc(1)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
    expect(other.isLive).toBe(true);
  });

  it('has its budget back from blocks that went elsewhere', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const part = arena.subArena({ maxBytes: 100 });
    const channel = arena.channel();
    channel.send(part.alloc(100));
    expect(part.alloc(100).byteLength).toBe(100);
    expect(part.stats().liveBlocks).toBe(1);
  });

  it('serves those who wait for its budget, first come, first served', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend: 'javascript', clock });
    const part = arena.subArena({ maxBytes: 100, name: 'requests' });
    const blocks = [part.alloc(60), part.alloc(40)];
    const order: number[] = [];
    const [first, ...others] = [70, 30, 50].map(async (bytes, index) => {
      const block = await part.allocAsync(bytes);
      order.push(index);
      return block;
    });
    blocks[0]?.free();
    await Promise.resolve();
    expect(order).toEqual([]); // The first needs more, and nobody passes it.
    blocks[1]?.free();
    const large = await (first as Promise<Block>);
    await others[0];
    expect(part.stats()).toMatchObject({ liveBytes: 100, peakLiveBytes: 100 });
    expect((await arena.allocAsync(100)).byteLength).toBe(100); // Who waits for a budget is in nobody else's way.
    expect(order).toEqual([0, 1]);
    part.realloc(large, 20);
    await others[1];
    expect(part.stats()).toMatchObject({ liveBytes: 20 + 30 + 50, peakLiveBytes: 100 });
    expect(clock.pendingTimers).toBe(0);
  });

  it('promises no more of its budget than it has to those who wait for memory', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend: 'javascript', initialBytes: 64 * KiB, maxBytes: 64 * KiB, clock });
    const part = arena.subArena({ maxBytes: 48 * KiB });
    const other = arena.alloc(60 * KiB);
    const waiting = part.allocAsync(32 * KiB);
    expect(() => part.alloc(32 * KiB)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_BUDGET_EXCEEDED' }));
    const late = part.allocAsync(32 * KiB, { timeoutMs: 50 });
    clock.advance(50);
    await expect(late).rejects.toMatchObject({ code: 'ERR_ARENA_WAIT_TIMEOUT', message: expect.stringContaining('32768 of the 49152 that it may have are taken') });
    other.free();
    const block = await waiting;
    expect(part.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 32 * KiB });
    block.free();
    expect(part.alloc(48 * KiB).byteLength).toBe(48 * KiB);
  });

  it('ends a wait by its time, counted from the beginning, by its signal, and as it or the arena is closed', async () => {
    const clock = new ManualClock();
    const arena = createArena({ backend: 'javascript', initialBytes: 64 * KiB, maxBytes: 64 * KiB, clock });
    const part = arena.subArena({ maxBytes: 100, name: 'requests' });
    const held = part.alloc(100);
    const rest = arena.alloc(60 * KiB);
    rest.free();
    arena.allocBatch(1 * KiB, 62);

    await expect(part.allocAsync(101)).rejects.toMatchObject({ code: 'ERR_ARENA_BUDGET_EXCEEDED' });
    await expect(part.allocAsync(8, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_OPTION' });
    await expect(part.allocAsync(8, { align: 3 })).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_ARGUMENT' });
    const aborted = AbortSignal.abort(new Error('enough'));
    await expect(part.allocAsync(8, { signal: aborted })).rejects.toThrow('enough');
    const abort = new AbortController();
    const waiting = part.allocAsync(8, { signal: abort.signal });
    abort.abort(new Error('enough by now'));
    await expect(waiting).rejects.toThrow('enough by now');

    const closing = part.allocAsync(8);
    part.close();
    await expect(closing).rejects.toMatchObject({ code: 'ERR_ARENA_CLOSED' });
    await expect(part.allocAsync(8)).rejects.toMatchObject({ code: 'ERR_ARENA_CLOSED' });
    expect(held.isLive).toBe(false);

    const other = arena.subArena({ maxBytes: 100 });
    other.alloc(100);
    const ending = other.allocAsync(8);
    await arena.close();
    clock.advance(5);
    await expect(ending).rejects.toMatchObject({ code: 'ERR_ARENA_CLOSED' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('counts a wait for memory to that for the budget', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend: 'javascript', initialBytes: 64 * KiB, maxBytes: 64 * KiB, clock });
    const part = arena.subArena({ maxBytes: 32 * KiB });
    const held = part.alloc(32 * KiB);
    const late = part.allocAsync(32 * KiB, { timeoutMs: 100 });
    clock.advance(60);
    held.free();
    arena.alloc(48 * KiB); // Before the wait for memory has begun.
    await Promise.resolve();
    await Promise.resolve();
    clock.advance(39);
    expect(arena.stats().exhaustionsTotal).toBe(0);
    clock.advance(1);
    await expect(late).rejects.toMatchObject({ code: 'ERR_ARENA_WAIT_TIMEOUT', exhaustion: { askedBytes: 32 * KiB } });
    expect(part.alloc(1).byteLength).toBe(1);
  });

  it('has its budget back of what another thread freed while somebody waits for it', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend: 'javascript', clock });
    const part = arena.subArena({ maxBytes: 100 });
    const held = part.alloc(100);
    const waiting = part.allocAsync(100);
    arena.open(held.token).free(); // As another thread does: past the sub-arena.
    clock.advance(5);
    expect((await waiting).byteLength).toBe(100);
    expect(part.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 100 });
  });

  it('that is closed leaves nobody waiting for memory', async () => {
    await using arena = createArena({ backend: 'javascript', initialBytes: 64 * KiB, maxBytes: 64 * KiB });
    const all = arena.alloc(60 * KiB);
    const part = arena.subArena({ maxBytes: 64 * KiB });
    const { signal } = new AbortController();
    const waiting = [part.allocAsync(20 * KiB), part.allocAsync(20 * KiB, { signal })];
    part.close();
    for (const each of waiting) await expect(each).rejects.toMatchObject({ code: 'ERR_ARENA_CLOSED' });
    all.free();
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('keeps to its budget when a block cannot be replaced', async () => {
    await using arena = createArena({ backend: 'javascript', initialBytes: 64 * KiB, maxBytes: 64 * KiB });
    const part = arena.subArena({ maxBytes: 100 * KiB });
    const block = part.alloc(30 * KiB);
    expect(() => part.realloc(block, 50 * KiB)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_EXHAUSTED' }));
    expect(() => part.realloc(block, 101 * KiB)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_BUDGET_EXCEEDED' }));
    expect(part.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 30 * KiB });
    block.free();
    expect(part.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
  });

  it.each([undefined, {}, { maxBytes: 0 }, { maxBytes: 1.5 }, { maxBytes: 10, name: '' }, { maxBytes: 10, more: 1 }])('refuses %p', async (options) => {
    await using arena = createArena({ backend: 'javascript' });
    expect(() => arena.subArena(options as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_OPTION' }));
  });
});

describe.each(backends)('an exhausted arena on the %s backend', (backend) => {
  const full = { backend, initialBytes: 64 * KiB, maxBytes: 64 * KiB };

  it('serves those who wait, first come, first served, as memory is freed', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ ...full, clock });
    const blocks = arena.allocBatch(16 * KiB, 4);
    const order: number[] = [];
    const waits = [20, 10, 16].map(async (kib, index) => {
      const block = await arena.allocAsync(kib * KiB);
      order.push(index);
      return block;
    });
    blocks[0]?.free();
    await Promise.resolve();
    expect(order).toEqual([]); // The first needs more, and nobody passes it.
    blocks[1]?.free();
    await Promise.all(waits.slice(0, 2));
    blocks[2]?.free();
    await Promise.all(waits);
    expect(order).toEqual([0, 1, 2]);
    expect(clock.pendingTimers).toBe(arena.backend === 'native' ? 1 : 0); // The one that purges later.
  });

  it('ends a wait after its time, with the figures, and by its signal', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ ...full, clock });
    arena.alloc(64 * KiB);
    const late = arena.allocAsync(100, { timeoutMs: 50 });
    clock.advance(50);
    await expect(late).rejects.toMatchObject({ code: 'ERR_ARENA_WAIT_TIMEOUT', exhaustion: { askedBytes: 100, freeBytes: 0 } });
    const abort = new AbortController();
    const aborted = arena.allocAsync(100, { signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    await expect(arena.allocAsync(100, { signal: abort.signal })).rejects.toThrow('enough');
    await expect(arena.allocAsync(65 * KiB)).rejects.toMatchObject({ code: 'ERR_ARENA_EXHAUSTED' });
    await expect(arena.allocAsync(8, { timeoutMs: 0 })).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_OPTION' });
    const waiting = arena.allocAsync(100);
    await arena.close();
    await expect(waiting).rejects.toMatchObject({ code: 'ERR_ARENA_CLOSED' });
    expect(clock.pendingTimers).toBe(0);
  });

  it('falls back to memory of its own where that is asked for', async () => {
    await using arena = createArena({ ...full, onExhausted: 'buffer' });
    arena.alloc(64 * KiB);
    const block = arena.alloc(1_000);
    block.view(Float64Array).fill(0.5);
    expect(block.buffer.readDoubleLE(8)).toBe(0.5);
    expect(() => block.token).toThrow(expect.objectContaining({ code: 'ERR_ARENA_HEAP_BLOCK' }));
    expect(arena.stats()).toMatchObject({ fallbacksTotal: 1, exhaustionsTotal: 1, liveBlocks: 1 });
    block.free();
    expect(() => block.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    expect(() => block.free()).toThrow(expect.objectContaining({ code: 'ERR_ARENA_DOUBLE_FREE' }));
    expect(() => arena.alloc(1, { onExhausted: 'throw' })).toThrow(expect.objectContaining({ code: 'ERR_ARENA_EXHAUSTED' }));
  });
});
