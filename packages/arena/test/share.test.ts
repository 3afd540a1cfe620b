import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, it } from '@jest/globals';
import { attachArena, createArena, type Arena } from '../src/arena.js';
import type { Block } from '../src/block.js';
import type { BlockToken } from '../src/token.js';
import { backends } from './backends.js';

/** Threads cannot run TypeScript, so they use what was built. */
const built = new URL('../dist/index.js', import.meta.url).href;

/** Answers each message, a token, with what `body` makes of its block, or with an error's code. */
function startWorker(arena: Arena, body: string): Worker {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.built).then(({ attachArena }) => {
      const arena = attachArena(workerData.arena);
      const answer = (token) => { ${body} };
      parentPort.on('message', (token) => {
        let result;
        try { result = answer(token); } catch (error) { result = error.code ?? String(error); }
        parentPort.postMessage(result);
      });
    });`;
  return new Worker(code, { eval: true, workerData: { built, arena: arena.share() } });
}

async function ask(worker: Worker, message: unknown): Promise<unknown> {
  worker.postMessage(message);
  const [answer] = await once(worker, 'message');
  return answer;
}

describe.each(backends)('blocks of an arena on the %s backend, in another thread', (backend) => {
  let worker: Worker | undefined;
  afterEach(() => worker?.terminate());

  it('are the same memory, without a copy', async () => {
    await using arena = createArena({ backend });
    worker = startWorker(arena, 'const { u8 } = arena.open(token); const sum = u8.reduce((a, b) => a + b, 0); u8.fill(9); return sum;');
    const block = arena.alloc(1_000);
    block.u8.fill(2);
    expect(await ask(worker, block.token)).toBe(2_000);
    expect(block.u8.every((byte) => byte === 9)).toBe(true);
  });

  it('are found after the arena grew, by its memory and by its table of blocks', async () => {
    await using arena = createArena({ backend, initialBytes: 4_096, maxBytes: 64 * 2 ** 20 });
    worker = startWorker(arena, 'return arena.open(token).view(Int32Array)[0];');
    const first = arena.alloc(16);
    first.view(Int32Array)[0] = 1;
    expect(await ask(worker, first.token)).toBe(1);
    const blocks = arena.allocBatch(16, 100_000);
    const last = blocks.at(-1);
    last?.view(Int32Array).fill(77);
    expect(await ask(worker, last?.token)).toBe(77);
    expect(arena.stats().growsTotal).toBeGreaterThan(0);
  });

  it('are refused once they are freed, though their memory has another block', async () => {
    await using arena = createArena({ backend });
    worker = startWorker(arena, 'return arena.open(token).byteLength;');
    const block = arena.alloc(64);
    const { token } = block;
    expect(await ask(worker, token)).toBe(64);
    block.free();
    expect(await ask(worker, token)).toBe('ERR_ARENA_FREED');
    expect(arena.alloc(60).offset).toBe(block.offset);
    expect(await ask(worker, token)).toBe('ERR_ARENA_FREED');
  });

  it('end, though it still holds them, when they are freed here', async () => {
    await using arena = createArena({ backend });
    worker = startWorker(arena, 'globalThis.held ??= arena.open(token); return globalThis.held.u8.byteLength;');
    const block = arena.alloc(64);
    const { token } = block;
    expect(await ask(worker, token)).toBe(64);
    block.free();
    expect(await ask(worker, token)).toBe('ERR_ARENA_FREED');
    await arena.close();
    expect(await ask(worker, token)).toBe('ERR_ARENA_CLOSED');
  });

  it('are allocated and freed there too, and are gone here then', async () => {
    await using arena = createArena({ backend });
    worker = startWorker(arena, 'if (token.slot === undefined) return arena.alloc(token.bytes).token; arena.open(token).free(); return arena.stats().liveBlocks;');
    const block = arena.alloc(64);
    expect(await ask(worker, block.token)).toBe(0);
    expect(() => block.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    expect(() => block.free()).toThrow(expect.objectContaining({ code: 'ERR_ARENA_DOUBLE_FREE' }));
    const theirs = arena.open((await ask(worker, { bytes: 100_000 })) as BlockToken);
    expect(theirs.byteLength).toBe(100_000);
    theirs.u8.fill(1);
    theirs.free();
    expect(arena.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0, allocationsTotal: 2, freesTotal: 2, threads: 2 });
  });

  it('belong to one thread after the other when they are transferred', async () => {
    await using arena = createArena({ backend });
    worker = startWorker(arena, 'const block = arena.receive(token); block.u8[0] += 1; return block.transfer();');
    const block = arena.alloc(64);
    block.u8[0] = 6;
    const token = block.transfer();
    expect(() => block.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_TRANSFERRED' }));
    expect(() => block.free()).toThrow(expect.objectContaining({ code: 'ERR_ARENA_TRANSFERRED' }));
    expect(() => arena.open(token)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_TRANSFERRED' }));
    const back = arena.receive((await ask(worker, token)) as BlockToken);
    expect(back.u8[0]).toBe(7);
    expect(() => arena.receive(token)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_TRANSFERRED' }));
    expect(() => block.u8).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FREED' }));
    back.free();
    expect(arena.stats().liveBlocks).toBe(0);
  });
});

it.each(backends)('an arena on the %s backend outlives the worker that created it, in who attached', async (backend) => {
  const code = `
    const { parentPort, workerData } = require('node:worker_threads');
    import(workerData.built).then(({ createArena }) => {
      const arena = createArena({ backend: workerData.backend });
      const block = arena.alloc(1_000);
      block.u8.fill(5);
      parentPort.postMessage({ handle: arena.share(), token: block.token });
    });`;
  const worker = new Worker(code, { eval: true, workerData: { built, backend } });
  const exited = once(worker, 'exit');
  const [{ handle, token }] = await once(worker, 'message');
  await exited;
  expect(attachArena(handle).open(token).u8.every((byte) => byte === 5)).toBe(true);
});

describe('a handle', () => {
  it('of a closed arena is refused', async () => {
    const arena = createArena({ backend: 'javascript' });
    const handle = arena.share();
    await arena.close();
    expect(() => attachArena(handle)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_CLOSED' }));
  });

  it.each([undefined, null, 7, {}, { id: 1, name: 'x', memory: new SharedArrayBuffer(16), records: new SharedArrayBuffer(16) }, { id: 1, name: 'x', memory: new SharedArrayBuffer(16), records: new SharedArrayBuffer(2 ** 20) }])(
    '%p, which is none, is refused',
    (handle) => {
      expect(() => attachArena(handle as never)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_INVALID_HANDLE' }));
    },
  );

  it('attaches to one arena only', async () => {
    await using arena = createArena({ backend: 'javascript' });
    await using other = createArena({ backend: 'javascript', name: 'other' });
    const attached = attachArena(other.share());
    expect(attached.name).toBe('other');
    expect(() => attached.open(arena.alloc(8).token)).toThrow(expect.objectContaining({ code: 'ERR_ARENA_FOREIGN_BLOCK' }));
  });
});

it('a block given to a thread that ended without it is for whoever receives it', async () => {
  await using arena = createArena({ backend: 'javascript' });
  const worker = startWorker(arena, 'return 1;');
  const channel = arena.channel();
  const [posted, sent] = arena.allocBatch(16, 2) as [Block, Block];
  posted.u8.fill(1);
  const token = posted.transfer();
  worker.postMessage(token);
  channel.send(sent);
  await worker.terminate();
  arena.reclaim();
  const back = arena.receive(token);
  expect(back.u8[0]).toBe(1);
  back.free();
  channel.receive()?.free();
  expect(arena.stats()).toMatchObject({ liveBlocks: 0, liveBytes: 0 });
});

it('neither arenas nor channels nor blocks go through postMessage themselves, and the error says what does', async () => {
  await using arena = createArena({ backend: 'javascript', initialBytes: 4_096, maxBytes: 4_096 });
  const [block, fallback] = [arena.alloc(8), arena.alloc(8_192, { onExhausted: 'buffer' })];
  for (const each of [block, fallback]) expect(() => structuredClone(each)).toThrow(/post block\.token, or block\.transfer\(\), .*could not be cloned/);
  for (const each of [arena, arena.channel()]) expect(() => new MessageChannel().port1.postMessage(each)).toThrow(/post what its share\(\) gives .*could not be cloned/);
  expect(structuredClone(block.token)).toEqual(block.token);
});
