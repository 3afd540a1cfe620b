import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';
import { build } from 'esbuild';
import { createProfile } from '../../src/profile.js';
import { samplesFrom } from '../arbitrary-samples.js';

const frame = (name: string) => ({ name, url: 'file:///app/a.js', line: 7, column: 1, kind: 'script' as const });

it('speedscope reads a .cpuprofile with the weights that we have', async () => {
  const cpu = samplesFrom([
    { deltaUs: 0, stack: [frame('main'), frame('parse')] },
    { deltaUs: 300, stack: [frame('main'), frame('store')] },
    { deltaUs: 200, stack: [frame('main')] },
    { deltaUs: 500, stack: [frame('main'), frame('parse')] },
  ]);
  const folder = await mkdtemp(join(tmpdir(), 'fog-profiler-'));
  try {
    await writeFile(join(folder, 'run.cpuprofile'), createProfile({ durationMs: 1.1, cpu }).toCpuProfile());
    const contents = `
      import { importFromChromeCPUProfile } from '@elg/speedscope';
      import { readFileSync } from 'node:fs';
      const profile = importFromChromeCPUProfile(JSON.parse(readFileSync(process.argv[2], 'utf8')));
      const frames = [];
      profile.forEachFrame((frame) => frames.push([frame.name, frame.getSelfWeight(), frame.getTotalWeight()]));
      console.log(JSON.stringify(frames));`;
    await build({ stdin: { contents, resolveDir: join(import.meta.dirname, '..') }, outfile: join(folder, 'read.mjs'), bundle: true, platform: 'node', format: 'esm', logLevel: 'silent' });
    const { stdout } = await promisify(execFile)(process.execPath, [join(folder, 'read.mjs'), join(folder, 'run.cpuprofile')], { timeout: 20_000 });
    const read = new Map((JSON.parse(stdout) as [string, number, number][]).map(([name, self, total]) => [name, [self, total]]));
    expect(read.get('store')).toEqual([200, 200]);
    expect(read.get('parse')?.[0]).toBeGreaterThanOrEqual(300); // Where the last sample ends, speedscope guesses.
    expect(read.get('main')?.[0]).toBe(500);
  } finally {
    await rm(folder, { recursive: true });
  }
});
