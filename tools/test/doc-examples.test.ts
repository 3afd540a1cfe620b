import { expect, it } from '@jest/globals';
import { blocksOf, missingLine } from '../doc-examples/blocks.mjs';

const fence = '```';
const markdown = [
  '# Title',
  `${fence}sh`, 'npm install', fence,
  `${fence}ts`, 'console.log(1 + 1); // => 2', "console.log('a b'); // =>  a b ", fence,
  `${fence}js`, 'console.log(3);', fence,
  `${fence}text`, 'console.log(4); // => 4', fence,
].join('\n');

it('takes the blocks that are programs, with their lines and what they promise', () => {
  expect(blocksOf(`${markdown}\n`)).toEqual([
    { line: 6, code: "console.log(1 + 1); // => 2\nconsole.log('a b'); // =>  a b \n", expected: ['2', 'a b'] },
    { line: 10, code: 'console.log(3);\n', expected: [] },
  ]);
});

it.each([
  [[], '', undefined],
  [['a', 'b'], 'a\nnoise\n  b\n', undefined],
  [['a', 'b'], 'b\na\n', 'b'],
  [['a', 'a'], 'a\n', 'a'],
  [['2'], '22\n', '2'],
])('finds of %j in %j missing: %p', (expected, output, missing) => {
  expect(missingLine(expected, output)).toBe(missing);
});
