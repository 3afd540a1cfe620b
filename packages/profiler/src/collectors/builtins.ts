import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Samples } from '../samples.js';

/**
 * V8 books the time of JSON and of regular expressions on the function that calls them, under no name of their own; the
 * lines that samples fell on tell. What a line of the program's source calls:
 */
const CALLS: readonly (readonly [RegExp, string])[] = [
  [/\bJSON\s*\.\s*parse\s*\(/, 'JSON.parse'],
  [/\bJSON\s*\.\s*stringify\s*\(/, 'JSON.stringify'],
  [/\bstructuredClone\s*\(/, 'structuredClone'],
  [/\.\s*(?:test|exec|match|matchAll|search|replace|replaceAll)\s*\(/, 'RegExp'],
];

/** Lines with less of all samples are not looked up. */
const LEAST_SHARE = 0.01;
/** Longer ones are minified, and call everything. */
const LONGEST_LINE = 300;

export function withBuiltins(samples: Samples): Samples {
  const { lineTicks, frames, nodeFrames } = samples;
  const ticksOf = new Map<string, Map<number, number>>();
  let all = 0;
  for (const [node, ticks] of lineTicks ?? []) {
    const { url = '', kind = 'idle' } = frames[nodeFrames[node] ?? -1] ?? {};
    if (kind !== 'script' || !url.startsWith('file:')) continue;
    const lines = ticksOf.get(url) ?? new Map<number, number>();
    ticksOf.set(url, lines);
    for (const { line, ticks: count } of ticks) {
      lines.set(line, (lines.get(line) ?? 0) + count);
      all += count;
    }
  }
  const builtins = new Map<string, string>();
  for (const [url, lines] of ticksOf) {
    const hot = [...lines].filter(([, count]) => count >= all * LEAST_SHARE);
    const texts = hot.length === 0 ? [] : linesOf(url);
    for (const [line] of hot) {
      const text = texts[line - 1] ?? '';
      const [, name] = (text.length <= LONGEST_LINE && CALLS.find(([pattern]) => pattern.test(text))) || [];
      if (name !== undefined) builtins.set(`${url}:${line}`, name);
    }
  }
  return builtins.size === 0 ? samples : { ...samples, builtins };
}

function linesOf(url: string): readonly string[] {
  try {
    return readFileSync(fileURLToPath(url), 'utf8').split('\n');
  } catch {
    return []; // Made by a loader, or gone.
  }
}
