import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Unchecked, numberIn, objectAt, objectsIn, textIn } from '../formats/json.js';
import { type FunctionRange, type FunctionRanges, namesOfUnexplained, recoverInlined } from '../inlining.js';
import type { Samples } from '../samples.js';

/** Asks V8 for the places of all functions. */
export const COVERAGE = 'Profiler.getBestEffortCoverage';

/** So many scripts at most are read to look for functions that are in no sample, as all of their code was inlined. */
const MOST_FURTHER_SCRIPTS = 64;

/** What V8 makes of a class's fields: its place differs between versions, and it is nothing that anybody wrote as a function. */
const INITIALIZER = /^<(?:instance_members|static)_initializer>$/;

/**
 * Recovers inlined functions where the text that V8 compiled is to be had: of scripts in files that no loader changed.
 * V8 knows the ranges from its bookkeeping of calls, without precise coverage, which would slow the program down:
 * `answer` is what it says to `COVERAGE` while the profiler is enabled.
 */
export function withInlined(samples: Samples, answer: object): Samples {
  if (samples.lineTicks === undefined) return samples;
  const coverage = objectsIn(objectAt(COVERAGE, answer), 'result');
  const scripts = new Map<string, Unchecked[]>(); // Of a script that was loaded several times, the last one.
  for (const script of coverage) {
    const url = textIn(script, 'url');
    if (url.startsWith('file:')) scripts.set(url, objectsIn(script, 'functions'));
  }
  const sampled = new Set([...samples.lineTicks.keys()].map((node) => samples.frames[samples.nodeFrames[node] ?? -1]?.url ?? ''));
  const ranges = readRanges(scripts, [...sampled]);
  const names = namesOfUnexplained(samples, ranges);
  const further = names.size === 0 ? [] : [...scripts].filter(([url, functions]) => !sampled.has(url) && functions.some((one) => names.has(textIn(one, 'functionName'))));
  if (further.length > MOST_FURTHER_SCRIPTS) return recoverInlined(samples, ranges);
  const more = readRanges(scripts, further.map(([url]) => url));
  return recoverInlined(samples, new Map([...ranges, ...more]));
}

function readRanges(scripts: ReadonlyMap<string, readonly Unchecked[]>, urls: readonly string[]): FunctionRanges {
  const read = urls.map((url) => [url, rangesOf(url, scripts.get(url))] as const);
  return new Map(read.filter(([, ranges]) => ranges.length > 0));
}

function rangesOf(url: string, functions: readonly Unchecked[] = []): readonly FunctionRange[] {
  if (functions.length === 0) return [];
  const text = textOf(url);
  const places = functions
    .map((one) => {
      const [whole] = objectsIn(one, 'ranges');
      return { name: textIn(one, 'functionName'), from: whole ? numberIn(whole, 'startOffset') : 0, to: whole ? numberIn(whole, 'endOffset') : 0 };
    })
    .filter(({ name }) => !INITIALIZER.test(name));
  if (!places.every(({ from, to }) => isFunction(text, from, to))) return []; // Not the text that V8 compiled.
  const lineStarts = [0, ...Array.from(text.matchAll(/\r\n|[\n\r\u2028\u2029]/g), ({ index, 0: end }) => index + end.length)];
  return places
    .filter(({ from, to }) => from > 0 || to < text.length) // All of it is no function.
    .sort((a, b) => a.from - b.from || b.to - a.to)
    .map(({ name, from, to }) => {
      const written = text.slice(from, to);
      const at = from + parametersAt(written);
      const line = lineOf(lineStarts, at);
      const frame = { name: name === '' ? '(anonymous)' : name, url, line: line + 1, column: at - (lineStarts[line] ?? 0) + 1, kind: 'script' } as const;
      return { frame, firstLine: lineOf(lineStarts, from) + 1, lastLine: lineOf(lineStarts, to - 1) + 1, text: written };
    });
}

function textOf(url: string): string {
  try {
    return readFileSync(fileURLToPath(url), 'utf8');
  } catch {
    return ''; // No file, as of a script that a loader made.
  }
}

/** Whether a function can have been written from `from` to `to`: shifted by a loader, one of a script's ranges cannot. */
function isFunction(text: string, from: number, to: number): boolean {
  if (from === 0) return to === text.length || isFunction(` ${text}`, 1, to + 1);
  const starts = /[^\p{ID_Continue}$]$/u.test(text.slice(from - 1, from)) && /^[\p{ID_Continue}$#([*'"]/u.test(text.slice(from, from + 2));
  return starts && to <= text.length && (text[to - 1] === '}' || text.slice(from, to).includes('=>'));
}

/** Samples place a function at its parameters, ranges at its first word. */
function parametersAt(written: string): number {
  const isArrow = /^(?:async\s*)?(?:\(|[\p{ID_Start}$_][\p{ID_Continue}$]*\s*=>)/u.test(written);
  return isArrow ? 0 : Math.max(0, written.indexOf('('));
}

/** Index of the last line that starts at `offset` or before. */
function lineOf(lineStarts: readonly number[], offset: number): number {
  let [low, high] = [0, lineStarts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((lineStarts[middle] ?? Infinity) <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}
