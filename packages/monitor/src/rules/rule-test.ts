import type { Node } from 'yaml';
import { invalidOption } from '../errors.js';
import { Registry } from '../registry.js';
import { metrics, type MetricName } from '../metrics.js';
import { seriesName, type Labels, type SeriesInfo } from '../series.js';
import { RuleDocument } from './document.js';
import { compile, type Evaluation, type Moment } from './expression/evaluate.js';
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
  /** The alert, or the expression. */
  readonly subject: string;
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

/** What should be found at a time; gives what is wrong, if anything. */
interface Expectation {
  readonly evalTimeMs: number;
  readonly subject: string;
  readonly line: number;
  compare(player: RulePlayer, moment: Moment): string | undefined;
}

interface RuleTest {
  readonly name: string;
  /** From one value of a series to the next. */
  readonly intervalMs: number;
  /** From one judgement to the next. */
  readonly evaluationMs: number;
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
  const parsed = document.hasProblems ? [] : readTests(document, new Set(set.rules.map(({ alert }) => alert.name)));
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

/** Values and judgements, each at its own interval, values first; at each time expected, what fires is compared. */
function run(rules: RuleSet, { name, intervalMs, evaluationMs, series, expectations }: RuleTest): (RuleTestFailure | undefined)[] {
  const registry = new Registry({ historySize: HISTORY, maxSeries: series.length });
  const player = new RulePlayer(registry, rules);
  const opened = series.map((each) => ({ ...each, series: registry.adopt(infoOf(each)) }));
  const results: (RuleTestFailure | undefined)[] = [];
  const pending = expectations.toSorted((one, other) => one.evalTimeMs - other.evalTimeMs);
  for (let [step, judgement] = [0, 0]; pending.length > 0; ) {
    const [sampleMs, judgementMs] = [step * intervalMs, judgement * evaluationMs];
    const timeMs = Math.min(sampleMs, judgementMs);
    for (let due = pending[0]; due !== undefined && due.evalTimeMs < timeMs; due = pending[0]) {
      pending.shift();
      const { subject, evalTimeMs, line } = due;
      const message = due.compare(player, { registry, nowMs: evalTimeMs });
      results.push(message === undefined ? undefined : { test: name, subject, evalTimeMs, line, message });
    }
    if (pending.length === 0) break;
    if (sampleMs === timeMs) {
      registry.begin(timeMs);
      for (const { series: opens, values } of opened) registry.record(opens, values[step] ?? Number.NaN);
      registry.commit();
      step += 1;
    }
    if (judgementMs !== timeMs) continue;
    player.judge(timeMs);
    judgement += 1;
  }
  return results;
}

/** Of a built-in metric its unit, so that messages read as they will. */
function infoOf({ metric, labels }: { readonly metric: string; readonly labels: Labels }): SeriesInfo {
  const known = Object.hasOwn(metrics, metric) ? metrics[metric as MetricName] : { unit: 'count' as const, description: '' };
  return { name: seriesName(metric, labels), metric, labels, ...known };
}

/** Alerts that fire, by their labels and annotations, against those expected. */
function compareAlerts(alertname: string, expected: readonly Expected[], player: RulePlayer): string | undefined {
  const firing = player.active().filter(({ name, state, suppressedBy }) => name === alertname && state === 'firing' && suppressedBy === undefined);
  // A test names the alert already.
  const found = firing.map(({ labels, annotations }) => ({ labels: Object.fromEntries(Object.entries(labels).filter(([label]) => label !== 'alertname')), annotations }));
  const texts = (alerts: readonly { readonly labels: Labels; readonly annotations: Labels }[]): string[] => alerts.map(({ labels, annotations }) => JSON.stringify([sorted(labels), sorted(annotations)])).sort(compareText);
  return difference(texts(expected.map(({ labels, annotations }, index) => ({ labels, annotations: annotations ?? found[index]?.annotations ?? {} }))), texts(found), 'no alert');
}

/** What an expression gives, against the samples expected. */
function compareSamples(evaluate: Evaluation, expected: readonly string[], moment: Moment): string | undefined {
  const found = evaluate(moment).filter(({ holds, value }) => holds && !Number.isNaN(value));
  return difference(expected.toSorted(compareText), found.map(({ labels, value }) => sampleText(labels, value)).sort(compareText), 'nothing');
}

function difference(want: readonly string[], got: readonly string[], none: string): string | undefined {
  const list = (texts: readonly string[]): string => (texts.length === 0 ? none : texts.join(' and '));
  return want.join() === got.join() ? undefined : `expected ${list(want)}, found ${list(got)}`;
}

/** To twelve digits: sums of the same numbers in another order differ in the last ones. */
const sampleText = (labels: Labels, value: number): string => `${seriesName('', labels)} ${Number(value.toPrecision(12))}`;
const compareText = (one: string, other: string): number => (one < other ? -1 : 1);
const sorted = (labels: Labels): [string, string][] => Object.entries(labels).sort(([one], [other]) => compareText(one, other));

const FILE_FIELDS = ['rule_files', 'evaluation_interval', 'tests'] as const;
const TEST_FIELDS = ['name', 'interval', 'input_series', 'alert_rule_test', 'promql_expr_test'] as const;

function readTests(document: RuleDocument, alerts: ReadonlySet<string>): RuleTest[] {
  const fields = document.fields(document.root, 'the file', FILE_FIELDS);
  const defaultMs = positive(document, fields?.evaluation_interval, 'evaluation_interval', 60_000);
  return document.members(fields?.tests, 'tests').map((node, index) => {
    const test = document.fields(node, 'a test', TEST_FIELDS);
    const intervalMs = positive(document, test?.interval, 'interval', defaultMs);
    // As the monitor has it, rules are judged at every sample where nothing else is said.
    const evaluationMs = fields?.evaluation_interval === undefined ? intervalMs : defaultMs;
    const stepMs = Math.min(intervalMs, evaluationMs);
    const known = new Set<string>();
    return {
      name: document.text(test?.name, 'name') ?? `${index + 1}`,
      intervalMs,
      evaluationMs,
      series: document.members(test?.input_series, 'input_series').flatMap((each) => readSeries(document, each, known) ?? []),
      expectations: [
        ...document.members(test?.alert_rule_test, 'alert_rule_test').flatMap((each) => readAlertTest(document, each, stepMs, alerts) ?? []),
        ...document.members(test?.promql_expr_test, 'promql_expr_test').flatMap((each) => readExpressionTest(document, each, stepMs) ?? []),
      ],
    };
  });
}

function positive(document: RuleDocument, node: Node | undefined, what: string, otherwise: number): number {
  const ms = document.duration(node, what, otherwise);
  if (ms > 0) return ms;
  document.problem(node, `${what} should be above 0`);
  return otherwise;
}

function readSeries(document: RuleDocument, node: Node, known: Set<string>): RuleTest['series'][number] | undefined {
  const fields = document.fields(node, 'a series', ['series', 'values']);
  const name = document.scalar(fields?.series ?? node, 'series');
  const values = document.scalar(fields?.values ?? node, 'values');
  if (name === undefined || values === undefined) return undefined;
  try {
    const series = parseSeries(name.value);
    const key = seriesName(series.metric, series.labels);
    if (known.has(key)) document.problem(name, `a series ${key} is there already`);
    known.add(key);
    return { ...series, values: parseNotation(values.value) };
  } catch (error) {
    document.problem(error instanceof SyntaxProblem ? name : values, (error as Error).message);
    return undefined;
  }
}

/** @throws {SyntaxProblem} */
function parseSeries(name: string): { readonly metric: string; readonly labels: Labels } {
  const selector = parseExpression(name);
  if (selector.kind !== 'selector' || selector.windowMs !== undefined || selector.matchers?.some(({ operator }) => operator !== '=')) throw new SyntaxProblem('expected a series, as in disk.busy{device="sda"}', 0);
  return { metric: selector.metric, labels: Object.fromEntries((selector.matchers ?? []).map(({ label, value }) => [label, value])) };
}

function readTime(document: RuleDocument, node: Node | undefined, stepMs: number): number {
  const evalTimeMs = document.duration(node, 'eval_time', 0);
  if (evalTimeMs / stepMs >= HISTORY) document.problem(node, `eval_time is more than ${HISTORY} intervals away`);
  return evalTimeMs;
}

function readAlertTest(document: RuleDocument, node: Node, stepMs: number, alerts: ReadonlySet<string>): Expectation | undefined {
  const fields = document.fields(node, 'an expectation', ['eval_time', 'groupname', 'alertname', 'exp_alerts']);
  const alertname = document.scalar(fields?.alertname ?? node, 'alertname');
  // Of an alert that does not exist, "none fires" would always hold.
  if (alertname !== undefined && !alerts.has(alertname.value)) document.problem(alertname, `no rule here is called "${alertname.value}"`);
  const evalTimeMs = readTime(document, fields?.eval_time, stepMs);
  const wanted = document.members(fields?.exp_alerts, 'exp_alerts').map((each): Expected => {
    const expected = document.fields(each, 'an alert', ['exp_labels', 'exp_annotations']);
    const texts = (field: Node | undefined, what: string): Labels => Object.fromEntries(document.entries(field, what).map(([key, value]) => [key.value, String(value.value)]));
    return { labels: texts(expected?.exp_labels, 'exp_labels'), annotations: expected?.exp_annotations && texts(expected.exp_annotations, 'exp_annotations') };
  });
  return alertname && { evalTimeMs, subject: alertname.value, line: document.placeOf(node).line, compare: (player) => compareAlerts(alertname.value, wanted, player) };
}

function readExpressionTest(document: RuleDocument, node: Node, stepMs: number): Expectation | undefined {
  const fields = document.fields(node, 'an expectation', ['expr', 'eval_time', 'exp_samples']);
  const source = document.scalar(fields?.expr ?? node, 'expr');
  const evalTimeMs = readTime(document, fields?.eval_time, stepMs);
  const expected = document.members(fields?.exp_samples, 'exp_samples').flatMap((each) => {
    const sample = document.fields(each, 'a sample', ['labels', 'value']);
    const value = Number(document.text(sample?.value, 'value'));
    if (Number.isNaN(value)) document.problem(each, 'a sample needs a number as its value');
    const labels = document.text(sample?.labels, 'labels') ?? '{}';
    try {
      // The metric's name is not compared; some leave it out.
      return sampleText(parseSeries(labels.startsWith('{') ? `series${labels}` : labels).labels, value);
    } catch (error) {
      document.problem(sample?.labels, (error as Error).message);
      return [];
    }
  });
  if (source === undefined) return undefined;
  try {
    const evaluate = compile(parseExpression(source.value));
    return { evalTimeMs, subject: source.value, line: document.placeOf(node).line, compare: (_, moment) => compareSamples(evaluate, expected, moment) };
  } catch (error) {
    document.problem(source, (error as Error).message);
    return undefined;
  }
}
