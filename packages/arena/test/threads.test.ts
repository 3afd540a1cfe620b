import { seededRandom } from '@fog/testkit';
import { afterEach, describe, expect, it } from '@jest/globals';
import { attachArena, createArena } from '../src/arena.js';
import { HEADS, LOCK, FIRST_ROW, ROWS_AT, ROW_ENTERING, ROW_IN_USE, ROW_LOG2, ROW_THREAD } from '../src/records/layout.js';
import { backends } from './backends.js';
import { endThreads, exitOf, messageOf, startThread } from './workers.js';

afterEach(endThreads);

const MiB = 2 ** 20;
const THREADS = 4;

/**
 * Each thread allocates, fills, hands over and frees what the others hand over; a block's first four bytes name its seed, from
 * which all the others follow.
 */
const CHURN = `
  const channel = arena.channel(data.channel);
  let state = data.seed;
  const random = () => (state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff) / 2 ** 31;
  const mark = (block, seed) => {
    const { u8 } = block;
    new DataView(u8.buffer, u8.byteOffset).setUint32(0, seed);
    for (let at = 4; at < u8.length; at += 1) u8[at] = seed + at;
  };
  const isIntact = ({ u8 }) => {
    const seed = new DataView(u8.buffer, u8.byteOffset).getUint32(0);
    for (let at = 4; at < u8.length; at += 1) if (u8[at] !== ((seed + at) & 255)) return false;
    return true;
  };
  const held = [];
  let broken = 0;
  const settle = (block) => { if (!isIntact(block)) broken += 1; block.free(); };
  for (let turn = 0; turn < data.turns; turn += 1) {
    const bytes = 4 + Math.floor(random() < 0.9 ? random() * 600 : random() * 90_000);
    const block = arena.tryAlloc(bytes);
    if (block !== undefined) {
      mark(block, turn);
      if (random() < 0.5 || !channel.send(block)) held.push(block);
    }
    if (held.length > 100) settle(held.splice(Math.floor(random() * held.length), 1)[0]);
    if (random() < 0.5) { const other = channel.receive(); if (other !== undefined) settle(other); }
  }
  for (const block of held) settle(block);
  parentPort.postMessage(broken);
`;

describe.each(backends)('threads on the %s backend', (backend) => {
  it('allocate, hand over and free at once without touching each other, and all memory is back at the end', async () => {
    await using arena = createArena({ backend, initialBytes: MiB, maxBytes: 256 * MiB });
    const channel = arena.channel({ slots: 256 });
    const workers = Array.from({ length: THREADS }, (_, seed) => startThread(arena, CHURN, { channel: channel.share(), seed: seed + 1, turns: 8_000 }));
    const exits = workers.map(exitOf);
    expect(await Promise.all(workers.map(messageOf))).toEqual(workers.map(() => 0));
    await Promise.all(exits);
    for (let block = channel.receive(); block !== undefined; block = channel.receive()) block.free();
    arena.reclaim();
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    const { committedBytes } = arena.stats();
    expect(arena.alloc(committedBytes).offset).toBe(0);
  });

  it.each([1, 2, 3])('that are terminated in the middle of a million allocations leave a sound arena (%i)', async (seed) => {
    await using arena = createArena({ backend, initialBytes: MiB, maxBytes: 128 * MiB });
    const random = seededRandom(seed);
    const endless = `
      const held = [];
      for (let turn = 0; ; turn += 1) {
        if (turn === 1000) parentPort.postMessage('going');
        if (held.length < 500) held.push(arena.alloc(1 + (turn * 7919) % 5000));
        else held.splice(turn % held.length, 1)[0].free();
      }`;
    const workers = Array.from({ length: 3 }, () => startThread(arena, endless));
    await Promise.all(workers.map(messageOf));
    const mine = Array.from({ length: 1_000 }, () => arena.alloc(1 + Math.floor(random() * 3_000)));
    mine.forEach(({ u8 }, index) => u8.fill(index));
    await Promise.all(workers.map((worker) => worker.terminate()));
    // What they had live was known to nobody else, so it comes back with what they had cached.
    expect(arena.reclaim()).toBeGreaterThan(0);
    expect(arena.stats()).toMatchObject({ liveBlocks: 1_000, threads: 1 });
    mine.forEach(({ u8 }, index) => expect(u8.every((byte) => byte === (index & 255))).toBe(true));
    for (const block of mine) block.free();
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
    const { committedBytes } = arena.stats();
    expect(arena.alloc(committedBytes).byteLength).toBe(committedBytes);
  });

  it('may be ended between growing the memory and telling of it, and what they added is found', async () => {
    await using arena = createArena({ backend, initialBytes: MiB, maxBytes: 2 * MiB });
    arena.share().memory.grow(2 * MiB); // As one that was ended next.
    expect(arena.alloc(2 * MiB).byteLength).toBe(2 * MiB);
  });

  it('that come just then are not taken for those that had their row before', async () => {
    await using arena = createArena({ backend });
    const worker = startThread(arena, `arena.alloc(100); parentPort.postMessage('here');`);
    const exit = exitOf(worker);
    await messageOf(worker);
    await exit;
    const words = new Int32Array(arena.share().records);
    const row = ROWS_AT + ((FIRST_ROW + 1) << ROW_LOG2);
    words[row + ROW_IN_USE] = ROW_ENTERING; // As a thread that has the row and did not write its name yet.
    expect(arena.reclaim()).toBe(0);
    words[row + ROW_IN_USE] = 1;
    expect(arena.reclaim()).toBe(100);
  });

  it('leave blocks whose token they made to those who may know of it', async () => {
    await using arena = createArena({ backend });
    const worker = startThread(arena, `arena.alloc(100); const block = arena.alloc(200); block.u8.fill(3); parentPort.postMessage(block.token);`);
    const exit = exitOf(worker);
    const token = (await messageOf(worker)) as Parameters<typeof arena.open>[0];
    await exit;
    expect(arena.reclaim()).toBe(100);
    expect(arena.open(token).u8.every((byte) => byte === 3)).toBe(true);
  });

  it('that find the lock with a thread that ended mend what it was changing', async () => {
    await using arena = createArena({ backend, initialBytes: MiB, maxBytes: 4 * MiB });
    const blocks = [3_000, 70_000, 12].map((bytes) => arena.alloc(bytes));
    blocks[1]?.free();
    const worker = startThread(arena, `parentPort.postMessage('here');`);
    const exit = exitOf(worker);
    await messageOf(worker);
    await exit;
    const words = new Int32Array(arena.share().records);
    const gone = FIRST_ROW + 1;
    expect(words[ROWS_AT + (gone << ROW_LOG2) + ROW_THREAD]).not.toBe(0);
    words.fill(12_345, HEADS, HEADS + 800); // As if it had been ended in the middle of an update.
    words[LOCK] = gone;
    const next = arena.alloc(500_000);
    expect(words[LOCK]).toBe(0);
    expect(arena.map().spans.reduce((sum, { byteLength }) => sum + byteLength, 0)).toBe(arena.stats().committedBytes);
    for (const block of [blocks[0], blocks[2], next]) block?.free();
    const { committedBytes } = arena.stats();
    expect(arena.alloc(committedBytes).offset).toBe(0);
  });

  it('get memory that another has cached, once it comes to its next operation', async () => {
    await using arena = createArena({ backend, initialBytes: 8 * MiB, maxBytes: 8 * MiB });
    const worker = startThread(arena, `
      for (const block of arena.allocBatch(1000, 100)) block.free();
      parentPort.postMessage('cached');
      parentPort.once('message', () => { arena.alloc(16).free(); parentPort.postMessage('done'); });`);
    await messageOf(worker);
    expect(arena.stats().cachedBytes).toBeGreaterThan(1_000);
    arena.alloc(arena.stats().largestFreeBytes);
    while (arena.tryAlloc(16) !== undefined);
    worker.postMessage('go on');
    await messageOf(worker);
    expect(arena.tryAlloc(1_000)).toBeDefined();
  });
});

it('that leave end the blocks that nobody else can know of', async () => {
  await using arena = createArena({ backend: 'javascript' });
  const there = attachArena(arena.share());
  const own = there.alloc(100);
  const { token } = there.alloc(200);
  await there.close();
  expect(own.isLive).toBe(false);
  expect(() => there.alloc(1)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
  expect(arena.open(token).byteLength).toBe(200);
  expect(arena.stats()).toMatchObject({ liveBlocks: 1, liveBytes: 200, cachedBytes: 0, threads: 1 });
});

it('have one high-water mark, though one of them frees all that another allocates', async () => {
  await using arena = createArena({ backend: 'javascript' });
  const there = attachArena(arena.share());
  for (const blocks of [10, 50, 20]) {
    const tokens = Array.from({ length: blocks }, () => arena.alloc(1_000).token);
    for (const token of tokens) there.open(token).free();
  }
  expect(arena.stats()).toMatchObject({ liveBytes: 0, peakLiveBytes: 50_000 });
  await there.close();
});

it('are at most 251', async () => {
  await using arena = createArena({ backend: 'javascript' });
  const handle = arena.share();
  const attached = Array.from({ length: 250 }, () => attachArena(handle));
  expect(() => attachArena(handle)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_TOO_MANY_THREADS' }));
  for (const each of attached) await each.close();
  await attachArena(handle).close();
  expect(arena.stats().threads).toBe(1);
});

it('may be as many, one after the other, as there are: rows of those that ended are taken back', async () => {
  await using arena = createArena({ backend: 'javascript' });
  const handle = arena.share();
  const attached = Array.from({ length: 250 }, () => attachArena(handle));
  attached[6]?.alloc(1_000);
  const words = new Int32Array(handle.records);
  words[ROWS_AT + ((FIRST_ROW + 7) << ROW_LOG2) + ROW_THREAD] = 2 ** 30; // As if it had been another, which ended.
  const late = attachArena(handle);
  expect(arena.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, threads: 251 });
  expect(() => attachArena(handle)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_TOO_MANY_THREADS' }));
  await late.close();
});
