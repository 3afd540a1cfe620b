import diagnostics from 'node:diagnostics_channel';
import { afterEach, describe, expect, it } from '@jest/globals';
import { createArena } from '../src/arena.js';

describe('the events', () => {
  const undo: (() => void)[] = [];
  afterEach(() => undo.splice(0).forEach((each) => each()));
  const recorded = (name: string): unknown[] => {
    const messages: unknown[] = [];
    const record = (message: unknown): unknown => messages.push(message);
    diagnostics.subscribe(name, record);
    undo.push(() => diagnostics.unsubscribe(name, record));
    return messages;
  };

  it('tell that the region grew', async () => {
    const grown = recorded('@fog/arena:region:grown');
    await using arena = createArena({ backend: 'javascript', name: 'bodies', initialBytes: 4_096, maxBytes: 2 ** 21 });
    arena.alloc(8_192);
    expect(grown).toEqual([{ arena: 'bodies', fromBytes: 4_096, toBytes: 4_096 + 2 ** 20 }]);
  });

  it('tell that it was exhausted, also when nothing was thrown', async () => {
    const exhausted = recorded('@fog/arena:region:exhausted');
    await using arena = createArena({ backend: 'javascript', name: 'bodies', maxBytes: 4_096 });
    arena.tryAlloc(5_000);
    expect(exhausted).toEqual([{ arena: 'bodies', askedBytes: 5_000, alignBytes: 16, freeBytes: 4_096, largestFreeBytes: 4_096, externalFragmentationRatio: 0, committedBytes: 4_096, maxBytes: 4_096 }]);
  });
});
