/**
 * What an expression is made of. Every node knows its type: a `number`, a set of labelled values of now (`series`),
 * or the values of a stretch of time (`window`), which only functions take.
 */
export type ExpressionType = 'number' | 'series' | 'window';

interface Node {
  readonly type: ExpressionType;
  /** Where it begins in the text. */
  readonly start: number;
}

/** A condition on a label; a label that a series lacks counts as empty. */
export interface Matcher {
  readonly label: string;
  readonly operator: '=' | '!=' | '=~' | '!~';
  readonly value: string;
}

export interface NumberNode extends Node {
  readonly kind: 'number';
  readonly value: number;
}

/** Series of a metric: those that match; or, without braces, the one without labels, else all. */
export interface Selector extends Node {
  readonly kind: 'selector';
  readonly metric: string;
  readonly matchers: readonly Matcher[] | undefined;
  /** Of a window: how far back it reaches. */
  readonly windowMs: number | undefined;
}

export interface Call extends Node {
  readonly kind: 'call';
  readonly name: string;
  readonly parameters: readonly Expression[];
}

/** Values summed up over their labels. */
export interface Aggregation extends Node {
  readonly kind: 'aggregation';
  readonly name: AggregationName;
  /** Labels kept, or those left out; `undefined`: none is kept. */
  readonly grouping: { readonly without: boolean; readonly labels: readonly string[] } | undefined;
  readonly operand: Expression;
}
export type AggregationName = 'sum' | 'avg' | 'min' | 'max' | 'count';

export interface Negation extends Node {
  readonly kind: 'negation';
  readonly operand: Expression;
}

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%' | '^';
export type ComparisonOperator = '>' | '>=' | '<' | '<=' | '==' | '!=';
export type SetOperator = 'and' | 'or' | 'unless';

export interface Arithmetic extends Node {
  readonly kind: 'arithmetic';
  readonly operator: ArithmeticOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export interface Comparison extends Node {
  readonly kind: 'comparison';
  readonly operator: ComparisonOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export interface Combination extends Node {
  readonly kind: 'combination';
  readonly operator: SetOperator;
  readonly left: Expression;
  readonly right: Expression;
}

export type Expression = NumberNode | Selector | Call | Aggregation | Negation | Arithmetic | Comparison | Combination;

/** Every selector in an expression. */
export function selectorsOf(expression: Expression): Selector[] {
  switch (expression.kind) {
    case 'number':
      return [];
    case 'selector':
      return [expression];
    case 'call':
      return expression.parameters.flatMap(selectorsOf);
    case 'aggregation':
    case 'negation':
      return selectorsOf(expression.operand);
    default:
      return [...selectorsOf(expression.left), ...selectorsOf(expression.right)];
  }
}
