import { readFileSync } from 'node:fs';
import { expect, it } from '@jest/globals';
import { parseRules, testRules } from '../src/index.js';
import { signatures } from '../src/rules/expression/signatures.js';

const docs = new URL('../../../docs/', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, docs), 'utf8');
const yamlOf = (text: string): string[] => [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block]) => block ?? '');

it('the rules of the guide can be loaded, and its tests of them hold', () => {
  const [rules = '', pair = '', tests = ''] = yamlOf(read('guides/alerts-in-five-minutes.md'));
  expect(parseRules(rules, { actions: ['notify'] }).rules).toHaveLength(3);
  expect(parseRules(`groups:\n- name: g\n  rules:\n${pair.replaceAll(/^(?=.)/gm, '  ')}`, { actions: ['notify'] }).rules).toHaveLength(2);
  expect(testRules(rules, tests)).toEqual({ passed: 2, failures: [] });
});

it('the reference shows every field, all of them true, and every function', () => {
  const text = read('rules.md');
  const [file = ''] = yamlOf(text);
  expect(parseRules(`${file}      - { alert: SlowRequests, expr: a > 1 }\n      - { alert: Other, expr: b > 1 }\n`, { actions: ['notify'] }).rules).toHaveLength(3);
  // Of the shorter ones the reference writes `min_…`.
  for (const name of Object.keys(signatures)) expect([name, text.includes(name) || text.includes(`${name.split('_')[0]}_…`)]).toEqual([name, true]);
});
