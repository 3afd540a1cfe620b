import { elsewhere } from './signatures.js';

/** A piece of an expression's text, from `start` up to `end`. */
export interface Token {
  readonly kind: 'number' | 'duration' | 'string' | 'word' | 'symbol' | 'end';
  readonly text: string;
  /** Of a number or a duration: its value, a duration's in ms. */
  readonly value: number;
  readonly start: number;
  readonly end: number;
}

/** What is wrong with an expression, and where in its text. */
export class SyntaxProblem extends Error {
  readonly start: number;

  constructor(message: string, start: number) {
    super(message);
    this.start = start;
  }
}

const SPACE = /(?:\s|#.*)+/y;
const NUMBER = /(?:\d+(?:\.\d+)?|\.\d+)(?:e[+-]?\d+)?/iy;
const SUFFIX = /[a-z]+|%/iy;
const DURATION = /(?:\d+(?:\.\d+)?(?:ms|[smhdw]))+/y;
/** As series are named: words joined by dots. */
const WORD = /[a-z_]\w*(?:\.\w+)*/iy;
const STRING = /"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'/y;
const SYMBOL = /==|!=|>=|<=|=~|!~|[-+*/%^(){}[\],<>=]/y;

const MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };
const FACTORS: Readonly<Record<string, number>> = {
  '%': 0.01,
  B: 1, kB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12,
  KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30, TiB: 2 ** 40,
};

/** Milliseconds of `5m` or `1h30m`; `undefined` of anything else. */
export function durationMs(text: string): number | undefined {
  if (text === '0') return 0;
  const parts = [...text.matchAll(/(\d+(?:\.\d+)?)(ms|[smhdw])/g)];
  if (parts.length === 0 || parts.map(([part]) => part).join('') !== text) return undefined;
  return parts.reduce((sum, [, count, unit = '']) => sum + Number(count) * (MS[unit] ?? Number.NaN), 0);
}

const unexpected = (character: string): string => `unexpected ${JSON.stringify(character)}${elsewhere(character) ?? ''}`;

/** @throws {SyntaxProblem} */
export function tokenize(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };
  const push = (kind: Token['kind'], text: string, value = Number.NaN): void => {
    tokens.push({ kind, text, value, start: at, end: at + text.length });
    at += text.length;
  };
  while (at < source.length) {
    const space = take(SPACE);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const duration = take(DURATION);
    const number = take(NUMBER);
    const string = take(STRING);
    const word = take(WORD);
    const symbol = take(SYMBOL);
    if (duration !== undefined && !/\w/.test(source[at + duration.length] ?? '')) push('duration', duration, durationMs(duration));
    else if (number !== undefined) pushNumber(number);
    else if (string !== undefined) push('string', string);
    else if (word !== undefined) push('word', word);
    else if (symbol !== undefined) push('symbol', symbol);
    else if (/["']/.test(source[at] ?? '')) throw new SyntaxProblem('this string has no end', at);
    else throw new SyntaxProblem(unexpected(String.fromCodePoint(source.codePointAt(at) ?? 0)), at);
  }
  push('end', '');
  return tokens;

  function pushNumber(number: string): void {
    SUFFIX.lastIndex = at + number.length;
    const suffix = SUFFIX.exec(source)?.[0] ?? '';
    // `5 % 2` is a remainder, `5%` a share: a suffix touches its number.
    const factor = suffix === '' ? 1 : FACTORS[suffix];
    if (factor === undefined) throw new SyntaxProblem(`${number} has an unknown unit "${suffix}"; known are ${Object.keys(FACTORS).join(', ')} and durations in ${Object.keys(MS).join(', ')}`, at + number.length);
    const value = suffix === '%' ? Number(number) / 100 : Number(number) * factor;
    if (value === Infinity) throw new SyntaxProblem(`${number} is too large a number`, at);
    push('number', number + suffix, value);
  }
}
