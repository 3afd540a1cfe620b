import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { metrics } from '../metrics.js';
import { parseRules } from '../rules/rule-file.js';
import { ruleFilesOf, testRules } from '../rules/rule-test.js';
import type { RuleSet } from '../rules/rule.js';
import type { Console } from './console.js';
import { read } from './read.js';

/** Says of each file whether its rules can be loaded, and where not. 1 if any cannot. */
export function check(files: readonly string[], console: Console): number {
  let failed = 0;
  for (const file of files) {
    const rules = read(file, (text) => parseRules(text, { file }), console);
    if (rules === undefined) {
      failed += 1;
      continue;
    }
    console.write(`${file}: ${rules.rules.length === 1 ? '1 rule is' : `${rules.rules.length} rules are`} well-formed\n`);
    for (const warning of strangeMetrics(rules)) console.write(`${file}:${warning}\n`);
  }
  return failed > 0 ? 1 : 0;
}

/** Runs files of tests. 1 if any expectation does not hold or a file cannot be read. */
export function test(files: readonly string[], console: Console): number {
  let failed = 0;
  for (const file of files) {
    const result = read(file, (text) => testRules(rulesOf(text, file), text, { file }), console);
    if (result === undefined || result.failures.length > 0) failed += 1;
    if (result === undefined) continue;
    console.write(`${file}: ${result.passed} passed, ${result.failures.length} failed\n`);
    for (const { test, subject, evalTimeMs, line, message } of result.failures) console.write(`${file}:${line}: ${test}: ${subject} at ${evalTimeMs / 1_000} s: ${message}\n`);
  }
  return failed > 0 ? 1 : 0;
}

/** The files named in a file of tests, as one; their places are relative to it. */
function rulesOf(text: string, file: string): RuleSet {
  const sets = ruleFilesOf(text, { file }).map((name) => {
    const path = resolve(dirname(file), name);
    return parseRules(readFileSync(path, 'utf8'), { file: path });
  });
  return { file, rules: sets.flatMap(({ rules }) => rules), checkActions: (names) => sets.forEach((set) => set.checkActions(names)) };
}

/** Metrics that look like built-in ones and are not: a typo is silent until its alert is missed. */
function strangeMetrics({ rules }: RuleSet): string[] {
  const families = new Set(Object.keys(metrics).map((name) => name.split('.')[0]));
  return rules.flatMap((rule) =>
    rule.metrics
      .filter(({ name }) => !Object.hasOwn(metrics, name) && families.has(name.split('.')[0]))
      .map(({ name, line, column }) => `${line}:${column}: warning: ${name} is no built-in metric; it has no data unless the application makes it`),
  );
}
