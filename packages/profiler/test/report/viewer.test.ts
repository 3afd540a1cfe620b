import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { launchChromium } from '@fog/services/chromium';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { diffProfiles } from '../../src/index.js';
import { createProfile } from '../../src/profile.js';
import { samplesFrom } from '../arbitrary-samples.js';

const frame = (name: string, url = 'file:///app/src/a.js') => ({ name, url, line: 3, column: 7, kind: 'script' as const });
const hostile = frame('<img src=x onerror="document.title=\'injected\'"></script><script>document.title=\'injected\'</script>');
const [main, parse, store, proto] = [frame('main'), frame('parse', 'file:///app/src/parse.js'), frame('store'), frame('__proto__')];
const cpu = samplesFrom([
  { deltaUs: 0, stack: [main, parse] },
  { deltaUs: 60_000, stack: [main, parse, hostile] },
  { deltaUs: 10_000, stack: [main, store, frame('constructor'), proto] },
  { deltaUs: 20_000, stack: [main, store, frame('\ud800'.repeat(3_000))] },
  { deltaUs: 9_900, stack: [main] },
]);
const html = createProfile({ startedAtMs: 0, durationMs: 100, cpu, memory: cpu, runtime: undefined, conditions: undefined }).toHtml({ title: 'A <b>run</b>' });

describe('the report in a browser', () => {
  type Browser = Awaited<ReturnType<typeof launchChromium>>;
  let browser: Browser;
  let page: Awaited<ReturnType<Browser['newPage']>>;
  let folder = '';
  const problems: string[] = [];
  const requests: string[] = [];
  const status = () => page.locator('#status').textContent();
  const rows = () => page.locator('#rows td button').allTextContents();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fog-profiler-'));
    const file = join(folder, 'run.html');
    await writeFile(file, html);
    browser = await launchChromium();
    page = await browser.newPage({ colorScheme: 'dark' });
    page.on('console', (message) => problems.push(message.text()));
    page.on('pageerror', (error) => problems.push(error.message));
    page.on('request', (request) => requests.push(request.url()));
    await page.goto(pathToFileURL(file).href);
    await page.locator('body[data-ready]').waitFor();
  }, 60_000);
  afterAll(async () => {
    await browser.close();
    await rm(folder, { recursive: true });
  });

  it('shows run, figures and functions, and turns no name into markup', async () => {
    expect(await page.title()).toBe('A <b>run</b>');
    expect(await page.locator('h1').textContent()).toBe('A <b>run</b>');
    expect(await page.locator('img').count()).toBe(0);
    expect((await rows()).slice(0, 3)).toEqual(['parse', '__proto__', hostile.name]);
    expect(await page.locator('#rows tr').first().locator('td').allTextContents()).toEqual(['60.0 ms', '60.0 %', '70.0 ms', '70.0 %', 'parse', 'parse.js:3:7']);
    expect(await status()).toBe('all — total 100 ms (100.0 %), self 0 µs (0.0 %)');
  });

  it('draws the stacks, walks them by keys and zooms by key and mouse', async () => {
    const canvas = page.locator('#flame canvas');
    await canvas.focus();
    await page.keyboard.press('ArrowDown');
    expect(await status()).toContain('main — a.js:3:7 — total 100 ms');
    await page.keyboard.press('ArrowDown');
    expect(await status()).toContain('parse — parse.js:3:7 — total 70.0 ms (70.0 %), self 60.0 ms (60.0 %)');
    await page.keyboard.press('ArrowRight');
    expect(await status()).toContain('store —');
    await page.keyboard.press('ArrowLeft');
    expect(await status()).toContain('parse —');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    const { width = 0 } = (await canvas.boundingBox()) ?? {};
    await page.mouse.move((await canvas.boundingBox())?.x ?? 0, 0);
    // Zoomed in, the callees of `store` have the whole width: 20 ms of 29.9 ms are those of `constructor`.
    await canvas.hover({ position: { x: width * 0.5, y: 2 * 19 + 9 } });
    expect(await status()).toContain('constructor —');
    await canvas.click({ position: { x: width * 0.5, y: 9 } });
    expect(await page.locator('#reset').isEnabled()).toBe(true);
    await canvas.focus();
    await page.keyboard.press('Escape');
    expect(await page.locator('#reset').isEnabled()).toBe(false);
    await canvas.hover({ position: { x: width * 0.5, y: 19 + 9 } });
    expect(await status()).toContain('parse —');
    expect(await canvas.evaluate((element) => new Set((element as unknown as { getContext(kind: '2d'): { getImageData(x: number, y: number, w: number, h: number): { data: Uint8ClampedArray } } }).getContext('2d').getImageData(0, 9, 300, 1).data).size)).toBeGreaterThan(2);
  });

  it('searches, sorts, changes theme and changes what is shown', async () => {
    await page.keyboard.press('/');
    await page.keyboard.type('PARSE');
    expect(await page.locator('#found').textContent()).toBe('70.0 % matched');
    expect(await rows()).toEqual(['parse']);
    await page.locator('#search').fill('');
    await page.locator('th[data-sort=total] button').click();
    expect((await rows())[0]).toBe('main');
    await page.getByRole('button', { name: '__proto__' }).click();
    expect(await rows()).toEqual(['__proto__']);
    expect(await page.locator('html').getAttribute('data-theme')).toBe('dark');
    await page.locator('#theme').click();
    expect(await page.locator('html').getAttribute('data-theme')).toBe('light');
    await page.getByRole('button', { name: 'Memory' }).click();
    expect(await page.locator('#rows td').first().textContent()).toBe('20.0 kB');
  });

  it('compares two profiles, in the widths of after or of before', async () => {
    const before = samplesFrom([
      { deltaUs: 0, stack: [main, parse] },
      { deltaUs: 20_000, stack: [main, store] },
      { deltaUs: 30_000, stack: [main, frame('gone')] },
      { deltaUs: 49_900, stack: [main] },
    ]);
    const of = (samples: typeof cpu) => createProfile({ startedAtMs: 0, durationMs: 100, cpu: samples, memory: undefined, runtime: undefined, conditions: undefined });
    const file = join(folder, 'diff.html');
    await writeFile(file, diffProfiles(of(before), of(cpu)).toHtml());
    await page.goto(pathToFileURL(file).href);
    await page.locator('body[data-ready]').waitFor();
    expect(await page.title()).toBe('What changed');
    expect((await rows()).slice(0, 2)).toEqual(['gone', 'parse']);
    expect(await page.locator('#rows tr').nth(1).locator('.diff').textContent()).toBe('+40.0 ms');
    const canvas = page.locator('#flame canvas');
    const { width = 0 } = (await canvas.boundingBox()) ?? {};
    await canvas.hover({ position: { x: width * 0.5, y: 19 + 9 } });
    expect(await status()).toContain('parse — parse.js:3:7 — total 20.0 ms → 70.0 ms (+50.0 ms), self 20.0 ms → 60.0 ms');
    await page.locator('#widths').click();
    await canvas.hover({ position: { x: width * 0.6, y: 19 + 9 } });
    expect(await status()).toMatch(/^(?:gone|store) —/);
  });

  it('shows findings, time line, call tree, labels, callers and what was read and written', async () => {
    const labelled = { ...cpu, labelSets: [{}, { endpoint: '/<b>' }], timeline: { ...(cpu.timeline as NonNullable<typeof cpu.timeline>), labels: Int32Array.of(0, 0, 1, 0, 0) } };
    const sites = { ...cpu, valueTypes: [{ type: 'samples', unit: 'count' }, { type: 'waited', unit: 'microseconds' }, { type: 'transferred', unit: 'bytes' }] as const, values: [...cpu.values, cpu.values[1] ?? new Float64Array()] };
    const latency = { count: 3, totalMs: 3, p50Ms: 1, p90Ms: 1, p99Ms: 1, maxMs: 1 };
    const totals = { operations: 3, readBytes: 200e6, writtenBytes: 1e6, syncMs: 1, latency, peakBytesPerSecond: 201e6, longestRow: 1, longestRowMs: 1 };
    const none = { count: 0, pauseMs: 0, maxPauseMs: 0 };
    const whole = createProfile({
      startedAtMs: 0,
      durationMs: 100,
      cpu: labelled,
      io: {
        disk: totals, network: { ...totals, peakBytesPerSecond: 0 }, sites, sliceMs: 50, slices: [{ diskBytes: 1e6, networkBytes: 0 }, { diskBytes: 200e6, networkBytes: 5 }], requests: [], beforeRequests: { durationMs: 0, syncOperations: 0, syncMs: 0 }, process: undefined, unattributedRatio: undefined,
        targets: [{ kind: 'disk', name: '/app/data/<i>.json', operations: 3, readBytes: 200e6, writtenBytes: 1e6, syncOperations: 1, syncMs: 1, latency, followed: 0, longestRow: 1, longestRowMs: 1 }],
      },
      runtime: {
        eventLoop: { utilizationRatio: 0.9, delayMeanMs: 1, delayP99Ms: 2, delayMaxMs: 60, stalls: [{ atMs: 10, durationMs: 60 }], cpuUserMs: 80, cpuSystemMs: 5 },
        gc: { minor: { count: 1, pauseMs: 4, maxPauseMs: 4 }, major: none, incremental: none, weakCallbacks: none, pauses: [{ atMs: 50, durationMs: 4, kind: 'minor' }] },
        heap: { readings: [{ atMs: 0, usedBytes: 5e6, externalBytes: 1e6, rssBytes: 80e6 }, { atMs: 100, usedBytes: 9e6, externalBytes: 2e6, rssBytes: 90e6 }], checkpoints: [], spaces: [], limitBytes: 4e9 },
        thread: { cpuMs: 85, waitedForCoreMs: 5 },
      },
    });
    const file = join(folder, 'whole.html');
    await writeFile(file, whole.toHtml());
    await page.goto(pathToFileURL(file).href);
    await page.locator('body[data-ready]').waitFor();
    expect(await page.locator('#findings li strong').allTextContents()).toEqual([expect.stringContaining('Disk: 201 MB')]);
    expect(await page.locator('#run').textContent()).toContain('This thread on a core85.0 ms (85.0 %)');

    await page.locator('#lanes').hover({ position: { x: 130 + ((await page.locator('#lanes').boundingBox())?.width ?? 0) * 0.3, y: 20 } });
    expect(await page.locator('#moment').textContent()).toMatch(/Thread busy \d+ % · Heap used .* stall of 60 ms/);

    const first = page.locator('#tree > li').first();
    expect(await first.locator('> .line .name').textContent()).toBe('main');
    await first.focus();
    await page.keyboard.press('ArrowRight');
    expect(await page.locator(':focus > .line .name').textContent()).toBe('parse');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    expect(await first.getAttribute('aria-expanded')).toBe('false');

    await page.locator('#cut').selectOption({ label: 'endpoint /<b>' });
    expect(await status()).toContain('all — total 20.0 ms');
    expect(await rows()).toEqual(['__proto__', 'main', 'store', 'constructor']);
    await page.locator('#cut').selectOption({ index: 0 });

    await page.locator('#directions').click();
    const canvas = page.locator('#flame canvas');
    await canvas.hover({ position: { x: 5, y: 9 } });
    expect(await status()).toContain('parse — parse.js:3:7 — total 60.0 ms (60.0 %)');
    await canvas.hover({ position: { x: 5, y: 19 + 9 } });
    expect(await status()).toContain('main —');
    await page.locator('#directions').click();

    await page.getByRole('button', { name: 'I/O', exact: true }).click();
    expect(await page.locator('#tables td').allTextContents()).toEqual(['<i>.json', '200.00 MB', '1.00 MB', '3', '1', '1.0 ms', '1.0 ms', '1.0 ms']);
  });

  it('says so when nothing stands out', async () => {
    const file = join(folder, 'healthy.html');
    await writeFile(file, createProfile({ durationMs: 10_000, cpu }).toHtml());
    await page.goto(pathToFileURL(file).href);
    await page.locator('body[data-ready]').waitFor();
    expect(await page.locator('#healthy').isVisible()).toBe(true);
  });

  it('asks for nothing but itself and meets no error', () => {
    expect(requests.map((url) => url.slice(url.lastIndexOf('/') + 1))).toEqual(['run.html', 'diff.html', 'whole.html', 'healthy.html']);
    expect(problems).toEqual([]);
  });
});
