import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { metrics } from '../src/metrics.js';

it('the README lists every metric with its unit and meaning, and no other', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  const table = readme.slice(readme.indexOf('## Metrics'), readme.indexOf('## Options'));
  const rows = [...table.matchAll(/^\| `(.+?)` \| (\w+) \| (.+?) \|/gm)].map(([, name, unit, description]) => [name, unit, description]);
  expect(rows).toEqual(Object.entries(metrics).map(([name, { unit, description }]) => [name, unit, description]));
});
