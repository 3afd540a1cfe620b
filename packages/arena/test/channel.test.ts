import { ManualClock } from '@fog/testkit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { attachArena, createArena, type Arena } from '../src/arena.js';
import type { Block } from '../src/block.js';
import { type Channel, CELLS, CELL_WORDS, CLAIMS, HEAD, PLACE_SHIFT, TAIL, WAKES } from '../src/channel.js';
import { FIRST_ROW, ROWS_AT, ROW_LOG2, ROW_THREAD } from '../src/records/layout.js';
import { CLAIM_LOG2, claimOf, GENERATION, RECEIVING, SENDING, SLOT } from '../src/ring-claims.js';
import { endThreads, messageOf, startThread } from './workers.js';

afterEach(endThreads);

const claimsOf = (row: number): number => CLAIMS + (row << CLAIM_LOG2);

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

  it.each([0, 2 ** 29 - 6, 2 ** 30 - 6, 2 ** 31 - 6])('goes round and round, past the end of its counters (from %d on)', async (place) => {
    await using arena = createArena({ backend: 'javascript' });
    const channel = arena.channel({ slots: 2 });
    const words = new Int32Array(channel.share().ring);
    words[HEAD] = words[CELLS] = place;
    words[CELLS + CELL_WORDS] = place + 1;
    words[TAIL] = place << PLACE_SHIFT;
    for (let turn = 0; turn < 20; turn += 1) {
      expect(channel.receive()).toBeUndefined();
      const blocks = arena.allocBatch(1 + turn, 3);
      expect(blocks.map((block) => channel.send(block))).toEqual([true, true, false]);
      expect(channel.size).toBe(2);
      blocks[2]?.free();
      for (let received = 0; received < 2; received += 1) {
        const block = channel.receive();
        expect(block?.byteLength).toBe(1 + turn);
        block?.free();
      }
      expect(channel.size).toBe(0);
    }
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('refuses a block whose place is being emptied still, rather than wait for it', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend: 'javascript', clock });
    const channel = arena.channel({ slots: 2 });
    const [first, second, third] = arena.allocBatch(16, 3) as [Block, Block, Block];
    expect([channel.send(first), channel.send(second)]).toEqual([true, true]);
    const words = new Int32Array(channel.share().ring);
    Atomics.add(words, HEAD, 1); // As another thread that is about to read the first.
    words[claimsOf(FIRST_ROW) + RECEIVING] = claimOf(0);
    expect(channel.send(third)).toBe(false);
    clock.advance(1_000);
    expect(channel.send(third)).toBe(false);
    expect(third.u8).toHaveLength(16);
    third.free();
  });

  describe('goes on in the stead of a thread that was terminated', () => {
    /** A thread that has the arena and is there no more, as far as can be known. @returns where its claims are */
    function endedThread(arena: Arena, channel: Channel): number {
      const other = attachArena(arena.share());
      other.channel(channel.share());
      const row = FIRST_ROW + 1;
      const [records, words] = [new Int32Array(arena.share().records), new Int32Array(channel.share().ring)];
      records[ROWS_AT + (row << ROW_LOG2) + ROW_THREAD] = words[claimsOf(row)] = 2 ** 30;
      return claimsOf(row);
    }

    it('before it had filled its place: what it sent is received', async () => {
      const clock = new ManualClock();
      await using arena = createArena({ backend: 'javascript', clock });
      const channel = arena.channel({ slots: 2 });
      const claim = endedThread(arena, channel);
      const words = new Int32Array(channel.share().ring);
      const token = arena.alloc(3).transfer();
      [words[claim + SLOT], words[claim + GENERATION], words[claim + SENDING]] = [token.slot, token.generation, claimOf(0)];
      words[TAIL] = 1 << PLACE_SHIFT;
      expect(channel.receive()).toBeUndefined();
      clock.advance(1);
      expect(channel.receive()?.byteLength).toBe(3);
      expect([channel.size, channel.receive()]).toEqual([0, undefined]);
    });

    it('and nobody knows with what: who awaits a block gets the next', async () => {
      await using arena = createArena({ backend: 'javascript' });
      const channel = arena.channel({ slots: 4 });
      const words = new Int32Array(channel.share().ring);
      words[TAIL] = 1 << PLACE_SHIFT;
      channel.send(arena.alloc(5));
      expect((await channel.receiveAsync())?.byteLength).toBe(5);
      words[TAIL] = (words[TAIL] ?? 0) + (1 << PLACE_SHIFT);
      const waiting = channel.receiveAsync();
      channel.close();
      expect(await waiting).toBeUndefined();
      expect(channel.size).toBe(0);
    });

    it('before it had emptied its place, which can be had again; the block is free', async () => {
      const clock = new ManualClock();
      await using arena = createArena({ backend: 'javascript', clock });
      const channel = arena.channel({ slots: 2 });
      const claim = endedThread(arena, channel);
      const words = new Int32Array(channel.share().ring);
      for (const block of arena.allocBatch(16, 2)) expect(channel.send(block)).toBe(true);
      const third = arena.alloc(3);
      words[claim + RECEIVING] = claimOf(0);
      words[HEAD] = 1;
      expect(channel.send(third)).toBe(false);
      clock.advance(1);
      expect(channel.send(third)).toBe(true);
      expect([channel.receive()?.byteLength, channel.receive()?.byteLength]).toEqual([16, 3]);
      expect(arena.stats().liveBlocks).toBe(2);
    });
  });

  it('takes nothing once it is closed, by whom and when ever: the block stays the sender’s', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const channel = arena.channel();
    const block = arena.alloc(16);
    const transfer = block.transfer.bind(block);
    block.transfer = () => {
      arena.channel(channel.share()).close(); // As another thread may, in the midst of it.
      return transfer();
    };
    expect(() => channel.send(block)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
    expect(channel.size).toBe(0);
    expect(block.isLive).toBe(true);
    block.free();
  });

  it('gives each block to one of many threads that receive, from many that send, however full it is', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const channel = arena.channel({ slots: 4 });
    const data = { channel: channel.share(), turns: 5_000 };
    const senders = [1, 2].map(() => startThread(arena, `
      const channel = arena.channel(data.channel);
      for (let turn = 0; turn < data.turns; turn += 1) {
        const block = arena.alloc(4);
        block.view(Int32Array)[0] = turn;
        while (!channel.send(block));
      }
      parentPort.postMessage('sent');`, data));
    const receivers = [1, 2].map(() => startThread(arena, `
      const channel = arena.channel(data.channel);
      let sum = 0;
      for (let block = channel.receiveSync(60_000); block !== undefined; block = channel.receiveSync(60_000)) {
        sum += 1 + block.view(Int32Array)[0];
        block.free();
      }
      parentPort.postMessage(sum);`, data));
    const sums = receivers.map(messageOf);
    await Promise.all(senders.map(messageOf));
    channel.close();
    const [one = 0, other = 0] = (await Promise.all(sums)) as number[];
    expect(one + other).toBe(5_000 * 5_001);
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('wakes a thread that waits for it', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const channel = arena.channel();
    const worker = startThread(arena, `
      const channel = arena.channel(data.channel);
      parentPort.postMessage('waiting');
      const block = channel.receiveSync(60_000);
      const [first] = block.u8;
      block.free(); // Before the arena is closed there, which the answer leads to.
      parentPort.postMessage(first);`, { channel: channel.share() });
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

  it('wakes who awaits it from another thread, while this one does nothing', async () => {
    await using arena = createArena({ backend: 'javascript', clock: new ManualClock() });
    const channel = arena.channel();
    const waiting = channel.receiveAsync();
    startThread(arena, `const block = arena.alloc(7); arena.channel(data.channel).send(block);`, { channel: channel.share() });
    expect((await waiting)?.byteLength).toBe(7);
  });

  it('serves those who await it first come, first served, and none who left', async () => {
    const clock = new ManualClock();
    await using arena = createArena({ backend: 'javascript', clock });
    const channel = arena.channel();
    const abort = new AbortController();
    const [first, late, aborted, last] = [{}, { timeoutMs: 10 }, { signal: abort.signal }, {}].map((options) => channel.receiveAsync(options));
    clock.advance(10);
    abort.abort(new Error('enough'));
    await expect(aborted).rejects.toThrow('enough');
    expect(await late).toBeUndefined();
    const [one, two] = arena.allocBatch(16, 2) as [Block, Block];
    channel.send(one);
    channel.send(two);
    expect(await first).toMatchObject({ offset: one.offset });
    expect(await last).toMatchObject({ offset: two.offset });
    expect(clock.pendingTimers).toBe(0);
  });

  it('rests between blocks: who awaits it is woken once by what is sent, and the sender has nobody to wake then', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const channel = arena.channel();
    const words = new Int32Array(channel.share().ring);
    const waiting = channel.receiveAsync();
    channel.send(arena.alloc(1));
    const wakes = words[WAKES];
    channel.send(arena.alloc(2));
    expect(words[WAKES]).toBe(wakes);
    expect((await waiting)?.byteLength).toBe(1);
    expect((await channel.receiveAsync())?.byteLength).toBe(2);
    expect(words[WAKES]).toBe(wakes);
  });

  it('waits for a sender that has a place and did not fill it yet', async () => {
    await using arena = createArena({ backend: 'javascript' });
    const channel = arena.channel({ slots: 2 });
    const words = new Int32Array(channel.share().ring);
    const token = arena.alloc(3).transfer();
    words[TAIL] = 1 << PLACE_SHIFT; // As another thread that is about to write its first block.
    words[claimsOf(FIRST_ROW) + SENDING] = claimOf(0);
    expect(channel.receiveSync(1)).toBeUndefined();
    const waiting = channel.receiveAsync();
    await new Promise(setImmediate);
    [words[CELLS + 1], words[CELLS + 2]] = [token.slot, token.generation];
    Atomics.store(words, CELLS, 1);
    expect((await waiting)?.byteLength).toBe(3);
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

  it('ends with its arena, for those who wait here and in other threads', async () => {
    const clock = new ManualClock();
    const arena = createArena({ backend: 'javascript', clock });
    const channel = arena.channel();
    const worker = startThread(arena, `
      const channel = arena.channel(data.channel);
      parentPort.postMessage('waiting');
      try { channel.receiveSync(60_000); } catch (error) { parentPort.postMessage(error.code); }`, { channel: channel.share() });
    await messageOf(worker);
    const ended = messageOf(worker);
    const waiting = channel.receiveAsync();
    await arena.close();
    clock.advance(500);
    await expect(waiting).rejects.toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
    expect(clock.pendingTimers).toBe(0);
    expect(() => channel.receive()).toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
    expect(await ended).toBe('ERR_ARENA_CLOSED');
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
    for (const options of [null, 7, 'slots']) expect(() => arena.channel(options as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_OPTION' }));
    for (const options of [null, 7, { signal: 7 }, { timeoutMs: 0 }, { timeout: 1 }]) await expect(channel.receiveAsync(options as never)).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_OPTION' });
    for (const byteLength of [4 * CELLS, 4 * CELLS + 3, 4 * (CELLS + 3 * CELL_WORDS)]) {
      const ring = new SharedArrayBuffer(byteLength);
      new Uint8Array(ring).set(new Uint8Array(channel.share().ring, 0, 64)); // With the mark of a ring.
      expect(() => arena.channel({ ...channel.share(), ring })).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_HANDLE' }));
    }
    for (const slots of [0, 1, 3, 2 ** 21, '4', Number.NaN]) expect(() => arena.channel({ slots } as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_OPTION' }));
  });
});
