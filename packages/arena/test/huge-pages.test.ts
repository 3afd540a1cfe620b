import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';
import { nativeIsBuilt } from './backends.js';

const MiB = 2 ** 20;

/** Bytes of this process that the kernel was asked to put into huge pages, as its flag `hg` tells. */
function advisedBytes(): number {
  const mappings = readFileSync('/proc/self/smaps', 'utf8').split(/^(?=[0-9a-f]+-[0-9a-f]+ )/m);
  const advised = mappings.filter((mapping) => /^VmFlags:.* hg\b/m.test(mapping));
  return advised.reduce((sum, mapping) => sum + 1_024 * Number(/^Size: +(\d+) kB/m.exec(mapping)?.[1]), 0);
}

if (nativeIsBuilt && existsSync('/sys/kernel/mm/transparent_hugepage/enabled'))
  it('huge pages are asked for the memory that there is, and for what it grows by', async () => {
    const before = advisedBytes();
    await using without = createArena({ backend: 'native', initialBytes: 8 * MiB });
    expect(advisedBytes()).toBe(before);
    await using arena = createArena({ backend: 'native', hugePages: true, initialBytes: 8 * MiB, maxBytes: 64 * MiB });
    expect(advisedBytes() - before).toBe(8 * MiB);
    arena.alloc(32 * MiB).u8.fill(1);
    expect(advisedBytes() - before).toBe(arena.stats().committedBytes);
    expect(without.stats().committedBytes).toBe(8 * MiB);
  });

it('huge pages are no matter to the JavaScript backend', async () => {
  await using arena = createArena({ backend: 'javascript', hugePages: true });
  expect(arena.alloc(2 * MiB).u8.fill(7)[MiB]).toBe(7);
});
