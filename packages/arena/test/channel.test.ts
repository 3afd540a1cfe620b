import { ManualClock } from '@fog/testkit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { attachArena, createArena } from '../src/arena.js';
import { endThreads, messageOf, startThread } from './workers.js';

afterEach(endThreads);

describe('a channel', () => {
  it('hands blocks over in order, each to one receiver, with their ownership', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const there = attachArena(arena.share());
    const channel = arena.channel({ slots: 4 });
    const other = there.channel(channel.share());
    const sent = [1, 2, 3].map((value) => {
      const block = arena.alloc(8);
      block.view(Float64Array)[0] = value;
      expect(channel.send(block)).toBe(true);
      expect(() => block.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_TRANSFERRED' }));
      return block;
    });
    expect(channel.size).toBe(3);
    for (const value of [1, 2, 3]) {
      const block = other.receive();
      expect(block?.view(Float64Array)[0]).toBe(value);
      block?.free();
    }
    expect(other.receive()).toBeUndefined();
    expect(() => sent[0]?.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    await there.close();
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('refuses a block when it is full, and the block stays the sender’s', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const channel = arena.channel({ slots: 2 });
    const blocks = arena.allocBatch(16, 3);
    expect(blocks.map((block) => channel.send(block))).toEqual([true, true, false]);
    expect(blocks[2]?.u8.byteLength).toBe(16);
    channel.receive()?.free();
    expect(channel.send(blocks[2] as never)).toBe(true);
  });

  it('goes round and round, past the end of its counters', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const channel = arena.channel({ slots: 2 });
    for (let turn = 0; turn < 1_000; turn += 1) {
      channel.send(arena.alloc(16));
      channel.receive()?.free();
    }
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, allocationsTotal: 1_000 });
  });

  it('wakes a thread that waits for it', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const channel = arena.channel();
    const worker = startThread(arena, `
      const channel = arena.channel(data.channel);
      parentPort.postMessage('waiting');
      const block = channel.receiveSync(60_000);
      parentPort.postMessage(block.u8[0]);
      block.free();`, { channel: channel.share() });
    await messageOf(worker);
    const block = arena.alloc(1);
    block.u8[0] = 77;
    channel.send(block);
    expect(await messageOf(worker)).toBe(77);
  });

  it('gives what comes to who awaits it, and undefined in time when nothing does', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend: 'javascript', clock });
    const channel = arena.channel();
    const waiting = channel.receiveAsync({ timeoutMs: 100 });
    channel.send(arena.alloc(5));
    clock.advance(1);
    expect((await waiting)?.byteLength).toBe(5);
    const late = channel.receiveAsync({ timeoutMs: 100 });
    clock.advance(100);
    expect(await late).toBeUndefined();
    const abort = new AbortController();
    const aborted = channel.receiveAsync({ signal: abort.signal });
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect(clock.pendingTimers).toBe(0);
  });

  it('ends for who iterates over it once it is closed and empty', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const channel = arena.channel();
    channel.send(arena.alloc(1));
    channel.send(arena.alloc(2));
    channel.close();
    const lengths: number[] = [];
    for await (const block of channel) lengths.push(block.byteLength);
    expect(lengths).toEqual([1, 2]);
    expect(() => channel.send(arena.alloc(1))).toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
    expect(channel.receiveSync(10)).toBeUndefined();
  });

  it('skips blocks that a reset ended on their way', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const channel = arena.channel();
    channel.send(arena.alloc(1));
    arena.reset();
    channel.send(arena.alloc(2));
    expect(channel.receive()?.byteLength).toBe(2);
  });

  it('refuses blocks and handles of another arena, dead blocks and bad options', async () => {
    await using arena = createArena({ backend: 'javascript' });
    await using other = createArena({ backend: 'javascript' });
    const channel = arena.channel();
    expect(() => channel.send(other.alloc(8))).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_ARGUMENT' }));
    expect(() => other.channel(channel.share())).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_HANDLE' }));
    const block = arena.alloc(8);
    block.free();
    expect(() => channel.send(block)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    for (const slots of [0, 1, 3, 2 ** 21, '4', Number.NaN]) expect(() => arena.channel({ slots } as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_OPTION' }));
  });
});
