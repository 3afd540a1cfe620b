import type { Registry } from '../../registry.js';
import type { Labels, Series } from '../../series.js';
import { aggregator } from './aggregate.js';
import { arithmetic } from './arithmetic.js';
import { keyOf, noLabels, type Element } from './element.js';
import type { Call, Combination, ComparisonOperator, Expression, Matcher, Selector } from './syntax.js';
import { fitting, renewed, windowFunctions } from './window.js';

/** What an expression is judged by. */
export interface Moment {
  readonly registry: Registry;
  readonly nowMs: number;
}

export type Evaluation = (moment: Moment) => readonly Element[];

/**
 * Makes closures of an expression, once, so that judging it walks no tree. They keep which series a selector found, and
 * look again only when series have come or gone.
 */
export function compile(expression: Expression): Evaluation {
  switch (expression.kind) {
    case 'number':
      return always(expression.value);
    case 'selector':
      return compileSelector(expression);
    case 'call':
      return compileCall(expression);
    case 'aggregation': {
      const operand = compile(expression.operand);
      const aggregate = aggregator(expression);
      return (moment) => aggregate(operand(moment));
    }
    case 'negation':
      return mapped(compile(expression.operand), (value) => -value);
    case 'arithmetic': {
      const apply = arithmetic[expression.operator];
      return joined(expression, (left, right, labels) => ({ labels, value: apply(left.value, right.value), holds: left.holds && right.holds }));
    }
    case 'comparison': {
      const compare = comparison[expression.operator];
      // What compares keeps the value that people know: of `100 < x` that of x.
      const keepsRight = expression.left.type === 'number';
      return joined(expression, (left, right, labels) => {
        const unknown = Number.isNaN(left.value) || Number.isNaN(right.value);
        const kept = keepsRight ? right.value : left.value;
        return { labels, value: unknown ? Number.NaN : kept, holds: !unknown && left.holds && right.holds && compare(left.value, right.value) };
      });
    }
    case 'combination':
      return compileCombination(expression);
  }
}

/** One value without labels, whatever happens. */
function always(value: number): Evaluation {
  const constant = [{ labels: noLabels, value, holds: true }];
  return () => constant;
}

const comparison: Readonly<Record<ComparisonOperator, (left: number, right: number) => boolean>> = {
  '>': (left, right) => left > right,
  '>=': (left, right) => left >= right,
  '<': (left, right) => left < right,
  '<=': (left, right) => left <= right,
  '==': (left, right) => left === right,
  '!=': (left, right) => left !== right,
};

/** The series a selector means. */
function finder({ metric, matchers }: Selector): (registry: Registry) => readonly Series[] {
  const tests = matchers?.map(matcherTest);
  let found: readonly Series[] = [];
  let revision = -1;
  let searched: Registry | undefined;
  return (registry) => {
    if (revision === registry.revision && searched === registry) return found;
    const all = registry.ofMetric(metric);
    const plain = all.filter(({ name }) => name === metric);
    found = tests !== undefined ? all.filter(({ labels }) => tests.every((test) => test(labels))) : plain.length > 0 ? plain : all;
    revision = registry.revision;
    searched = registry;
    return found;
  };
}

function matcherTest({ label, operator, value }: Matcher): (labels: Labels) => boolean {
  const has = (labels: Labels): string => labels[label] ?? '';
  if (operator === '=') return (labels) => has(labels) === value;
  if (operator === '!=') return (labels) => has(labels) !== value;
  const pattern = new RegExp(`^(?:${value})$`);
  return operator === '=~' ? (labels) => pattern.test(has(labels)) : (labels) => !pattern.test(has(labels));
}

function compileSelector(selector: Selector): Evaluation {
  const find = finder(selector);
  return ({ registry }) => find(registry).map((series) => ({ labels: series.labels, value: registry.latest(series), holds: true }));
}

function compileCall({ name, parameters }: Call): Evaluation {
  const window = parameters.find((parameter): parameter is Selector => parameter.type === 'window');
  const numbers = parameters.flatMap((parameter) => (parameter.kind === 'number' ? [parameter.value] : []));
  if (name === 'vector') return always(numbers[0] ?? Number.NaN);
  if (window === undefined) {
    const operand = parameters[0] as Expression;
    return name === 'absent' ? absence(compile(operand), operand) : mapped(compile(operand), implemented(name, ofValue)(numbers));
  }
  const find = finder(window);
  const windowMs = window.windowMs ?? 0;
  const plain = implemented(name === 'absent_over_time' ? 'count_over_time' : name, windowFunctions)(numbers);
  const ask = fitting.has(name) ? renewed(plain, windowMs) : plain;
  // As Prometheus has it, a window leaves out its very beginning: [5m] of a value a minute has five.
  const values: Evaluation = ({ registry, nowMs }) => find(registry).map((series) => ({ labels: series.labels, value: ask(registry, series, nowMs - windowMs + TICK_MS), holds: true }));
  return name === 'absent_over_time' ? absence(values, window) : values;
}

function implemented<T>(name: string, table: Readonly<Record<string, T>>): T {
  const found = table[name];
  if (found === undefined) throw new Error(`${name}() has a signature, but does nothing`);
  return found;
}

/** The least difference of two times: samples are at least 10 ms apart. */
const TICK_MS = 0.001;

/** Holds where an expression has no value at all; with the labels that it asks for, so that the alert says what is missing. */
function absence(operand: Evaluation, expression: Expression): Evaluation {
  const matchers = expression.kind === 'selector' ? (expression.matchers ?? []) : [];
  const labels = Object.fromEntries(matchers.filter(({ operator }) => operator === '=').map(({ label, value }) => [label, value]));
  const present = [{ labels, value: 0, holds: false }];
  const absent = [{ labels, value: 1, holds: true }];
  return (moment) => (operand(moment).some(({ value, holds }) => holds && !Number.isNaN(value)) ? present : absent);
}

const ofValue: Readonly<Record<string, (numbers: readonly number[]) => (value: number) => number>> = {
  abs: () => Math.abs,
  ceil: () => Math.ceil,
  floor: () => Math.floor,
  round: () => Math.round,
  sqrt: () => Math.sqrt,
  ln: () => Math.log,
  log2: () => Math.log2,
  log10: () => Math.log10,
  exp: () => Math.exp,
  clamp: ([least = -Infinity, most = Infinity]) => (value) => Math.min(most, Math.max(least, value)),
  clamp_min: ([least = -Infinity]) => (value) => Math.max(least, value),
  clamp_max: ([most = Infinity]) => (value) => Math.min(most, value),
};

function mapped(operand: Evaluation, apply: (value: number) => number): Evaluation {
  return (moment) => operand(moment).map(({ labels, value, holds }) => ({ labels, value: apply(value), holds }));
}

/** Each element with the one of the same labels on the other side; with one element alone that has no labels, all of them. */
function joined({ left, right }: { readonly left: Expression; readonly right: Expression }, join: (left: Element, right: Element, labels: Labels) => Element): Evaluation {
  const [leftOf, rightOf] = [compile(left), compile(right)];
  return (moment) => {
    const [lefts, rights] = [leftOf(moment), rightOf(moment)];
    const single = alone(rights);
    if (single !== undefined) return lefts.map((element) => join(element, single, element.labels));
    const only = alone(lefts);
    if (only !== undefined) return rights.map((element) => join(only, element, element.labels));
    const others = byKey(rights);
    return lefts.flatMap((element) => {
      const other = others.get(keyOf(element.labels));
      return other === undefined ? [] : [join(element, other, element.labels)];
    });
  };
}

function compileCombination({ operator, left, right }: Combination): Evaluation {
  const [leftOf, rightOf] = [compile(left), compile(right)];
  return (moment) => {
    const [lefts, rights] = [leftOf(moment), rightOf(moment)];
    const single = alone(rights);
    const others = single !== undefined && operator !== 'or' ? nobody : byKey(rights);
    const otherOf = ({ labels }: Element): Element | undefined => single ?? others.get(keyOf(labels));
    if (operator === 'and') return lefts.map((element) => both(element, otherOf(element)));
    if (operator === 'unless') return lefts.map((element) => without(element, otherOf(element)));
    const known = byKey(lefts);
    return [...lefts.map((element) => either(element, others.get(keyOf(element.labels)))), ...rights.filter(({ labels }) => !known.has(keyOf(labels)))];
  };
}

/** Logic with three values: what is unknown on one side may still be decided by the other. */
const isFalse = ({ value, holds }: Element): boolean => !holds && !Number.isNaN(value);
const isTrue = ({ value, holds }: Element): boolean => holds && !Number.isNaN(value);

function both(one: Element, other: Element | undefined): Element {
  if (other === undefined || isFalse(one)) return { ...one, holds: false };
  if (isFalse(other)) return { ...one, value: Number.isNaN(one.value) ? other.value : one.value, holds: false };
  return isTrue(one) && isTrue(other) ? one : { ...one, value: Number.NaN, holds: false };
}

function without(one: Element, other: Element | undefined): Element {
  if (other === undefined || isFalse(one) || isFalse(other)) return one;
  return isTrue(other) ? { ...one, holds: false } : { ...one, value: Number.NaN, holds: false };
}

function either(one: Element, other: Element | undefined): Element {
  if (other === undefined || isTrue(one)) return one;
  if (isTrue(other)) return other;
  return Number.isNaN(other.value) ? other : one;
}

/** The only element, if it has no labels. */
function alone(elements: readonly Element[]): Element | undefined {
  const [element] = elements;
  return elements.length === 1 && element !== undefined && keyOf(element.labels) === '' ? element : undefined;
}

const nobody: ReadonlyMap<string, Element> = new Map();
const byKey = (elements: readonly Element[]): Map<string, Element> => new Map(elements.map((element) => [keyOf(element.labels), element]));
