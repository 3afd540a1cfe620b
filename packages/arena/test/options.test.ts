import { describe, expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';
import type { ArenaOptions } from '../src/options.js';

describe('the options', () => {
  it('default to 1 MiB that may grow to 1 GiB, or to less when maxBytes is less', async () => {
    await using arena = createArena({ backend: 'javascript' });
    expect(arena.stats()).toMatchObject({ committedBytes: 2 ** 20, maxBytes: 2 ** 30 });
    await using small = createArena({ backend: 'javascript', maxBytes: 8_192 });
    expect(small.stats()).toMatchObject({ committedBytes: 8_192, maxBytes: 8_192 });
  });

  it('give the default for undefined too', async () => {
    await using arena = createArena({ backend: 'javascript', initialBytes: undefined, maxBytes: undefined, name: undefined } as unknown as ArenaOptions);
    expect(arena.name).toBe('default');
    expect(arena.stats().committedBytes).toBe(2 ** 20);
  });

  it('allow the 4 GiB that Node 20 can share', async () => {
    await using arena = createArena({ backend: 'javascript', maxBytes: 2 ** 32 });
    expect(arena.stats().maxBytes).toBe(2 ** 32);
  });

  it.each([
    [{ maxBytes: 0 }, 'maxBytes is 0'],
    [{ maxBytes: -4_096 }, 'maxBytes is -4096'],
    [{ maxBytes: 4_097 }, 'maxBytes is 4097'],
    [{ maxBytes: Infinity }, 'maxBytes is Infinity'],
    [{ maxBytes: 2 ** 33 }, 'maxBytes is 8589934592'],
    [{ maxBytes: '1 GiB' }, 'maxBytes is "1 GiB"'],
    [{ maxBytes: '4096' }, 'maxBytes is "4096"'],
    [{ maxBytes: 4_096n }, 'maxBytes is 4096'],
    [{ maxBytes: null }, 'maxBytes is null'],
    [{ initialBytes: 100 }, 'initialBytes is 100'],
    [{ initialBytes: null }, 'initialBytes is null'],
    [{ initialBytes: 8_192, maxBytes: 4_096 }, 'initialBytes is 8192'],
    [{ backend: 'wasm' }, 'backend is "wasm"'],
    [{ name: '' }, 'name is ""'],
    [{ clock: null }, 'clock is null'],
    [{ clock: { now: () => 0 } }, 'clock is an object with { now }'],
    [{ name: 7 }, 'name is 7'],
    [{ maxByte: 4_096 }, 'maxByte is 4096'],
  ])('refuse %p, naming option, value and expectation', (options, message) => {
    expect(() => createArena(options as ArenaOptions)).toThrow(expect.objectContaining({ name: 'ArenaError', code: 'ERR_ARENA_INVALID_OPTION', message: expect.stringMatching(new RegExp(`${message.replaceAll(/[.*+?]/g, String.raw`\$&`)}, expected .+`)) }));
  });
});
