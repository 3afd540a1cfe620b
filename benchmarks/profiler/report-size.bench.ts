import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Profile, createProfiler } from '@fog/profiler';
import { defineBench, type Subject } from '../harness/bench.js';
import { work, works } from './recorders.js';

/** A program of 4 s, recorded once for each contender. */
async function recorded(): Promise<Profile> {
  await using profiler = createProfiler();
  const { profile } = await profiler.profile(async () => {
    for (const end = performance.now() + 4_000; performance.now() < end; ) {
      work();
      JSON.parse(JSON.stringify(Array.from({ length: 2_000 }, (_, id) => ({ id, name: `row ${id}` }))));
      await new Promise((resolve) => setTimeout(resolve, 1));
    }
  });
  return profile;
}

async function fog(): Promise<number> {
  return Buffer.byteLength((await recorded()).toHtml());
}

/** What flame makes of a pprof file; its own profiler writes the same format. */
async function flame(): Promise<number> {
  const { generateFlamegraph } = createRequire(import.meta.url)('@platformatic/flame') as { readonly generateFlamegraph: (pprof: string, html: string) => Promise<unknown> };
  const folder = await mkdtemp(join(tmpdir(), 'fog-bench-'));
  try {
    await writeFile(join(folder, 'cpu.pb'), (await recorded()).toPprof());
    await generateFlamegraph(join(folder, 'cpu.pb'), join(folder, 'cpu.html'));
    return (await readFile(join(folder, 'cpu.html'))).length;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const subject = (bytes: () => Promise<number>): Subject => ({ run: works, figures: async () => ({ htmlKB: (await bytes()) / 1e3 }) });

export default defineBench({
  name: 'profiler/report-size',
  title: 'The report of a program of 4 s, in one HTML file',
  operation: 'work, for the harness to time',
  cases: { 'CPU, every 1 ms': undefined },
  contenders: { '@fog/profiler': () => subject(fog), '@platformatic/flame': () => subject(flame) },
  reference: '@platformatic/flame',
  rounds: 1,
  targets: (readings) => [{ id: "report, against flame's", reach: '<= 0.1', value: readings.figure('htmlKB', '@fog/profiler') / readings.figure('htmlKB', '@platformatic/flame') }],
});
