import type { Node, Scalar } from 'yaml';
import { invalidOption, invalidRules } from '../errors.js';
import { seriesName } from '../series.js';
import { RuleDocument } from './document.js';
import { parseExpression } from './expression/parser.js';
import { selectorsOf, type Expression } from './expression/syntax.js';
import { SyntaxProblem } from './expression/token.js';
import { inhibitionProblems } from './inhibition.js';
import type { Inhibition, Mention, NoData, Rule, RuleGroup, RuleSet } from './rule.js';
import { parseTemplate, type Template } from './template.js';

export interface ParseOptions {
  /** Said in messages. @default 'rules' */
  readonly file?: string;
  /** Names of the actions there are; others are problems. @default any name */
  readonly actions?: readonly string[];
}

const GROUP_FIELDS = ['name', 'interval', 'group_by', 'group_wait', 'group_interval', 'repeat_interval', 'labels', 'rules'] as const;
const RULE_FIELDS = ['alert', 'expr', 'clear', 'for', 'keep_firing_for', 'no_data', 'labels', 'annotations', 'actions', 'inhibit'] as const;
const NO_DATA: readonly string[] = ['keep', 'resolve', 'fire'] satisfies NoData[];
const NAME = /^[a-z_]\w*$/i;

/**
 * Reads a file of rules: YAML with groups of alerts, whose expressions are read and checked with it. Nothing is evaluated as code.
 * @throws {MonitorError} `ERR_MONITOR_INVALID_RULES`, whose `problems` are all that is wrong, by line and column
 */
export function parseRules(text: string, { file = 'rules', actions }: ParseOptions = {}): RuleSet {
  if (typeof text !== 'string') throw invalidOption('rules', text, 'the text of a YAML file');
  const document = new RuleDocument(text, file);
  const reader = new RuleReader(document);
  // An empty file is one without rules.
  const rules = document.root === null || document.hasProblems ? [] : reader.file(document.root);
  if (actions !== undefined) document.add(unknownActions(rules, actions));
  document.add(inhibitionProblems(rules));
  document.add(twice(rules));
  document.finish();
  return {
    file,
    rules,
    checkActions: (names) => {
      const problems = unknownActions(rules, names);
      if (problems.length > 0) throw invalidRules(file, problems);
    },
  };
}

function unknownActions(rules: readonly Rule[], known: readonly string[]): { line: number; column: number; message: string }[] {
  const there = known.length === 0 ? 'none is registered' : `registered are ${known.join(', ')}`;
  return rules.flatMap((rule) => rule.actions.filter(({ name }) => !known.includes(name)).map(({ name, line, column }) => ({ line, column, message: `no action "${name}": ${there}` })));
}

/** The same name with the same labels in one group would be one alert of two rules. */
function twice(rules: readonly Rule[]): { line: number; column: number; message: string }[] {
  const seen = new Set<string>();
  return rules.flatMap(({ group, alert, labels }) => {
    const key = JSON.stringify([group.name, seriesName(alert.name, labels)]);
    if (seen.has(key)) return [{ line: alert.line, column: alert.column, message: `a rule "${alert.name}" with these labels is in group "${group.name}" already` }];
    seen.add(key);
    return [];
  });
}

class RuleReader {
  readonly #document: RuleDocument;

  constructor(document: RuleDocument) {
    this.#document = document;
  }

  file(root: Node): Rule[] {
    const document = this.#document;
    const groups = document.fields(root, 'the file', ['groups'])?.groups;
    const names = new Set<string>();
    return document.members(groups, 'groups').flatMap((node) => {
      const fields = document.fields(node, 'a group', GROUP_FIELDS);
      if (fields === undefined) return [];
      const name = document.scalar(fields.name ?? node, 'name of a group');
      if (name === undefined || fields.name === undefined) return [];
      if (names.has(name.value)) document.problem(name, `a group "${name.value}" is there already`);
      names.add(name.value);
      const group: RuleGroup = {
        name: name.value,
        intervalMs: document.duration(fields.interval, 'interval', 0),
        groupBy: this.#labelNames(fields.group_by, 'group_by'),
        groupWaitMs: document.duration(fields.group_wait, 'group_wait', 0),
        groupIntervalMs: document.duration(fields.group_interval, 'group_interval', 0),
        repeatIntervalMs: document.duration(fields.repeat_interval, 'repeat_interval', Infinity),
      };
      const labels = this.#labels(fields.labels, 'labels');
      return document.members(fields.rules, 'rules').flatMap((rule) => this.#rule(rule, group, labels) ?? []);
    });
  }

  #rule(node: Node, group: RuleGroup, groupLabels: Readonly<Record<string, string>>): Rule | undefined {
    const document = this.#document;
    const fields = document.fields(node, 'a rule', RULE_FIELDS);
    if (fields === undefined) return undefined;
    for (const required of ['alert', 'expr'] as const) if (fields[required] === undefined) document.problem(node, `a rule needs "${required}"`);
    const alert = fields.alert && document.scalar(fields.alert, 'alert');
    const expression = fields.expr && this.#expression(fields.expr, 'expr');
    const clear = fields.clear && this.#expression(fields.clear, 'clear');
    const labels = { ...groupLabels, ...this.#labels(fields.labels, 'labels') };
    const rest = {
      group,
      clear: clear?.expression,
      forMs: document.duration(fields.for, 'for', 0),
      keepFiringForMs: document.duration(fields.keep_firing_for, 'keep_firing_for', 0),
      noData: this.#noData(fields.no_data),
      labels,
      annotations: this.#annotations(fields.annotations),
      actions: document.members(fields.actions, 'actions').flatMap((action) => this.#mention(action, 'an action') ?? []),
      inhibit: document.members(fields.inhibit, 'inhibit').flatMap((target) => this.#inhibition(target) ?? []),
    };
    if (alert === undefined || expression === undefined) return undefined;
    return { ...rest, alert: { name: alert.value, ...document.placeOf(alert) }, expression: expression.expression, metrics: [...expression.metrics, ...(clear?.metrics ?? [])] };
  }

  #expression(node: Node, what: string): { readonly expression: Expression; readonly metrics: readonly Mention[] } | undefined {
    const scalar = this.#document.scalar(node, what);
    if (scalar === undefined) return undefined;
    try {
      const expression = parseExpression(scalar.value);
      if (expression.type === 'window') throw new SyntaxProblem('a window of values is no condition: give it to a function', 0);
      return { expression, metrics: selectorsOf(expression).map(({ metric, start }) => ({ name: metric, ...this.#document.placeIn(scalar, start) })) };
    } catch (error) {
      if (!(error instanceof SyntaxProblem)) throw error;
      const { line, column } = this.#document.placeIn(scalar, error.start);
      this.#document.add([{ line, column, message: `${what}: ${error.message}` }]);
      return undefined;
    }
  }

  #noData(node: Node | undefined): NoData {
    const text = this.#document.text(node, 'no_data') ?? 'keep';
    if (!NO_DATA.includes(text)) this.#document.problem(node, `no_data is "${text}", expected ${NO_DATA.join(', ')}`);
    return text as NoData;
  }

  #labels(node: Node | undefined, what: string): Record<string, string> {
    const labels: Record<string, string> = {};
    for (const [name, value] of this.#document.entries(node, what)) {
      if (!NAME.test(name.value) || name.value === 'alertname') this.#document.problem(name, `"${name.value}" is no name for a label${name.value === 'alertname' ? ' of a rule: it is the name of the alert' : ''}`);
      labels[name.value] = textOf(value);
    }
    return labels;
  }

  #annotations(node: Node | undefined): Record<string, Template> {
    const annotations: Record<string, Template> = {};
    for (const [name, value] of this.#document.entries(node, 'annotations')) {
      try {
        annotations[name.value] = parseTemplate(textOf(value));
      } catch (error) {
        this.#document.problem(value, (error as Error).message);
      }
    }
    return annotations;
  }

  #inhibition(node: Node): Inhibition | undefined {
    const resolved = this.#document.resolved(node);
    if (resolved !== null && resolved !== undefined && 'items' in resolved) {
      const fields = this.#document.fields(node, 'inhibit', ['alert', 'equal']);
      const alert = fields && this.#mention(fields.alert ?? node, 'alert of inhibit');
      return alert && { alert, equal: this.#labelNames(fields?.equal, 'equal') };
    }
    const alert = this.#mention(node, 'inhibit');
    return alert && { alert, equal: [] };
  }

  #labelNames(node: Node | undefined, what: string): string[] {
    return this.#document.members(node, what).flatMap((member) => {
      const mention = this.#mention(member, `a label of ${what}`);
      if (mention !== undefined && !NAME.test(mention.name)) this.#document.problem(member, `"${mention.name}" is no name of a label`);
      return mention?.name ?? [];
    });
  }

  #mention(node: Node, what: string): Mention | undefined {
    const scalar = this.#document.scalar(node, what);
    return scalar && { name: scalar.value, ...this.#document.placeOf(scalar) };
  }
}

/** As it stands in the file: `on` and `1.10` are texts too. */
const textOf = (scalar: Scalar): string => (typeof scalar.value === 'string' ? scalar.value : (scalar.source ?? String(scalar.value)));
