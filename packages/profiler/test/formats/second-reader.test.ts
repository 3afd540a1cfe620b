import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchChromium } from '@fog/services/chromium';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parseProfile } from '../../src/index.js';
import { createProfile } from '../../src/profile.js';
import { samplesFrom } from '../arbitrary-samples.js';

const frame = (name: string) => ({ name, url: 'file:///app/a.js', line: 7, column: 1, kind: 'script' as const });
const cpu = createProfile({
  durationMs: 1.1,
  cpu: samplesFrom([
    { deltaUs: 0, stack: [frame('main'), frame('parse')] },
    { deltaUs: 300, stack: [frame('main'), frame('store')] },
    { deltaUs: 200, stack: [frame('main')] },
    { deltaUs: 500, stack: [frame('main'), frame('parse')] },
  ]),
});
const called = (functionName: string, selfSize: number, id: number, children: object[]) => ({
  callFrame: { functionName, scriptId: '5', url: 'file:///app/a.js', lineNumber: 6, columnNumber: 0 },
  selfSize,
  id,
  children,
});
const memory = parseProfile(JSON.stringify({ head: called('(root)', 0, 1, [called('main', 1_024, 2, [called('store', 3_072, 3, [])])]) }));

describe('speedscope', () => {
  let browser: Awaited<ReturnType<typeof launchChromium>>;
  let folder = '';

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fog-profiler-'));
    browser = await launchChromium();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  /** Its table of functions, by name; opened as its own command line does. */
  async function functionsIn(file: string, content: string | Uint8Array): Promise<ReadonlyMap<string, readonly string[]>> {
    const script = join(folder, `${file}.js`);
    await writeFile(script, `speedscope.loadFileFromBase64(${JSON.stringify(file)}, ${JSON.stringify(Buffer.from(content).toString('base64'))})`);
    const page = await browser.newPage({ viewport: { width: 1_400, height: 900 } });
    const application = join(dirname(createRequire(import.meta.url).resolve('speedscope/package.json')), 'dist/release/index.html');
    await page.goto(`${pathToFileURL(application).href}#localProfilePath=${script}`);
    await page.waitForFunction(`document.title.startsWith(${JSON.stringify(file)})`);
    await page.keyboard.press('3'); // Its view with a table.
    await page.locator('table tr').nth(1).waitFor();
    const rows = await page.locator('table tr').allInnerTexts();
    await page.close();
    return new Map(rows.slice(1).map((row) => row.split(/\s*\t\s*/)).map(([total = '', self = '', name = '']) => [name, [total, self]]));
  }

  it('reads a .cpuprofile with the times that we have', async () => {
    const read = await functionsIn('run.cpuprofile', cpu.toCpuProfile());
    expect(read.get('store')?.[1]).toBe('200.00µs (20%)'); // The last sample, of 100 µs, has no end in this format.
    expect(read.get('main')).toEqual(['1.00ms (100%)', '500.00µs (50%)']);
  });

  it('reads a .heapprofile with the bytes that we have', async () => {
    const read = await functionsIn('run.heapprofile', memory.toHeapProfile());
    expect(read.get('store')).toEqual(['3.00 KB (75%)', '3.00 KB (75%)']);
    expect(read.get('main')).toEqual(['4.00 KB (100%)', '1.00 KB (25%)']);
  });

  it('reads a pprof file with the times that we have', async () => {
    const read = await functionsIn('run.pb.gz', cpu.toPprof());
    expect(Object.fromEntries(read)).toEqual({ main: ['1.10ms (100%)', '500.00µs (45%)'], parse: ['400.00µs (36%)', '400.00µs (36%)'], store: ['200.00µs (18%)', '200.00µs (18%)'] });
  });

  it('reads folded stacks with the numbers that we have', async () => {
    const read = await functionsIn('run.folded', cpu.toFolded());
    const at = '(file:///app/a.js:7)';
    expect(Object.fromEntries(read)).toEqual({ [`main ${at}`]: ['1,100 (100%)', '500 (45%)'], [`parse ${at}`]: ['400 (36%)', '400 (36%)'], [`store ${at}`]: ['200 (18%)', '200 (18%)'] });
  });
});
