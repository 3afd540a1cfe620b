import { subtreeSums, walk } from '../call-tree.js';
import type { Frame, Samples } from '../samples.js';

/**
 * Brendan Gregg's folded stacks: `caller;callee 42` a line, in the unit of the last value type, largest callee first;
 * reads into flamegraph.pl, inferno and speedscope. https://github.com/brendangregg/FlameGraph
 */
export function writeFolded(samples: Samples): string {
  const { frames, nodeFrames, values } = samples;
  const own = values.at(-1) ?? new Float64Array();
  const sums = subtreeSums(samples);
  const names = frames.map(folded);
  const path: string[] = [];
  const lines: string[] = [];
  walk(samples, {
    order: (a, b) => (sums[b] ?? 0) - (sums[a] ?? 0),
    enter: (node) => {
      path.push(names[nodeFrames[node] ?? 0] ?? '');
      const cost = Math.round(own[node] ?? 0);
      if (cost > 0) lines.push(`${path.join(';')} ${cost}\n`);
    },
    leave: () => {
      path.pop();
    },
  });
  return lines.join('');
}

/** `;` and line ends would end a frame or a stack. */
function folded({ name, url, line }: Frame): string {
  const text = url === '' ? name : `${name} (${url}:${line})`;
  return text.replaceAll(';', ':').replaceAll(/[\r\n\u2028\u2029]+/g, ' ');
}
