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
    const canvas = page.locator('canvas');
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
    await canvas.hover({ position: { x: width * 0.5, y: 2 * 18 + 9 } });
    expect(await status()).toContain('constructor —');
    await canvas.click({ position: { x: width * 0.5, y: 9 } });
    expect(await page.locator('#reset').isEnabled()).toBe(true);
    await canvas.focus();
    await page.keyboard.press('Escape');
    expect(await page.locator('#reset').isEnabled()).toBe(false);
    await canvas.hover({ position: { x: width * 0.5, y: 18 + 9 } });
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
    const canvas = page.locator('canvas');
    const { width = 0 } = (await canvas.boundingBox()) ?? {};
    await canvas.hover({ position: { x: width * 0.5, y: 18 + 9 } });
    expect(await status()).toContain('parse — parse.js:3:7 — total 20.0 ms → 70.0 ms (+50.0 ms), self 20.0 ms → 60.0 ms');
    await page.locator('#widths').click();
    await canvas.hover({ position: { x: width * 0.6, y: 18 + 9 } });
    expect(await status()).toMatch(/^(?:gone|store) —/);
  });

  it('asks for nothing but itself and meets no error', () => {
    expect(requests).toEqual([expect.stringMatching(/^file:.*run\.html$/), expect.stringMatching(/^file:.*diff\.html$/)]);
    expect(problems).toEqual([]);
  });
});
