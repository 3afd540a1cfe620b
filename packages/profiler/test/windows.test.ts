import { once } from 'node:events';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import http from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ManualClock } from '@fog/testkit';
import { type Profile, createProfiler, parseProfile, pushWindows, windowDirectory } from '../src/index.js';
import { createProfile } from '../src/profile.js';
import { samplesFrom } from './arbitrary-samples.js';
import { threeToOne } from './workload.js';

const frame = (name: string) => ({ name, url: 'file:///app/a.js', line: 1, column: 1, kind: 'script' as const });
const window = (second: number): Profile => createProfile({ startedAtMs: second * 1_000, durationMs: 1_000, cpu: samplesFrom([{ deltaUs: 0, stack: [frame(`second${second}`)] }]) });
const names = (profile: Profile | undefined) => profile?.costs().functions.map(({ name }) => name).toSorted();

describe('windows in a folder', () => {
  let folder = '';
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'fog-profiler-windows-'));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('are found by time, merged', async () => {
    const windows = windowDirectory({ path: join(folder, 'made', 'here') });
    for (const second of [1, 2, 3, 4]) await windows.keep(window(second));
    expect(names(await windows.query({ fromMs: 2_000, untilMs: 4_000 }))).toEqual(['second2', 'second3']);
    expect(names(await windows.query())).toEqual(['second1', 'second2', 'second3', 'second4']);
    expect(await windows.query({ fromMs: 9_000 })).toBeUndefined();
  });

  it('are none before the first', async () => {
    expect(await windowDirectory({ path: join(folder, 'not yet') }).query()).toBeUndefined();
  });

  it('are no more than are kept, the oldest gone, and files of others left alone', async () => {
    const path = join(folder, 'few');
    const windows = windowDirectory({ path, keepFiles: 2 });
    await windows.keep(window(1));
    await writeFile(join(path, 'notes.txt'), 'mine');
    for (const second of [2, 3, 4]) await windows.keep(window(second));
    expect(names(await windows.query())).toEqual(['second3', 'second4']);
    expect(await readdir(path)).toContain('notes.txt');
    const small = windowDirectory({ path: join(folder, 'small'), keepBytes: 1 });
    for (const second of [1, 2]) await small.keep(window(second));
    expect(names(await small.query())).toEqual(['second2']);
  });

  it('are refused with a code where they cannot be written or read', async () => {
    await writeFile(join(folder, 'file'), '');
    const windows = windowDirectory({ path: join(folder, 'file') });
    await expect(windows.keep(window(1))).rejects.toMatchObject({ code: 'ERR_PROFILER_WRITE_FAILED' });
    await expect(windows.query()).rejects.toMatchObject({ code: 'ERR_PROFILER_READ_FAILED' });
    for (const path of [join(folder, 'file/below'), '/proc/fog/windows']) await expect(windowDirectory({ path }).keep(window(1))).rejects.toMatchObject({ code: 'ERR_PROFILER_WRITE_FAILED' });
    const deep = windowDirectory({ path: join(folder, 'a/b/c') });
    await Promise.all([deep.keep(window(1)), deep.keep(window(2))]);
    expect((await deep.query())?.durationMs).toBeGreaterThan(0);
    expect(() => windowDirectory({ path: '' })).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
  });
});

describe('windows pushed', () => {
  it('arrive as the format that was asked for, and a refusal is told', async () => {
    const received: { readonly url: string; readonly token: string | undefined; readonly body: Buffer }[] = [];
    const take = async (request: http.IncomingMessage, response: http.ServerResponse) => {
      const body = Buffer.concat((await request.toArray()) as Buffer[]);
      received.push({ url: request.url ?? '', token: request.headers.authorization, body });
      if (request.url === '/moved') response.writeHead(302, { location: '/' }).end();
      else response.writeHead(request.url === '/full' ? 503 : 204).end();
    };
    const server = http.createServer((request, response) => void take(request, response));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const at = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await pushWindows({ url: ({ startedAtMs }) => `${at}/ingest?from=${startedAtMs}`, headers: { authorization: 'Bearer t' } })(window(3));
    expect(received[0]).toMatchObject({ url: '/ingest?from=3000', token: 'Bearer t' });
    expect(names(parseProfile(received[0]?.body ?? ''))).toEqual(['second3']);
    await expect(pushWindows({ url: `${at}/full`, format: 'otlp' })(window(1))).rejects.toMatchObject({ code: 'ERR_PROFILER_PUSH_FAILED', message: expect.stringContaining('503') });
    await expect(pushWindows({ url: `${at}/moved` })(window(1))).rejects.toMatchObject({ code: 'ERR_PROFILER_PUSH_FAILED', message: expect.stringContaining('302') });
    for (const url of ['nonsense', 'ftp://host/', undefined]) await expect(pushWindows({ url: () => url as string })(window(1))).rejects.toMatchObject({ code: 'ERR_PROFILER_PUSH_FAILED' });
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await expect(pushWindows({ url: at })(window(1))).rejects.toMatchObject({ code: 'ERR_PROFILER_PUSH_FAILED' });
    for (const options of [{ url: 'nowhere' }, { url: 'ftp://host/' }, { timeoutMs: '5' }, { timeoutMs: true }, { headers: 7 }, { headers: { a: 1 } }])
      expect(() => pushWindows({ url: 'http://localhost/', ...options } as never)).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_OPTION' }));
  });
});

describe('onWindow', () => {
  it('gets each window, the last one when the profiler closes, and may fail', async () => {
    const clock = new ManualClock();
    const windows: Profile[] = [];
    const profiler = createProfiler({
      cpu: { intervalUs: 500 },
      continuous: {
        windowMs: 1_000,
        onWindow: (profile) => {
          windows.push(profile);
          if (windows.length === 1) throw new Error('disk full');
        },
      },
      clock,
    });
    await profiler.recent();
    threeToOne(100);
    clock.advance(1_000);
    threeToOne(100);
    await profiler.close();
    expect(windows.length).toBeGreaterThanOrEqual(2);
    expect(windows.some((profile) => names(profile)?.includes('threeUnits'))).toBe(true);
    expect(profiler.stats().recordingsFailedTotal).toBe(1);
  });

  it('gets no window that ends after the profiler was closed', async () => {
    const clock = new ManualClock();
    let windows = 0;
    const onWindow = () => {
      windows += 1;
      clock.advance(1_000); // As time goes by while the profiler waits for this one to be taken.
    };
    const profiler = createProfiler({ continuous: { windowMs: 1_000, onWindow }, clock });
    await profiler.recent();
    await profiler.close();
    await new Promise((resolve) => setImmediate(resolve));
    expect([windows, profiler.stats().recordingsFailedTotal]).toEqual([2, 0]);
  });
});
