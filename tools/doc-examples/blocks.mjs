/** @typedef {{ line: number, code: string, expected: string[] }} Block */

/**
 * The TypeScript and JavaScript blocks of a Markdown text, with the output lines that their `// => text` comments promise.
 * @param {string} markdown
 * @returns {Block[]}
 */
export function blocksOf(markdown) {
  return [...markdown.matchAll(/^```(?:ts|js|mjs)\n([\s\S]*?)^```$/gm)].map((match) => {
    const code = match[1] ?? '';
    return {
      line: markdown.slice(0, match.index).split('\n').length + 1,
      code,
      expected: [...code.matchAll(/\/\/ => (.*)$/gm)].map(([, text = '']) => text.trim()),
    };
  });
}

/**
 * The first promised line that did not come, in order, or `undefined`. Other output may stand between.
 * @param {readonly string[]} expected
 * @param {string} output
 */
export function missingLine(expected, output) {
  const lines = output.split('\n').map((line) => line.trim());
  let from = 0;
  for (const text of expected) {
    const at = lines.indexOf(text, from);
    if (at < 0) return text;
    from = at + 1;
  }
  return undefined;
}
