import { arithmetic } from './arithmetic.js';
import { aggregations, elsewhere, signatures } from './signatures.js';
import { SyntaxProblem, tokenize, type Token } from './token.js';
import type { AggregationName, Aggregation, ArithmeticOperator, ComparisonOperator, Expression, ExpressionType, Matcher, Selector, SetOperator } from './syntax.js';

/**
 * Reads an expression, by recursive descent, and gives every node its type.
 * @throws {SyntaxProblem} what is wrong, and where
 */
export function parseExpression(source: string): Expression {
  const parser = new Parser(tokenize(source));
  const expression = parser.expression();
  parser.finish();
  return expression;
}

/** Binary operators, loosest first. All associate to the left but `^`. */
const OPERATORS: readonly (readonly string[])[] = [['or'], ['and', 'unless'], ['==', '!=', '>', '>=', '<', '<='], ['+', '-'], ['*', '/', '%']];
const DEEPEST = 100;
/** Beyond, a chain of operators would be a tree too deep for the stack. */
const MOST_TOKENS = 2_000;

class Parser {
  readonly #tokens: readonly Token[];
  #next = 0;
  #depth = 0;

  constructor(tokens: readonly Token[]) {
    const beyond = tokens[MOST_TOKENS];
    if (beyond !== undefined) throw new SyntaxProblem(`longer than ${MOST_TOKENS} words and signs`, beyond.start);
    this.#tokens = tokens;
  }

  expression(level = 0): Expression {
    const operators = OPERATORS[level];
    if (operators === undefined) return this.#unary();
    let left = this.expression(level + 1);
    for (let token = this.#peek(); operators.includes(token.text) && token.kind !== 'string'; token = this.#peek()) {
      this.#next += 1;
      left = binary(token, left, this.expression(level + 1));
    }
    return left;
  }

  finish(): void {
    const token = this.#peek();
    if (token.kind !== 'end') throw new SyntaxProblem(`expected an operator or the end, found ${shown(token)}`, token.start);
  }

  #unary(): Expression {
    const token = this.#peek();
    if (token.text !== '-' && token.text !== '+') return this.#power();
    this.#next += 1;
    const operand = this.#nested(() => this.#unary());
    if (operand.type === 'window') throw windowAlone(operand);
    if (token.text === '+') return operand;
    if (operand.kind === 'number') return { ...operand, start: token.start, value: -operand.value };
    return { kind: 'negation', type: operand.type, start: token.start, operand };
  }

  #power(): Expression {
    const base = this.#primary();
    const token = this.#peek();
    if (token.text !== '^') return base;
    this.#next += 1;
    return binary(token, base, this.#nested(() => this.#unary()));
  }

  #primary(): Expression {
    const token = this.#take();
    switch (token.kind) {
      case 'number':
      case 'duration':
        return { kind: 'number', type: 'number', start: token.start, value: token.value };
      case 'word':
        return this.#named(token);
      case 'symbol':
        if (token.text === '(') {
          const inner = this.#nested(() => this.expression());
          this.#expect(')');
          return inner;
        }
        break;
      default:
    }
    throw new SyntaxProblem(`expected a number, a series, a function or "(", found ${shown(token)}`, token.start);
  }

  #named(name: Token): Expression {
    if (aggregations.includes(name.text) && ['(', 'by', 'without'].includes(this.#peek().text)) return this.#aggregation(name);
    if (this.#peek().text === '(') return this.#call(name);
    if (/^(?:and|or|unless|by|without)$/.test(name.text)) throw new SyntaxProblem(`expected a series before "${name.text}"`, name.start);
    if (/^nan$/i.test(name.text)) throw new SyntaxProblem('nothing compares with NaN; absent(…) holds where there is no value', name.start);
    if (/^inf$/i.test(name.text)) return { kind: 'number', type: 'number', start: name.start, value: Infinity };
    const matchers = this.#peek().text === '{' ? this.#matchers() : undefined;
    const windowMs = this.#peek().text === '[' ? this.#window() : undefined;
    return { kind: 'selector', type: windowMs === undefined ? 'series' : 'window', start: name.start, metric: name.text, matchers, windowMs };
  }

  #call(name: Token): Expression {
    const signature = Object.hasOwn(signatures, name.text) ? signatures[name.text] : undefined;
    if (signature === undefined) throw new SyntaxProblem(`no function "${name.text}"${elsewhere(name.text) ?? `; there are ${Object.keys(signatures).join(', ')}`}`, name.start);
    const parameters = this.#list('(', ')', () => this.#nested(() => this.expression()));
    const { takes, required } = signature;
    if (parameters.length < required || parameters.length > takes.length) {
      const wanted = required === takes.length ? `${required}` : `${required} to ${takes.length}`;
      throw new SyntaxProblem(`${name.text}() takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${parameters.length}`, name.start);
    }
    parameters.forEach((parameter, index) => checkType(parameter, takes[index] ?? 'series', `argument ${index + 1} of ${name.text}()`));
    const numbers = parameters.flatMap((parameter) => (parameter.kind === 'number' ? [parameter] : []));
    const problem = signature.refuses?.(numbers.map(({ value }) => value));
    if (problem !== undefined) throw new SyntaxProblem(`${name.text}(): ${problem}`, numbers[0]?.start ?? name.start);
    return { kind: 'call', type: 'series', start: name.start, name: name.text, parameters };
  }

  #aggregation(name: Token): Aggregation {
    let grouping = this.#grouping();
    this.#expect('(');
    const operand = this.#nested(() => this.expression());
    this.#expect(')');
    grouping ??= this.#grouping();
    checkType(operand, 'series', `the operand of ${name.text}()`);
    return { kind: 'aggregation', type: 'series', start: name.start, name: name.text as AggregationName, grouping, operand };
  }

  #grouping(): Aggregation['grouping'] {
    const token = this.#peek();
    if (token.text !== 'by' && token.text !== 'without') return undefined;
    this.#next += 1;
    return { without: token.text === 'without', labels: this.#list('(', ')', () => this.#label()) };
  }

  #matchers(): Matcher[] {
    return this.#list('{', '}', () => {
      const label = this.#label();
      const operator = this.#take();
      if (!['=', '!=', '=~', '!~'].includes(operator.text)) throw new SyntaxProblem(`expected =, !=, =~ or !~ after "${label}", found ${shown(operator)}`, operator.start);
      const token = this.#take();
      if (token.kind !== 'string') throw new SyntaxProblem(`expected a string in quotes, found ${shown(token)}`, token.start);
      const value = unquoted(token);
      if (operator.text.includes('~')) checkPattern(value, token);
      return { label, operator: operator.text as Matcher['operator'], value };
    });
  }

  #label(): string {
    const token = this.#take();
    if (token.kind !== 'word' || token.text.includes('.')) throw new SyntaxProblem(`expected the name of a label, found ${shown(token)}`, token.start);
    return token.text;
  }

  #window(): number {
    this.#expect('[');
    const token = this.#take();
    if (token.kind !== 'duration' || !(token.value > 0)) throw new SyntaxProblem(`expected a duration such as 5m, found ${shown(token)}`, token.start);
    this.#expect(']');
    return token.value;
  }

  #list<T>(open: string, close: string, item: () => T): T[] {
    this.#expect(open);
    const items: T[] = [];
    while (this.#peek().text !== close) {
      if (items.length > 0) this.#expect(',');
      if (items.length > 0 && this.#peek().text === close) break;
      items.push(item());
    }
    this.#expect(close);
    return items;
  }

  #expect(text: string): void {
    const token = this.#take();
    if (token.text !== text || token.kind !== 'symbol') throw new SyntaxProblem(`expected "${text}", found ${shown(token)}`, token.start);
  }

  /** Parentheses and signs nest only so deep: beyond, the stack would run out. */
  #nested<T>(inner: () => T): T {
    if (this.#depth >= DEEPEST) throw new SyntaxProblem(`nested deeper than ${DEEPEST}`, this.#peek().start);
    this.#depth += 1;
    try {
      return inner();
    } finally {
      this.#depth -= 1;
    }
  }

  #peek(): Token {
    return this.#tokens[this.#next] ?? END;
  }

  #take(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#next += 1;
    return token;
  }
}

const END: Token = { kind: 'end', text: '', value: Number.NaN, start: 0, end: 0 };

function binary({ text, start }: Token, left: Expression, right: Expression): Expression {
  for (const side of [left, right]) if (side.type === 'window') throw windowAlone(side);
  const type: ExpressionType = left.type === 'number' && right.type === 'number' ? 'number' : 'series';
  const place = left.start;
  switch (text) {
    case 'and':
    case 'or':
    case 'unless':
      for (const side of [left, right]) checkType(side, 'series', `an operand of ${text}`);
      return { kind: 'combination', type, start: place, operator: text satisfies SetOperator, left, right };
    case '+':
    case '-':
    case '*':
    case '/':
    case '%':
    case '^':
      if (left.kind === 'number' && right.kind === 'number') return { kind: 'number', type: 'number', start: place, value: arithmetic[text](left.value, right.value) };
      return { kind: 'arithmetic', type, start: place, operator: text satisfies ArithmeticOperator, left, right };
    default:
      if (type === 'number') throw new SyntaxProblem('both sides are constant numbers: this never changes', start);
      return { kind: 'comparison', type, start: place, operator: text as ComparisonOperator, left, right };
  }
}

function checkType(expression: Expression, wanted: ExpressionType, what: string): void {
  if (expression.type === wanted) return;
  if (expression.type === 'window') throw windowAlone(expression);
  const named = { number: 'a number', series: 'a series', window: 'a series with a window, as in cpu.utilization[5m]' };
  throw new SyntaxProblem(`${what} should be ${named[wanted]}, not ${named[expression.type]}`, expression.start);
}

const windowAlone = (expression: Expression): SyntaxProblem =>
  new SyntaxProblem(`a window of values is no value: give it to a function, as in avg_over_time(${(expression as Selector).metric}[…])`, expression.start);

function unquoted({ text, start }: Token): string {
  return text.slice(1, -1).replaceAll(/\\(.)/g, (_, character: string) => {
    const known: Readonly<Record<string, string>> = { n: '\n', t: '\t', '\\': '\\', '"': '"', "'": "'" };
    // What patterns need most, as in "eth\d": left as it is.
    if (!Object.hasOwn(known, character) && !/[\w.^$*+?()[\]{}|/-]/.test(character)) throw new SyntaxProblem(`unknown escape \\${character}`, start);
    return known[character] ?? `\\${character}`;
  });
}

function checkPattern(pattern: string, { start }: Token): void {
  try {
    // oxlint-disable-next-line no-new -- made to see whether it can be made
    new RegExp(pattern);
  } catch (error) {
    throw new SyntaxProblem(`not a pattern: ${(error as Error).message}`, start);
  }
}

const shown = ({ kind, text }: Token): string => (kind === 'end' ? 'the end' : `${JSON.stringify(text)}${elsewhere(text) ?? ''}`);
