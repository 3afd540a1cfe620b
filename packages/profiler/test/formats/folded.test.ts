import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { writeFolded } from '../../src/formats/folded.js';
import { costsUs, plainSamples, samplesFrom } from '../arbitrary-samples.js';

const frame = (name: string, url = '') => ({ name, url, line: url === '' ? 0 : 7, column: 1, kind: url === '' ? ('native' as const) : ('script' as const) });

it('writes a line for each stack that cost anything, the most expensive callee first', () => {
  const samples = samplesFrom([
    { deltaUs: 0, stack: [frame('main', 'file:///a.js'), frame('small')] },
    { deltaUs: 10, stack: [frame('main', 'file:///a.js'), frame('large')] },
    { deltaUs: 50, stack: [frame('main', 'file:///a.js')] },
  ]);
  expect(writeFolded(samples)).toBe('main (file:///a.js:7) 100\nmain (file:///a.js:7);large 50\nmain (file:///a.js:7);small 10\n');
});

it('keeps stacks and lines apart whatever the names, and adds up to the whole', () => {
  fc.assert(
    fc.property(plainSamples, (plain) => {
      const lines = writeFolded(samplesFrom(plain)).split(/[\n\r\u2028\u2029]/);
      expect(lines.pop()).toBe('');
      const costs = lines.map((line) => Number(line.slice(line.lastIndexOf(' '))));
      expect(costs.reduce((sum, cost) => sum + cost, 0)).toBe(costsUs(plain).reduce((sum, cost) => sum + cost, 0));
      expect(Math.max(0, ...lines.map((line) => line.split(';').length))).toBeLessThanOrEqual(Math.max(0, ...plain.map(({ stack }) => stack.length)));
    }),
    { seed: 4, numRuns: 100 },
  );
});
