import type { Node } from 'yaml';
import { invalidOption } from '../errors.js';
import { Registry } from '../registry.js';
import { metrics, type MetricName } from '../metrics.js';
import { seriesName, type Labels, type SeriesInfo } from '../series.js';
import { RuleDocument } from './document.js';
import { parseExpression } from './expression/parser.js';
import { SyntaxProblem } from './expression/token.js';
import { parseNotation } from './notation.js';
import { RulePlayer } from './replay.js';
import { parseRules } from './rule-file.js';
import type { RuleSet } from './rule.js';

/** What came of testing rules. */
export interface RuleTestResult {
  /** Expectations that held, and that did not. */
  readonly passed: number;
  readonly failures: readonly RuleTestFailure[];
}

export interface RuleTestFailure {
  /** Name of the test, or its number. */
  readonly test: string;
  readonly alertname: string;
  readonly evalTimeMs: number;
  readonly line: number;
  /** Expected and found, as a sentence. */
  readonly message: string;
}

export interface RuleTestOptions {
  /** Name of the file of tests, for messages. @default 'tests' */
  readonly file?: string;
}

interface Expected {
  readonly labels: Labels;
  readonly annotations: Labels | undefined;
}

interface Expectation {
  readonly evalTimeMs: number;
  readonly alertname: string;
  readonly alerts: readonly Expected[];
  readonly line: number;
}

interface RuleTest {
  readonly name: string;
  readonly intervalMs: number;
  readonly series: readonly { readonly metric: string; readonly labels: Labels; readonly values: readonly number[] }[];
  readonly expectations: readonly Expectation[];
}

/** Samples and buckets kept of a test's series: more than `MOST` moments. */
const HISTORY = 20_000;

/**
 * Tests rules as `promtool test rules` does: series written as `0+10x5`, times, and the alerts that should then fire.
 * @throws {MonitorError} `ERR_MONITOR_INVALID_RULES` where rules or tests cannot be read
 */
export function testRules(rules: string | RuleSet, tests: string, { file = 'tests' }: RuleTestOptions = {}): RuleTestResult {
  if (typeof tests !== 'string') throw invalidOption('tests', tests, 'the text of a YAML file');
  const set = typeof rules === 'string' ? parseRules(rules) : rules;
  const document = new RuleDocument(tests, file);
  const parsed = document.hasProblems ? [] : readTests(document);
  document.finish();
  const failures: RuleTestFailure[] = [];
  let passed = 0;
  for (const test of parsed)
    for (const failure of run(set, test))
      if (failure === undefined) passed += 1;
      else failures.push(failure);
  return { passed, failures };
}

/** Names of the files that a file of tests says it is about. @throws {MonitorError} `ERR_MONITOR_INVALID_RULES` */
export function ruleFilesOf(tests: string, { file = 'tests' }: RuleTestOptions = {}): readonly string[] {
  const document = new RuleDocument(tests, file);
  const fields = document.hasProblems ? undefined : document.fields(document.root, 'the file', FILE_FIELDS);
  const files = document.members(fields?.rule_files, 'rule_files').flatMap((node) => document.text(node, 'a file') ?? []);
  document.finish();
  return files;
}

/** A judgement at every step of the evaluation interval; at each time expected, what fires is compared. */
function run(rules: RuleSet, { name, intervalMs, series, expectations }: RuleTest): (RuleTestFailure | undefined)[] {
  const registry = new Registry({ historySize: HISTORY, maxSeries: series.length });
  const player = new RulePlayer(registry, rules);
  const opened = series.map((each) => ({ ...each, series: registry.adopt(infoOf(each)) }));
  const results: (RuleTestFailure | undefined)[] = [];
  const pending = expectations.toSorted((one, other) => one.evalTimeMs - other.evalTimeMs);
  for (let step = 0; pending.length > 0; step += 1) {
    const timeMs = step * intervalMs;
    while (pending[0] !== undefined && pending[0].evalTimeMs < timeMs) results.push(compare(name, pending.shift() as Expectation, player));
    if (pending.length === 0) break;
    registry.begin(timeMs);
    for (const { series: opens, values } of opened) registry.record(opens, values[step] ?? Number.NaN);
    registry.commit();
    player.judge(timeMs);
  }
  return results;
}

/** Of a built-in metric its unit, so that messages read as they will. */
function infoOf({ metric, labels }: { readonly metric: string; readonly labels: Labels }): SeriesInfo {
  const known = Object.hasOwn(metrics, metric) ? metrics[metric as MetricName] : { unit: 'count' as const, description: '' };
  return { name: seriesName(metric, labels), metric, labels, ...known };
}

function compare(test: string, { alertname, alerts, evalTimeMs, line }: Expectation, player: RulePlayer): RuleTestFailure | undefined {
  const firing = player.active().filter(({ name, state, suppressedBy }) => name === alertname && state === 'firing' && suppressedBy === undefined);
  // A test names the alert already.
  const found = firing.map(({ labels, annotations }) => ({ labels: Object.fromEntries(Object.entries(labels).filter(([label]) => label !== 'alertname')), annotations }));
  const expected = alerts.map(({ labels, annotations }, index) => ({ labels, annotations: annotations ?? found[index]?.annotations ?? {} }));
  const told = (list: readonly { readonly labels: Labels; readonly annotations: Labels }[]): string[] => list.map(({ labels, annotations }) => JSON.stringify([sorted(labels), sorted(annotations)])).sort(compareText);
  const [want, got] = [told(expected), told(found)];
  if (want.join() === got.join()) return undefined;
  return { test, alertname, evalTimeMs, line, message: `expected ${list(want)}, found ${list(got)}` };
}

const compareText = (one: string, other: string): number => (one < other ? -1 : 1);
const sorted = (labels: Labels): [string, string][] => Object.entries(labels).sort(([one], [other]) => compareText(one, other));
const list = (alerts: readonly string[]): string => (alerts.length === 0 ? 'no alert' : alerts.join(' and '));

const FILE_FIELDS = ['rule_files', 'evaluation_interval', 'tests'] as const;
const TEST_FIELDS = ['name', 'interval', 'input_series', 'alert_rule_test'] as const;

function readTests(document: RuleDocument): RuleTest[] {
  const fields = document.fields(document.root, 'the file', FILE_FIELDS);
  const defaultMs = document.duration(fields?.evaluation_interval, 'evaluation_interval', 60_000);
  return document.members(fields?.tests, 'tests').map((node, index) => {
    const test = document.fields(node, 'a test', TEST_FIELDS);
    const intervalMs = document.duration(test?.interval, 'interval', defaultMs);
    if (!(intervalMs > 0)) document.problem(test?.interval, 'interval should be above 0');
    return {
      name: document.text(test?.name, 'name') ?? `${index + 1}`,
      intervalMs: intervalMs > 0 ? intervalMs : defaultMs,
      series: document.members(test?.input_series, 'input_series').flatMap((each) => readSeries(document, each) ?? []),
      expectations: document.members(test?.alert_rule_test, 'alert_rule_test').flatMap((each) => readExpectation(document, each, intervalMs) ?? []),
    };
  });
}

function readSeries(document: RuleDocument, node: Node): RuleTest['series'][number] | undefined {
  const fields = document.fields(node, 'a series', ['series', 'values']);
  const name = document.scalar(fields?.series ?? node, 'series');
  const values = document.scalar(fields?.values ?? node, 'values');
  if (name === undefined || values === undefined) return undefined;
  try {
    const selector = parseExpression(name.value);
    if (selector.kind !== 'selector' || selector.windowMs !== undefined || selector.matchers?.some(({ operator }) => operator !== '=')) throw new SyntaxProblem('expected a series, as in disk.busy{device="sda"}', 0);
    return { metric: selector.metric, labels: Object.fromEntries((selector.matchers ?? []).map(({ label, value }) => [label, value])), values: parseNotation(values.value) };
  } catch (error) {
    document.problem(error instanceof SyntaxProblem ? name : values, (error as Error).message);
    return undefined;
  }
}

function readExpectation(document: RuleDocument, node: Node, intervalMs: number): Expectation | undefined {
  const fields = document.fields(node, 'an expectation', ['eval_time', 'alertname', 'exp_alerts']);
  const alertname = document.scalar(fields?.alertname ?? node, 'alertname');
  const evalTimeMs = document.duration(fields?.eval_time, 'eval_time', 0);
  if (evalTimeMs / intervalMs >= HISTORY) document.problem(fields?.eval_time, `eval_time is more than ${HISTORY} intervals away`);
  const alerts = document.members(fields?.exp_alerts, 'exp_alerts').map((each) => {
    const expected = document.fields(each, 'an alert', ['exp_labels', 'exp_annotations']);
    const texts = (field: Node | undefined, what: string): Labels => Object.fromEntries(document.entries(field, what).map(([key, value]) => [key.value, String(value.value)]));
    return { labels: texts(expected?.exp_labels, 'exp_labels'), annotations: expected?.exp_annotations && texts(expected.exp_annotations, 'exp_annotations') };
  });
  return alertname && { evalTimeMs, alertname: alertname.value, alerts, line: document.placeOf(node).line };
}
