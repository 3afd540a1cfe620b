import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseExpression } from '../../../src/rules/expression/parser.js';
import type { Expression } from '../../../src/rules/expression/syntax.js';
import { durationMs, SyntaxProblem } from '../../../src/rules/expression/token.js';

/** With every operand in parentheses, so that it shows what binds to what. */
function shape(node: Expression): string {
  switch (node.kind) {
    case 'number':
      return String(node.value);
    case 'selector':
      return `${node.metric}${node.matchers ? `{${node.matchers.map(({ label, operator, value }) => label + operator + value).join()}}` : ''}${node.windowMs === undefined ? '' : `[${node.windowMs}]`}`;
    case 'call':
      return `${node.name}(${node.parameters.map(shape).join()})`;
    case 'aggregation':
      return `${node.name}${node.grouping ? ` ${node.grouping.without ? 'without' : 'by'}(${node.grouping.labels.join()})` : ''}(${shape(node.operand)})`;
    case 'negation':
      return `-(${shape(node.operand)})`;
    default:
      return `(${shape(node.left)} ${node.operator} ${shape(node.right)})`;
  }
}

describe('an expression', () => {
  it.each([
    ['a > 1 or b > 2 and c > 3', '((a > 1) or ((b > 2) and (c > 3)))'],
    ['a + b * c ^ d ^ 2 > 80%', '((a + (b * (c ^ (d ^ 2)))) > 0.8)'],
    ['-a ^ 2 > 1', '(-((a ^ 2)) > 1)'],
    ['a - b - c > 0', '(((a - b) - c) > 0)'],
    ['disk.busy{device=~"sd.*", path!="/x y"} > 1', '(disk.busy{device=~sd.*,path!=/x y} > 1)'],
    ['avg_over_time(cpu.utilization[1h30m]) > .5', '(avg_over_time(cpu.utilization[5400000]) > 0.5)'],
    ['max by (device, host) (disk.busy{}) > 1', '(max by(device,host)(disk.busy{}) > 1)'],
    ['sum(a) without (b) > 1', '(sum without(b)(a) > 1)'],
    ['memory.available < 512MiB', `(memory.available < ${512 * 2 ** 20})`],
    ['nodejs.eventloop.delay.max > 100ms', '(nodejs.eventloop.delay.max > 100)'],
    ['a % 7 == 0 # remainder', '((a % 7) == 0)'],
    ['count > 1', '(count > 1)'],
    ['network.io.receive{interface="eth0.100"} > 1e6', '(network.io.receive{interface=eth0.100} > 1000000)'],
  ])('%s', (source, expected) => {
    expect(shape(parseExpression(source))).toBe(expected);
  });

  it.each([
    ['', 0, 'expected a number'],
    ['a >', 3, 'found the end'],
    ['a > 1 b', 6, 'expected an operator'],
    ['(a > 1', 6, 'expected ")"'],
    ['a{b}', 3, 'expected =, !=, =~ or !~'],
    ['a{b="c', 4, 'no end'],
    ['a{b=~"("}', 5, 'not a pattern'],
    ['a[5]', 2, 'expected a duration'],
    ['a[5m] > 1', 0, 'avg_over_time(a[…])'],
    ['avg_over_time(a) > 1', 14, 'should be a series with a window'],
    ['avg_over_time() > 1', 0, 'takes 1 argument, not 0'],
    ['nosuch(a)', 0, 'no function "nosuch"'],
    ['rate(a[5m]) > 1', 0, 'is its rate already'],
    ['1 > 2', 2, 'never changes'],
    ['a and 1', 6, 'an operand of and should be a series'],
    ['a > 5xyz', 5, 'unknown unit "xyz"'],
    ['a > 1 $', 6, 'unexpected "$"'],
    ['quantile_over_time(b, a[5m])', 19, 'should be a number'],
    [`${'('.repeat(200)}a`, 101, 'nested deeper'],
    [`a${' + a'.repeat(1_000)}`, 4_000, 'longer than 2000'],
    ['quantile_over_time(2, a[5m])', 19, 'not from 0 to 1'],
    ['trend(a[5m], 3 - 2) > 0', 13, 'not between 0 and 1'],
    ['clamp(a, 2, 1)', 9, '2 is above 1'],
    ['a > 1e400', 4, 'too large'],
    ['a > NaN', 4, 'nothing compares with NaN'],
    ['a offset 5m > 1', 2, 'nothing looks back but a window'],
    ['a @ 5 > 1', 2, 'nothing looks back but a window'],
    ['a > on(b) c', 4, 'series go together by all their labels'],
    ['a * on(b) group_left c > 1', 4, 'series go together'],
    ['a + ignoring(b) c > 1', 4, 'sum without'],
    ['avg_over_time(a[5m:1m]) > 1', 18, 'subqueries'],
    ['topk(3, a)', 0, 'for each series'],
    ['a && b', 2, '"and"'],
    ['a = 1', 2, 'to compare is =='],
    ['\u{1F600} > 1', 0, 'unexpected "\u{1F600}"'],
  ])('%s is refused at %i', (source, start, message) => {
    let problem: unknown;
    try {
      parseExpression(source);
    } catch (error) {
      problem = error;
    }
    expect(problem).toBeInstanceOf(SyntaxProblem);
    expect(problem).toMatchObject({ start, message: expect.stringContaining(message) as unknown });
  });

  it('of any tokens is read or refused, never otherwise', () => {
    const piece = fc.constantFrom('a', 'cpu.x', '1', '5m', '80%', '(', ')', '{', '}', '[', ']', ',', '+', '-', '*', '^', '>', '==', '=~', '"s"', 'and', 'or', 'by', 'sum', 'avg_over_time', 'absent', '__proto__', 'constructor', ' ', '.', '\\');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 20 }), (pieces) => {
        try {
          parseExpression(pieces.join(''));
        } catch (error) {
          if (!(error instanceof SyntaxProblem)) throw error;
        }
      }),
      { seed: 3, numRuns: 3_000 },
    );
  });
});

it('durations', () => {
  expect(['5m', '1h30m', '100ms', '2w', '0', '1.5s'].map(durationMs)).toEqual([300_000, 5_400_000, 100, 1_209_600_000, 0, 1_500]);
  expect(['', '5', 'm', '5 m', '5mm', '-5m', '5y'].map(durationMs)).toEqual(Array.from({ length: 7 }, () => undefined));
});
