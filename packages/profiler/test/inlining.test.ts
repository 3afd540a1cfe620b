import { describe, expect, it } from '@jest/globals';
import { costsOf } from '../src/call-tree.js';
import { type FunctionRange, namesOfUnexplained, recoverInlined } from '../src/inlining.js';
import type { LineTicks, Samples } from '../src/samples.js';
import { samplesFrom } from './arbitrary-samples.js';

const [main, vectors] = ['file:///app/main.js', 'file:///app/vectors.js'];
const range = (name: string, firstLine: number, lastLine: number, text: string, url = main): FunctionRange => ({
  frame: { name, url, line: firstLine, column: name.length + 10, kind: 'script' },
  firstLine,
  lastLine,
  text,
});
const run = range('run', 20, 29, 'function run(rows) { for (const row of rows) total(row); }');
const total = range('total', 10, 16, 'function total(row) { return add(price(row), 1); }');
const price = range('price', 2, 6, 'function price(row) { return row.price; }');
const unused = range('unused', 40, 44, 'function unused() { nothing(); }');
const add = range('add', 50, 54, 'function add(a, b) { return a + b; }', vectors);
const functions = [price, total, run, unused];

/** Ten samples, 100 us each, all of them in `run`. */
const plain = samplesFrom(Array.from({ length: 10 }, () => ({ deltaUs: 100, stack: [run.frame] })));
const ticked = (...ticks: readonly [line: number, ticks: number][]): Samples => ({
  ...plain,
  lineTicks: new Map<number, readonly LineTicks[]>([[0, ticks.map(([line, ticks]) => ({ line, ticks }))]]),
});
const selfOf = (samples: Samples) => Object.fromEntries(costsOf(samples).functions.filter(({ self }) => self > 0).map(({ name, self }) => [name, self]));
const both = new Map([
  [main, functions],
  [vectors, [add]],
]);

describe('recovering inlined functions', () => {
  it('gives lines of a function reached by name their samples, and its caller the rest', () => {
    const recovered = recoverInlined(ticked([22, 3], [12, 2], [4, 5]), new Map([[main, functions]]));
    expect(selfOf(recovered)).toEqual({ run: 300, total: 200, price: 500 });
    const totalOf = (wanted: string) => costsOf(recovered).functions.find(({ name }) => name === wanted)?.total;
    expect([totalOf('run'), totalOf('total'), totalOf('price')]).toEqual([1_000, 700, 500]); // One way leads to `price`: through `total`.
    const named = new Map([...(recovered.inlined ?? [])].map(([node, count]) => [recovered.frames[recovered.nodeFrames[node] ?? -1]?.name, count]));
    expect(Object.fromEntries(named)).toEqual({ total: 2, price: 5 });
    expect([...(recovered.lineTicks ?? [])].map(([node, ticks]) => [recovered.frames[recovered.nodeFrames[node] ?? -1]?.name, ticks])).toEqual([
      ['run', [{ line: 22, ticks: 3 }]],
      ['total', [{ line: 12, ticks: 2 }]],
      ['price', [{ line: 4, ticks: 5 }]],
    ]);
  });

  it('leaves out what lies between where two ways lead', () => {
    const also = range('also', 30, 34, 'function also(row) { return price(row); }');
    const either = range('run', 20, 29, 'function run(rows) { for (const row of rows) total(row) + also(row); }');
    const recovered = recoverInlined(ticked([22, 5], [4, 5]), new Map([[main, [price, total, either, also]]]));
    expect(costsOf(recovered).functions.map(({ name, total: all }) => [name, all])).toEqual(expect.arrayContaining([['run', 1_000], ['price', 500]]));
    expect(costsOf(recovered).functions).toHaveLength(2);
  });

  it('spreads them over the time line, so that each part of it has its share', () => {
    const { timeline } = recoverInlined(ticked([22, 5], [12, 5]), new Map([[main, functions]]));
    const ofRun = (from: number) => [...(timeline?.nodes ?? [])].slice(from, from + 4).filter((node) => node === 0).length;
    expect([ofRun(0), ofRun(3), ofRun(6)]).toEqual([2, 2, 2]);
  });

  it('finds them in another script by name', () => {
    expect(selfOf(recoverInlined(ticked([22, 5], [52, 5]), both))).toEqual({ run: 500, add: 500 });
    expect(namesOfUnexplained(ticked([22, 5], [52, 5]), new Map([[main, functions]]))).toContain('add');
    expect(namesOfUnexplained(ticked([22, 5], [12, 5]), new Map([[main, functions]])).size).toBe(0);
  });

  it('leaves alone what it cannot tell: no path by name, two that fit, a line of two functions side by side, an unknown script', () => {
    const unclear = new Map([
      [main, [...functions, range('first', 60, 60, 'const first = () => 1', main), range('second', 60, 60, 'const second = () => 2', main)]],
      [vectors, [range('add', 11, 13, 'function add() {}', vectors)]],
    ]);
    for (const line of [42, 12, 60, 99]) {
      const samples = ticked([22, 5], [line, 5]);
      expect(recoverInlined(samples, unclear)).toBe(samples);
      expect(recoverInlined(samples, new Map())).toBe(samples);
    }
  });

  it('keeps a callback on the line of its caller with the caller, and finds one on lines of its own', () => {
    const around = range('around', 70, 80, 'function around() { each((row) => row.a, (row) => { row.b; }); }');
    const oneLine = range('(anonymous)', 72, 72, '(row) => row.a');
    const block = range('(anonymous)', 74, 78, '(row) => { row.b; }');
    const samples = {
      ...samplesFrom(Array.from({ length: 10 }, () => ({ deltaUs: 100, stack: [around.frame] }))),
      lineTicks: new Map([[0, [72, 74, 76].map((line, index) => ({ line, ticks: index + 2 }))]]),
    };
    const recovered = recoverInlined(samples, new Map([[main, [around, oneLine, block]]]));
    expect(selfOf(recovered)['(anonymous)']).toBeGreaterThanOrEqual(400);
    expect(selfOf(recovered)['around']).toBeGreaterThanOrEqual(500);
  });
});
