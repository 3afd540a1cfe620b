import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startPostgres, startRedis, type Service } from '@fog/services';
import { launchChromium } from '@fog/services/chromium';
import type { Browser, Page } from 'playwright-core';
import { ask, startGateway, type GatewayProcess } from './gateway-process.js';

let services: Service[] = [];
let gateway: GatewayProcess;
let browser: Browser;

beforeAll(async () => {
  services = await Promise.all([startPostgres({ alwaysPrivate: true }), startRedis({ alwaysPrivate: true })]);
  const [postgres, redis] = services;
  gateway = await startGateway({ DATABASE_URL: postgres?.url ?? '', REDIS_URL: redis?.url ?? '' });
  browser = await launchChromium();
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await gateway?.stop();
  await Promise.all(services.map((service) => service.close()));
}, 30_000);

/** A page that fails the test for any error of script, policy or request. */
async function open(): Promise<{ page: Page; errors: string[] }> {
  const page = await browser.newPage({ locale: 'en-US' }); // The machine's own may be one that browsers do not know, as POSIX.
  const errors: string[] = [];
  page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
  page.on('pageerror', (error) => errors.push(error.message));
  await page.goto(gateway.url);
  return { page, errors };
}

const tile = (page: Page, label: string) => page.locator(`b[data-label="${label}"]`);

it('shows readings as they are stored', async () => {
  const { page, errors } = await open();
  await page.locator('#connection[data-state="live"]').waitFor();
  const stored = tile(page, 'readings stored');
  await page.waitForFunction((element) => /^\d/.test(element?.textContent ?? ''), await stored.elementHandle());
  const before = Number((await stored.textContent())?.replaceAll(',', ''));
  await ask(gateway.url, '/v1/readings', Array.from({ length: 1_000 }, (_, index) => JSON.stringify({ device: 'page', metric: 'm', value: index })).join('\n'));
  await page.waitForFunction(([element, least]) => Number(element?.textContent?.replaceAll(',', '')) >= least, [await stored.elementHandle(), before + 1_000] as const);
  await page.close();
  expect(errors).toEqual([]);
});

it("shows the host's own metrics, read back from where they are stored, and keeps them moving", async () => {
  const { page, errors } = await open();
  const cell = page.locator('tr[data-metric="process.memory.rss"] td').nth(2);
  await cell.waitFor();
  const first = await cell.textContent();
  await page.waitForFunction((text) => document.querySelector('tr[data-metric="process.memory.rss"] td:nth-child(3)')?.textContent !== text, first);
  expect(await page.locator('#charts canvas').count()).toBeGreaterThanOrEqual(6);
  await page.close();
  expect(errors).toEqual([]);
});

it('says when the connection is lost', async () => {
  const { page } = await open();
  await page.locator('#connection[data-state="live"]').waitFor();
  await gateway.stop();
  await page.locator('#connection[data-state="lost"]').waitFor();
  await page.close();
});
