import { describe, expect, it } from '@jest/globals';
import { createProfiler, parseProfile } from '../../src/index.js';
import { allocate } from '../workload.js';

/** https://chromedevtools.github.io/devtools-protocol/v8/HeapProfiler/#type-SamplingHeapProfile */
interface HeapNode {
  readonly callFrame: { readonly functionName: string };
  readonly selfSize: number;
  readonly id: number;
  readonly children: HeapNode[];
}
interface HeapFile {
  readonly head: HeapNode;
  readonly samples: { readonly size: number; readonly nodeId: number; readonly ordinal: number }[];
}

const frame = (functionName: string, url = 'file:///app.js') => ({ functionName, scriptId: url === '' ? '0' : '5', url, lineNumber: 9, columnNumber: 4 });

describe('a .heapprofile', () => {
  it('has the shape that DevTools and VS Code load, and reads back', async () => {
    const profiler = createProfiler({ memory: { samplingIntervalBytes: 32_768 } });
    const { profile } = await profiler.profile(() => allocate(300, 16_000), { memory: true });
    await profiler.close();
    const text = profile.toHeapProfile();
    const { head, samples } = JSON.parse(text) as HeapFile;

    const ids = new Set<number>();
    let bytes = 0;
    const pending = [head];
    for (const { callFrame, selfSize, id, children } of pending) {
      expect(ids).not.toContain(id);
      ids.add(id);
      bytes += selfSize;
      expect(callFrame).toEqual({ functionName: expect.any(String), scriptId: expect.any(String), url: expect.any(String), lineNumber: expect.any(Number), columnNumber: expect.any(Number) });
      pending.push(...children);
    }
    expect(head.callFrame.functionName).toBe('(root)');
    expect(bytes).toBe(profile.costs({ of: 'memory' }).total);
    expect(new Set(samples.map(({ ordinal }) => ordinal)).size).toBe(samples.length);
    for (const { nodeId } of samples) expect(ids).toContain(nodeId);

    const again = parseProfile(text);
    expect(again.costs()).toEqual(profile.costs());
    expect(again.toHeapProfile()).toBe(text);
  });

  it('keeps what was allocated without any JavaScript, and garbage collection apart', () => {
    const head = { callFrame: frame('(root)', ''), selfSize: 100, id: 1, children: [{ callFrame: frame('(GC)', ''), selfSize: 20, id: 2, children: [] }, { callFrame: frame('f'), selfSize: 3, id: 3, children: [] }] };
    expect(parseProfile(JSON.stringify({ head })).costs()).toMatchObject({ total: 123, gc: 20, program: 100, functions: [{ name: 'f', self: 3 }] });
  });

  it('is written and read however deep the stacks are', () => {
    const DEPTH = 20_000;
    const text = `{"head":${`{"callFrame":${JSON.stringify(frame('f'))},"selfSize":1,"id":2,"children":[`.repeat(DEPTH)}${']}'.repeat(DEPTH)},"samples":[]}`;
    expect(parseProfile(parseProfile(text).toHeapProfile()).costs()).toMatchObject({ total: DEPTH, functions: [{ name: 'f', self: DEPTH, total: DEPTH }] });
  });

  it.each([
    ['head is 1', { head: 1 }],
    ['head.selfSize is undefined', { head: { callFrame: frame('a'), id: 1 } }],
    ['head.selfSize is -1', { head: { callFrame: frame('a'), id: 1, selfSize: -1 } }],
    ['head.children[0].callFrame is undefined', { head: { callFrame: frame('a'), id: 1, selfSize: 1, children: [{ selfSize: 1, id: 2 }] } }],
    ['samples[0].nodeId is "x"', { head: { callFrame: frame('a'), id: 1, selfSize: 1 }, samples: [{ nodeId: 'x', size: 1, ordinal: 1 }] }],
  ])('that is damaged is refused, saying where: %s', (where, file) => {
    expect(() => parseProfile(JSON.stringify(file))).toThrow(expect.objectContaining({ code: 'ERR_PROFILER_INVALID_PROFILE', message: expect.stringContaining(where) }));
  });

  it('is read without samples of nodes that V8 has dropped', () => {
    const file = { head: { callFrame: frame('a'), id: 1, selfSize: 1 }, samples: [{ nodeId: 1, size: 1, ordinal: 1 }, { nodeId: 4, size: 1, ordinal: 2 }] };
    expect(parseProfile(JSON.stringify(file)).memory?.values[0]).toEqual(Float64Array.of(1));
  });
});
