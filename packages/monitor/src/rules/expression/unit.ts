import type { Unit } from '../../series.js';
import type { Expression } from './syntax.js';

const KEEPS_UNIT = /^(?:avg|min|max|sum|last|stddev|quantile)_over_time$|^(?:delta|predict_linear|abs|ceil|floor|round|clamp|clamp_min|clamp_max)$/;

/** The unit of an expression's values, given those of its metrics; `count` where it has none. */
export function unitOf(expression: Expression, ofMetric: (metric: string) => Unit | undefined): Unit {
  const inner = (operand: Expression | undefined): Unit => (operand === undefined ? 'count' : unitOf(operand, ofMetric));
  switch (expression.kind) {
    case 'number':
      return 'count';
    case 'selector':
      return ofMetric(expression.metric) ?? 'count';
    case 'call':
      if (expression.name === 'time_to') return 'milliseconds';
      return KEEPS_UNIT.test(expression.name) ? inner(expression.parameters.find(({ type }) => type !== 'number')) : 'count';
    case 'aggregation':
      return expression.name === 'count' ? 'count' : inner(expression.operand);
    case 'negation':
      return inner(expression.operand);
    case 'arithmetic': {
      // A factor leaves the unit alone, a quotient of two series has none.
      if (expression.left.type === 'number') return expression.operator === '/' ? 'count' : inner(expression.right);
      if (expression.right.type === 'number' || expression.operator === '+' || expression.operator === '-') return inner(expression.left);
      return 'count';
    }
    case 'comparison':
      return inner(expression.left.type === 'number' ? expression.right : expression.left);
    case 'combination':
      return inner(expression.left);
  }
}
