import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { Scanner, word } from '../../src/sources/kernel/scanner.js';

const scan = (bytes: Uint8Array): Scanner => {
  const scanner = new Scanner();
  // What the buffer held before must not be read.
  const buffer = Buffer.concat([bytes, Buffer.from('9 old: 9\n')]);
  scanner.reset(buffer, bytes.length);
  return scanner;
};

describe('a scanner', () => {
  it('finds the numbers that splitting into strings finds', () => {
    const number = fc.oneof(fc.nat().map(String), fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String), fc.tuple(fc.nat(), fc.nat(99)).map(([whole, part]) => `${whole}.${part}`));
    const blank = fc.constantFrom(' ', '\t', '   ');
    const line = fc.array(fc.tuple(blank, number), { minLength: 1 }).map((words) => words.flat().join(''));
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const scanner = scan(Buffer.from(lines.map((text) => `${text}\n`).join('')));
        const found: number[][] = [];
        for (; !scanner.atEnd; scanner.nextLine()) {
          const numbers: number[] = [];
          while (!scanner.atLineEnd) numbers.push(scanner.number());
          found.push(numbers);
        }
        const expected = lines.map((text) => text.trim().split(/\s+/).map(Number));
        expect(found.map(({ length }) => length)).toEqual(expected.map(({ length }) => length));
        for (const [row, numbers] of found.entries()) for (const [column, value] of numbers.entries()) expect(value / (expected[row]?.[column] || 1)).toBeCloseTo(expected[row]?.[column] === 0 ? 0 : 1, 12);
      }),
      { seed: 1, numRuns: 300 },
    );
  });

  it('comes to the end of whatever bytes it is given', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.array(fc.nat(4), { minLength: 1 }), (bytes, steps) => {
        const scanner = scan(bytes);
        for (const step of steps) {
          if (step === 0) scanner.number();
          if (step === 1) scanner.name();
          if (step === 2) scanner.skipWords(3);
          if (step === 3) scanner.seek(word('cpu'));
          if (step === 4) scanner.nextLine();
        }
        for (let lines = 0; !scanner.atEnd; lines += 1) {
          if (lines > bytes.length) throw new Error('stuck');
          scanner.nextLine();
        }
        expect(scanner.number()).toBeNaN();
        expect(scanner.name()).toBe('');
        expect(scanner.skip(word('9'))).toBe(false);
      }),
      { seed: 2, numRuns: 500 },
    );
  });

  it('does not take a name for a longer one', () => {
    expect(scan(Buffer.from('eth01:5')).skipName(word('eth0'))).toBe(false);
    expect(scan(Buffer.from('eth0:5')).skipName(word('eth0'))).toBe(true);
    expect(scan(Buffer.from('vda 5')).skipName(word('vda'))).toBe(true);
  });
});
