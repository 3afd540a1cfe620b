import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { launchChromium } from '../src/chromium.js';

let browser: Browser | undefined;
afterEach(async () => {
  await browser?.close();
});

describe('a headless Chromium', () => {
  it('loads a page from loopback, runs its script, streams events and draws text and canvas', async () => {
    const server = createServer((request, response) => {
      if (request.url === '/events') response.writeHead(200, { 'content-type': 'text/event-stream' }).write('data: 42\n\n');
      else response.setHeader('content-type', 'text/html').end('<h1>Fog</h1><output></output><script>new EventSource("/events").onmessage = ({ data }) => document.querySelector("output").textContent = data</script>');
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      browser = await launchChromium();
      const page = await browser.newPage();
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await page.locator('output', { hasText: '42' }).waitFor();
      // Text without a font has a height but neither width nor ink.
      const inked = await page.evaluate<number>(`{
        const canvas = document.createElement('canvas');
        const context = canvas.getContext('2d');
        context.font = '40px sans-serif';
        context.fillText('Fog', 0, 40);
        context.getImageData(0, 0, canvas.width, canvas.height).data.filter((value, index) => index % 4 === 3 && value > 0).length
      }`);
      expect(inked).toBeGreaterThan(100);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });

  it('names what was tried and the ways to get one when there is none', async () => {
    await expect(launchChromium({ from: 'system', env: { PATH: '/nowhere', CHROMIUM_PATH: '/nowhere/chromium' } })).rejects.toMatchObject({
      code: 'ERR_SERVICES_NO_CHROMIUM',
      message: expect.stringMatching(/\/nowhere\/chromium: .*ENOENT[^]*set CHROMIUM_PATH/),
    });
  });
});
