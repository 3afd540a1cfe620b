import diagnostics from 'node:diagnostics_channel';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { attachArena, createArena, type Arena } from '../src/arena.js';
import type { Block } from '../src/block.js';
import { createBufferPool } from '../src/buffer-pool.js';
import type { BlockHandle } from '../src/token.js';
import { backends } from './backends.js';
import { endThreads, exitOf, messageOf, startThread } from './workers.js';

const MiB = 2 ** 20;
const refused = (code: string): unknown => expect.objectContaining({ name: 'ArenaError', code });

afterEach(endThreads);

/** Fills blocks, each with a value of its own, and counts those that do not keep it. */
function overwritten(...groups: readonly (readonly Block[])[]): number {
  const blocks = groups.flat();
  blocks.forEach(({ u8 }, index) => u8.fill(index % 251));
  return blocks.filter(({ u8 }, index) => !u8.every((byte) => byte === index % 251)).length;
}

/** What is cached by `arena` when another thread resets it: small blocks and large ones. */
function cacheBlocks(arena: Arena): void {
  const blocks = [...arena.allocBatch(64, 100), ...arena.allocBatch(200_000, 4)];
  for (const block of blocks) block.free();
}

describe.each(backends)('a reset by another, on the %s backend', (backend) => {
  it.each(['purge', 'close'] as const)('voids what was cached before, also for a %s that comes next', async (operation) => {
    await using arena = createArena({ backend });
    const other = attachArena(arena.share());
    cacheBlocks(other);
    arena.reset();
    const mine = [...arena.allocBatch(64, 300), ...arena.allocBatch(200_000, 4)];
    await other[operation]();
    const third = attachArena(arena.share());
    const theirs = [...third.allocBatch(64, 300), ...third.allocBatch(200_000, 4)];
    expect(overwritten(mine, theirs)).toBe(0);
    expect(arena.stats()).toMatchObject({ liveBlocks: 608 });
    await third.close();
  });

  it('leaves exact figures, at once', async () => {
    const arena = createArena({ backend });
    const other = attachArena(arena.share());
    cacheBlocks(other);
    arena.reset();
    const { allocationsTotal, committedBytes } = arena.stats();
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, reservedBytes: 0, cachedBytes: 0, freeBytes: committedBytes, freesTotal: allocationsTotal });
    await other.close();
    await arena.close();
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, reservedBytes: 0 });
  });

  it("empties a 'paranoid' quarantine, whose memory is others' now", async () => {
    const told: unknown[] = [];
    const listen = (message: unknown): void => void told.push(message);
    diagnostics.subscribe('@fog/arena:block:overwritten', listen);
    await using arena = createArena({ backend, debug: 'paranoid' });
    const other = attachArena(arena.share());
    cacheBlocks(other);
    arena.reset();
    const mine = arena.allocBatch(64, 200);
    expect(overwritten(mine)).toBe(0);
    other.alloc(64).free();
    await other.close();
    expect(told).toEqual([]);
    expect(mine.every((block) => block.isLive)).toBe(true);
    for (const block of mine) block.free();
    diagnostics.unsubscribe('@fog/arena:block:overwritten', listen);
  });

  it('has a lazy object loaded again, and takes nothing from those who got its place', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fog-arena-attached-'));
    const path = join(folder, 'file');
    writeFileSync(path, Buffer.alloc(256 * 1_024, 7));
    await using arena = createArena({ backend, initialBytes: MiB, maxBytes: MiB });
    const other = attachArena(arena.share());
    const object = other.lazy(path);
    expect(object.u8[0]).toBe(7);
    arena.reset();
    expect(object.isLoaded).toBe(false);
    const mine = arena.allocBatch(60_000, 8);
    mine.forEach(({ u8 }) => u8.fill(1));
    expect(other.evict()).toBe(0);
    expect(mine.every(({ u8 }) => u8.every((byte) => byte === 1))).toBe(true);
    expect(object.u8.every((byte) => byte === 7)).toBe(true);
    expect(object.loads).toBe(2);
    await other.close();
    rmSync(folder, { recursive: true });
  });
});

describe.each(backends)('an attached arena that was closed, on the %s backend', (backend) => {
  it('says so, of its blocks, too, though others have them still', async () => {
    await using arena = createArena({ backend });
    const other = attachArena(arena.share());
    const block = other.alloc(64);
    const { token } = block;
    await other.close();
    for (const use of [() => block.u8, () => block.buffer, () => block.view(Uint8Array), () => block.token, () => block.handle, () => block.transfer(), () => block.free()])
      expect(use).toThrow(refused('ERR_ARENA_CLOSED'));
    expect(block.isLive).toBe(false);
    expect(other.leaks()).toEqual([]);
    expect(arena.open(token).byteLength).toBe(64);
  });

  it("has its pools give out nothing that is others' by now", async () => {
    await using arena = createArena({ backend });
    const other = attachArena(arena.share());
    const pool = createBufferPool(other);
    for (const pooled of [pool.acquire(64), pool.acquire(64)]) pooled.release();
    await other.close();
    expect(() => pool.acquire(64)).toThrow(refused('ERR_ARENA_CLOSED'));
    pool.close();
  });

  it('leaves what is in a channel to others', async () => {
    await using arena = createArena({ backend });
    const other = attachArena(arena.share());
    const channel = arena.channel();
    const theirs = other.channel(channel.share());
    const pending = theirs.receiveAsync({ timeoutMs: 10_000 });
    await other.close();
    channel.send(arena.alloc(64));
    expect(() => theirs.receive()).toThrow(refused('ERR_ARENA_CLOSED'));
    await expect(pending).rejects.toEqual(refused('ERR_ARENA_CLOSED'));
    expect(channel.receive()?.byteLength).toBe(64);
  });

  it('leaves a loader the bytes that it may write to still', async () => {
    await using arena = createArena({ backend });
    const other = attachArena(arena.share());
    let bytes: Uint8Array = new Uint8Array();
    let end = (): void => undefined;
    const load = (given: Uint8Array): Promise<void> => {
      bytes = given;
      return new Promise((resolve) => (end = resolve));
    };
    const loading = other.lazy(load, { bytes: 1_000 }).load();
    await other.close();
    await expect(loading).rejects.toEqual(refused('ERR_ARENA_CLOSED'));
    const mine = arena.allocBatch(1_000, 50);
    mine.forEach(({ u8 }) => u8.fill(1));
    bytes.fill(9);
    end();
    expect(mine.every(({ u8 }) => u8.every((byte) => byte === 1))).toBe(true);
  });
});

describe.each(backends)('what another added or freed, on the %s backend', (backend) => {
  it('is in sizeClasses(), though it took records that are seen here for the first time', async () => {
    await using arena = createArena({ backend });
    const other = attachArena(arena.share());
    other.allocBatch(16, 20_000);
    expect(arena.sizeClasses().find(({ blockBytes }) => blockBytes === 16)?.liveBlocks).toBe(20_000);
    await other.close();
  });

  it("serves who waits for it, out of a 'paranoid' quarantine, too", async () => {
    await using arena = createArena({ backend, debug: 'paranoid', initialBytes: MiB, maxBytes: MiB });
    const other = attachArena(arena.share());
    const before = other.alloc(300_000);
    const during = other.alloc(300_000);
    const mine = arena.alloc(300_000);
    before.free();
    const waiting = [arena.allocAsync(300_000, { timeoutMs: 10_000 }), arena.allocAsync(300_000, { timeoutMs: 10_000 })];
    other.alloc(16).free(); // Which is when it notices.
    const first = await waiting[0];
    during.free();
    const second = await waiting[1];
    for (const block of [first, second, mine]) {
      expect(block?.byteLength).toBe(300_000);
      block?.free();
    }
    await other.close();
  });
});

describe.each(backends)('a thread that ended, on the %s backend', (backend) => {
  it('leaves the blocks of allocHandle, whose numbers others may have', async () => {
    await using arena = createArena({ backend });
    const worker = startThread(arena, 'parentPort.postMessage(arena.allocHandle(64));');
    const ended = exitOf(worker);
    const handle = (await messageOf(worker)) as BlockHandle;
    await ended;
    arena.reclaim();
    expect(arena.openHandle(handle).byteLength).toBe(64);
    arena.freeHandle(handle);
    expect(arena.stats().liveBlocks).toBe(0);
  });

  it('leaves no file mapped where others get blocks', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'fog-arena-attached-'));
    const path = join(folder, 'file');
    writeFileSync(path, Buffer.alloc(MiB, 7));
    await using arena = createArena({ backend, initialBytes: 4 * MiB, maxBytes: 4 * MiB });
    const worker = startThread(arena, 'parentPort.postMessage(arena.lazy(data.path).u8[0]); parentPort.on("message", () => undefined);', { path });
    expect(await messageOf(worker)).toBe(7);
    await worker.terminate();
    expect(arena.reclaim()).toBe(MiB);
    if (existsSync('/proc/self/maps')) expect(readFileSync('/proc/self/maps', 'utf8')).not.toContain(path);
    expect(overwritten(arena.allocBatch(MiB, 4))).toBe(0);
    rmSync(folder, { recursive: true });
  });
});
