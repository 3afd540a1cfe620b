import { existsSync, readFileSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from '@jest/globals';
import { cached } from '../src/cache.js';
import { cacheDirectory } from '../src/places.js';

const name = `cache-test-${process.pid}`;
const ours = (): string[] => readdirSync(cacheDirectory()).filter((file) => file.startsWith(name));
afterEach(() => {
  for (const file of ours()) rmSync(join(cacheDirectory(), file), { recursive: true });
});

describe('the cache', () => {
  it('is filled once by many that come together', async () => {
    let fills = 0;
    const fill = async (directory: string): Promise<void> => {
      fills += 1;
      await new Promise((resolve) => setImmediate(resolve));
      writeFileSync(join(directory, 'content'), String(fills));
    };
    const directories = await Promise.all([cached(name, undefined, fill), cached(name, undefined, fill), cached(name, undefined, fill)]);
    expect(new Set(directories)).toEqual(new Set([join(cacheDirectory(), name)]));
    expect(fills).toBe(1);
    expect(readFileSync(join(cacheDirectory(), name, 'content'), 'utf8')).toBe('1');
    expect(ours()).toEqual([name]);
  });

  it('keeps nothing of a fill that fails', async () => {
    const failure = new Error('disk full');
    const filling = cached(name, undefined, async (directory) => {
      writeFileSync(join(directory, 'content'), 'half');
      throw failure;
    });
    await expect(filling).rejects.toBe(failure);
    expect(ours()).toEqual([]);
  });

  it('takes over the lock of a process that died, and waits for one that lives', async () => {
    const lock = join(cacheDirectory(), `${name}.lock`);
    writeFileSync(lock, '');
    const reason = new Error('waited long enough');
    const controller = new AbortController();
    setTimeout(() => controller.abort(reason), 20);
    await expect(cached(name, controller.signal, async () => {})).rejects.toBe(reason);

    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(lock, longAgo, longAgo);
    await cached(name, undefined, async () => {});
    expect(ours()).toEqual([name]);
  });

  it('removes what a process that died left half done', async () => {
    const left = join(cacheDirectory(), `${name}.0000.partial`);
    writeFileSync(left, '');
    const longAgo = new Date(Date.now() - 7_200_000);
    utimesSync(left, longAgo, longAgo);
    await cached(name, undefined, async () => {});
    expect(existsSync(left)).toBe(false);
  });
});
