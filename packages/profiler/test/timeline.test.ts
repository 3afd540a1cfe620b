import { describe, expect, it } from '@jest/globals';
import type { Frame } from '../src/samples.js';
import { since } from '../src/timeline.js';
import { START_US, samplesFrom } from './arbitrary-samples.js';

const frame = (name: string): Frame => ({ name, url: 'file:///a.js', line: 1, column: 1, kind: 'script' });
const samples = {
  ...samplesFrom([
    { deltaUs: 0, stack: [frame('start')] },
    { deltaUs: 500, stack: [frame('run')] },
    { deltaUs: 100, stack: [frame('run')] },
  ]),
  lineTicks: new Map([
    [0, [{ line: 3, ticks: 1 }]],
    [1, [{ line: 7, ticks: 2 }]],
  ]),
};

describe('cutting off what was before a time', () => {
  it('leaves later samples with their own costs and ticks', () => {
    const cut = since(samples, START_US + 400);
    expect(cut.values.map((column) => [...column])).toEqual([[0, 2], [0, 200]]);
    expect(cut.timeline).toMatchObject({ startUs: START_US + 400, endUs: START_US + 700, timesUs: Float64Array.of(START_US + 500, START_US + 600) });
    expect([...(cut.lineTicks ?? [])]).toEqual([[1, [{ line: 7, ticks: 2 }]]]);
  });

  it('may leave none, and changes nothing for a time outside of the recording', () => {
    expect(since(samples, START_US + 650).timeline?.nodes).toHaveLength(0);
    expect(since(samples, START_US)).toBe(samples);
    expect(since(samples, START_US + 701)).toBe(samples);
  });
});
