import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { webhook, type Notification, type WebhookOptions } from '../../src/index.js';

const notification: Notification = { action: 'page', group: 'g', labels: { device: 'sda' }, state: 'firing', alerts: [], atMs: 0 };

describe('a webhook', () => {
  let server: Server;
  let url: string;
  const requests: { method: string | undefined; headers: Readonly<Record<string, unknown>>; body: string }[] = [];
  let answer: (status: (code: number) => void) => void = (status) => status(204);
  beforeEach(async () => {
    requests.length = 0;
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        requests.push({ method: request.method, headers: request.headers, body });
        answer((code) => void response.writeHead(code).end());
      });
    });
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
  });
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => void server.close(resolve));
  });
  const { signal } = new AbortController();

  it('POSTs the notification as JSON, with the headers given', async () => {
    answer = (status) => status(204);
    await webhook(url, { headers: { authorization: 'Bearer x' } })(notification, { signal });
    expect(requests).toMatchObject([{ method: 'POST', headers: { authorization: 'Bearer x', 'content-type': 'application/json' } }]);
    expect(JSON.parse(requests[0]?.body ?? '')).toEqual(notification);
  });

  it('fails where the answer is no success', async () => {
    answer = (status) => status(500);
    await expect(webhook(url)(notification, { signal })).rejects.toThrow(/answered 500/);
  });

  it('gives up when its signal aborts', async () => {
    const controller = new AbortController();
    answer = () => controller.abort(new Error('too long'));
    await expect(webhook(url)(notification, { signal: controller.signal })).rejects.toThrow('too long');
  });

  it.each([['not a url', {}], ['ftp://host/', {}], ['http://host/', { retries: 5 }]])('to %s with %j is refused', (to, options) => {
    expect(() => webhook(to, options as WebhookOptions)).toThrow(expect.objectContaining({ code: 'ERR_MONITOR_INVALID_OPTION' }));
  });
});
