import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchChromium } from '@fog/services/chromium';
import { build } from 'esbuild';
import { defineBench, type Subject } from '../harness/bench.js';
import { works } from './recorders.js';
import { flameNodesOf, syntheticProfile } from './synthetic-profile.js';

const DRAWN = { nodes: 50_000, samples: 200_000, seed: 3 };
const LARGE = { nodes: 20_000, samples: 1_000_000, seed: 4 };
const TURNS = 5;

type Page = Awaited<ReturnType<Awaited<ReturnType<typeof launchChromium>>['newPage']>>;

async function inBrowser<Result>(html: string, use: (page: Page, openMs: number) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'fog-bench-'));
  const browser = await launchChromium();
  try {
    await writeFile(join(folder, 'page.html'), html);
    const page = await browser.newPage({ viewport: { width: 1_400, height: 900 } });
    const fromMs = performance.now();
    await page.goto(pathToFileURL(join(folder, 'page.html')).href);
    await page.locator('body[data-ready]').waitFor({ state: 'attached' });
    return await use(page, performance.now() - fromMs);
  } finally {
    await browser.close();
    await rm(folder, { recursive: true });
  }
}

const middle = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;

/** Runs a piece of script in the page again and again; it gives how long it took, until it was painted. */
async function timed(page: Page, script: string): Promise<number> {
  const times: number[] = [];
  for (let turn = 0; turn < TURNS; turn += 1)
    times.push(
      await page.evaluate<number>(`new Promise((resolve) => {
        const fromMs = performance.now();
        ${script}
        requestAnimationFrame(() => setTimeout(() => resolve(performance.now() - fromMs)));
      })`),
    );
  return middle(times);
}

/** Builds the tree, the call tree and the table anew, and draws. */
async function fog(): Promise<Readonly<Record<string, number>>> {
  const drawMs = await inBrowser(syntheticProfile(DRAWN).toHtml(), (page) => timed(page, 'rebuild();'));
  const openMs = await inBrowser(syntheticProfile(LARGE).toHtml(), async (_, opened) => opened);
  return { drawMs, openMs };
}

async function d3FlameGraph(): Promise<Readonly<Record<string, number>>> {
  const contents = "import flamegraph from 'd3-flame-graph'; import { select } from 'd3-selection'; Object.assign(window, { flamegraph, select });";
  const { outputFiles: [bundle] } = await build({ stdin: { contents, resolveDir: join(import.meta.dirname, '../..') }, bundle: true, minify: true, write: false, format: 'iife', loader: { '.css': 'empty' }, absWorkingDir: tmpdir() });
  const script = (bundle?.text ?? '').replaceAll('</script', '<\\/script');
  const data = JSON.stringify(flameNodesOf(syntheticProfile(DRAWN)));
  const html = `<!doctype html><body data-ready><div id="chart"></div><script>${script}</script><script>const data = ${data};</script>`;
  const drawMs = await inBrowser(html, (page) => timed(page, "document.getElementById('chart').replaceChildren(); select('#chart').datum(structuredClone(data)).call(flamegraph().width(1360));"));
  return { drawMs };
}

const subject = (figures: () => Promise<Readonly<Record<string, number>>>): Subject => ({ run: works, figures });

const OURS = '@fog/profiler';

export default defineBench({
  name: 'profiler/report-drawing',
  title: 'A flame graph of 50,000 nodes drawn, and a report of a million samples opened, in Chromium',
  operation: 'work, for the harness to time',
  cases: { 'random stacks': undefined },
  contenders: { [OURS]: () => subject(fog), 'd3-flame-graph': () => subject(d3FlameGraph) },
  reference: 'd3-flame-graph',
  rounds: 1,
  targets: (readings) => [
    { id: '50,000 nodes drawn, against d3-flame-graph', reach: '<= 0.2', value: readings.figure('drawMs', OURS) / readings.figure('drawMs', 'd3-flame-graph') },
    { id: 'a million samples opened, in ms', reach: '<= 1000', value: readings.figure('openMs', OURS) },
  ],
});
