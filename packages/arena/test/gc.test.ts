import { setImmediate } from 'node:timers/promises';
import { afterEach, expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';
import { createGcSampler, tuneGc } from '../src/gc.js';
import { endThreads, messageOf, startThread } from './workers.js';

afterEach(endThreads);

it('a sampler counts collections and their pauses by kind', async () => {
  using sampler = createGcSampler();
  const gc = (globalThis as { gc?: (options?: { type: string }) => void }).gc;
  gc?.();
  gc?.({ type: 'minor' });
  await setImmediate();
  const stats = sampler.stats();
  expect(stats.majorTotal).toBeGreaterThan(0);
  expect(stats.minorTotal).toBeGreaterThan(0);
  expect(stats.pauseMs).toBeGreaterThanOrEqual(stats.majorPauseMs + stats.minorPauseMs);
  expect(stats.longestPauseMs).toBeLessThanOrEqual(stats.pauseMs);
});

it('a sampler tells those that the program asked for, counts none from before it was made, and none after it was closed', async () => {
  const gc = (globalThis as { gc?: () => void }).gc;
  using early = createGcSampler();
  gc?.();
  using late = createGcSampler();
  await setImmediate();
  expect(early.stats()).toMatchObject({ forcedTotal: 1, majorTotal: 1 });
  expect(early.stats().forcedPauseMs).toBe(early.stats().majorPauseMs);
  expect(late.stats()).toMatchObject({ forcedTotal: 0, majorTotal: 0 });
  early.close();
  gc?.();
  await setImmediate();
  expect(early.stats()).toMatchObject({ forcedTotal: 1 });
  expect(late.stats()).toMatchObject({ forcedTotal: 1 });
});

it('an arena tells of the collections of each of its threads since that one had it', async () => {
  const gc = (globalThis as { gc?: () => void }).gc;
  await using arena = createArena({ backend: 'javascript' });
  gc?.();
  const worker = startThread(arena, `
    const counted = () => new Promise((resolve) => setImmediate(resolve));
    let garbage = [];
    for (let turn = 0; turn < 3_000_000; turn += 1) garbage[turn % 100] = { turn, more: [turn] };
    await counted();
    const { gcMinorTotal, gcPauseMs } = arena.stats();
    parentPort.postMessage(gcMinorTotal > 0 && gcPauseMs > 0);`);
  expect(await messageOf(worker)).toBe(true);
  const stats = arena.stats();
  expect(stats.gcMajorTotal).toBeGreaterThan(0);
  expect(stats.gcPauseMs).toBeGreaterThan(0);
  await arena.close();
  gc?.();
  await setImmediate();
  expect(arena.stats().gcMajorTotal).toBe(stats.gcMajorTotal);
});

/** Of objects that die young: what V8 collects 1 MiB by 1 MiB unless it is told to begin with more. */
const SHORT_LIVED = 'let kept = []; for (let turn = 0; turn < 3_000_000; turn += 1) { kept.push({ turn }); if (kept.length > 1_000) kept = []; }';

it('tuning says where settings can be made, and measures what they do', async () => {
  const { resourceLimits, flags, execArgv, before, after } = await tuneGc({ youngGenerationBytes: 192 * 2 ** 20, oldGenerationBytes: 512 * 2 ** 20, workload: SHORT_LIVED });
  expect(resourceLimits).toEqual({ maxYoungGenerationSizeMb: 192, maxOldGenerationSizeMb: 512 });
  expect(flags).toEqual(['--min-semi-space-size=64']);
  expect(execArgv).toEqual(['--min-semi-space-size=64', '--max-semi-space-size=64', '--max-old-space-size=512']);
  expect(before?.minorTotal).toBeGreaterThan(10);
  expect(after?.minorTotal).toBeLessThan(10);
});

it('tuning leaves other threads as they were, and nothing behind of the workload', async () => {
  const tuned = await tuneGc({ youngGenerationBytes: 192 * 2 ** 20, workload: 'setInterval(() => undefined, 1)' });
  expect(tuned.after?.wallMs).toBeGreaterThanOrEqual(0);
  const { before } = await tuneGc({ workload: SHORT_LIVED });
  expect(before?.minorTotal).toBeGreaterThan(10);
});

it('tuning can be given up', async () => {
  const abort = new AbortController();
  const tuning = tuneGc({ workload: 'await new Promise(() => setInterval(() => undefined, 1))', signal: abort.signal });
  abort.abort(new Error('enough'));
  await expect(tuning).rejects.toThrow('enough');
  await expect(tuneGc({ workload: '', signal: abort.signal })).rejects.toThrow('enough');
});

it('tuning claims nothing that was not measured', async () => {
  expect(await tuneGc({ oldGenerationBytes: 2 ** 30 })).toEqual({ resourceLimits: { maxOldGenerationSizeMb: 1_024 }, flags: [], execArgv: ['--max-old-space-size=1024'], before: undefined, after: undefined });
  await expect(tuneGc({ youngGenerationBytes: 0 })).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_OPTION' });
  for (const tuning of [undefined, null, 7, { signal: 7 }]) await expect(tuneGc(tuning as never)).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_OPTION' });
  await expect(tuneGc({ workload: 7 } as never)).rejects.toMatchObject({ code: 'ERR_ARENA_INVALID_OPTION' });
  await expect(tuneGc({ workload: 'throw new Error("no")' })).rejects.toThrow('no');
});
