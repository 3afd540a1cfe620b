import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { build } from 'esbuild';

const run = promisify(execFile);

describe('in a process of its own', () => {
  const source = join(dirname(fileURLToPath(import.meta.url)), '../src/index.ts');
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fog-profiler-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  async function runProgram(name: string, contents: string, flags: readonly string[] = []): Promise<unknown> {
    const outfile = join(folder, `${name}.mjs`);
    await build({ stdin: { contents: contents.replace('@fog/profiler', source), resolveDir: folder }, outfile, bundle: true, platform: 'node', format: 'esm', target: 'node20.19', logLevel: 'silent' });
    const { stdout } = await run(process.execPath, [...flags, outfile], { timeout: 20_000 });
    return JSON.parse(stdout);
  }

  it('does not keep a program alive, neither by a recording that nobody stops nor by keeping warm', async () => {
    const program = `
      import { createProfiler } from '@fog/profiler';
      const profiler = createProfiler({ cpu: { keepWarm: true } });
      await profiler.start({ cpu: true, memory: true });
      console.log(profiler.stats().recordings);`;
    expect(await runProgram('unstopped', program)).toBe(1);
  });

  it('records the worker thread that it is made in', async () => {
    const program = `
      import { Worker, isMainThread, parentPort } from 'node:worker_threads';
      import { createProfiler } from '@fog/profiler';
      function spin() { for (const end = performance.now() + 100; performance.now() < end;); }
      if (isMainThread) new Worker(new URL(import.meta.url)).on('message', (found) => console.log(JSON.stringify(found)));
      else {
        const { profile } = await createProfiler().profile(spin);
        parentPort.postMessage([profile.conditions.thread, profile.top({ by: 'total', limit: 20 }).some(({ name }) => name === 'spin')]);
      }`;
    expect(await runProgram('worker', program)).toEqual(['worker', true]);
  });

  it('gives inlined functions their shares, within 5 points of the truth', async () => {
    const program = `
      import { readFileSync, writeFileSync } from 'node:fs';
      import { createProfiler } from '@fog/profiler';
      const profiler = createProfiler({ cpu: { intervalUs: 200, keepWarm: true } });
      // Each with a factor of its own: with one for all, V8 merges the last step of one with the first of the next.
      function fifty(x) {
        for (let step = 0; step < 10_000; step += 1)
          x = (Math.imul(x, 37) + step) | 0;
        return x;
      }
      const thirty = (x) => {
        for (let step = 0; step < 6_000; step += 1)
          x = (Math.imul(x, 41) + step) | 0;
        return x;
      };
      class Few {
        fifteen(x) {
          for (let step = 0; step < 3_000; step += 1)
            x = (Math.imul(x, 43) + step) | 0;
          return x;
        }
      }
      const few = new Few();
      function five(x) {
        for (let step = 0; step < 1_000; step += 1)
          x = (Math.imul(x, 53) + step) | 0;
        return x;
      }
      function rounds(count) {
        let x = 1;
        for (let round = 0; round < count; round += 1) x = five(few.fifteen(thirty(fifty(x))));
        return x;
      }
      for (let warmUp = 0; warmUp < 5; warmUp += 1) rounds(2_000);
      function sharesIn({ cpu: { frames, nodeFrames, values: [counts], inlined = new Map() } }) {
        const all = counts.reduce((sum, count) => sum + count, 0);
        const share = (name) => counts.filter((_, node) => frames[nodeFrames[node]].name === name).reduce((sum, count) => sum + count, 0) / all;
        return { shares: ['fifty', 'thirty', 'fifteen', 'five'].map(share), inlined: [...inlined.values()].reduce((sum, count) => sum + count, 0) / all };
      }
      const known = sharesIn((await profiler.profile(() => rounds(20_000))).profile);
      writeFileSync(new URL(import.meta.url), '// moved' + readFileSync(new URL(import.meta.url)));
      const moved = sharesIn((await profiler.profile(() => rounds(2_000))).profile);
      await profiler.close();
      console.log(JSON.stringify({ known, moved }));`;
    const { known, moved } = (await runProgram('inlined', program)) as Record<'known' | 'moved', { shares: number[]; inlined: number }>;
    const { shares, inlined } = known;
    // From Node 26 on V8 names inlined functions itself. Before it they are recovered, or nothing was inlined and nothing shown.
    const [major = 0] = process.versions.node.split('.').map(Number);
    if (major < 26) expect(inlined).toBeGreaterThan(0.5);
    for (const [index, truth] of [0.5, 0.3, 0.15, 0.05].entries()) expect(Math.abs((shares[index] ?? 0) - truth)).toBeLessThan(0.05);
    expect(moved.inlined).toBe(0); // The file is not the text that runs any more.
  });

  it('says what is missing where the permission model forbids the inspector', async () => {
    const program = `
      import { createProfiler } from '@fog/profiler';
      const profiler = createProfiler({ cpu: { keepWarm: true } });
      const failures = [];
      for (let attempt = 0; attempt < 2; attempt += 1) await profiler.start().catch(({ code, cause }) => failures.push([code, cause.code]));
      await profiler.close();
      console.log(JSON.stringify([failures, profiler.stats().recordingsFailedTotal]));`;
    const [major = 0] = process.versions.node.split('.').map(Number);
    const flag = major < 23 ? '--experimental-permission' : '--permission';
    const failure = ['ERR_PROFILER_INSPECTOR_UNAVAILABLE', 'ERR_ACCESS_DENIED'];
    expect(await runProgram('forbidden', program, [flag, '--allow-fs-read=*', '--no-warnings'])).toEqual([[failure, failure], 2]);
  });
});
