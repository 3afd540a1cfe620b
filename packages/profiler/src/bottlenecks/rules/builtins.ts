import type { ProfileData } from '../../profile-data.js';
import type { Frame, Samples } from '../../samples.js';
import type { Bottleneck, BottleneckThresholds } from '../bottleneck.js';
import { confidenceAbove, errorOf, milliseconds, percent } from '../evidence.js';
import { eachOwner, named } from '../own-costs.js';

const STEPS: Readonly<Record<string, string>> = {
  'JSON.parse': 'Parse less or later: cache the result, read in pieces, or hand the text to a worker thread.',
  'JSON.stringify': 'Write less: leave out fields, cache the text, or use a serialiser made for the schema.',
  structuredClone: 'Copy only what changes, or pass by transfer.',
  RegExp: 'Anchor the pattern and rid it of nested quantifiers; for fixed texts use includes or startsWith.',
  cryptography: 'Use the asynchronous form, which runs on another thread, or cache what is derived.',
  compression: 'Use the asynchronous form or a stream, and compress once.',
};

interface Found {
  costUs: number;
  samples: number;
  /** Who calls it, by how much. */
  readonly callers: Map<number, number>;
}

/** Work of the language and of Node that costs much wherever it is called. */
export function hotBuiltins({ cpu, durationMs }: ProfileData, { builtinShare }: Required<BottleneckThresholds>): Bottleneck[] {
  if (cpu === undefined) return [];
  const found = new Map<string, Found>();
  eachOwner(cpu, (owner, node, costUs, samples) => {
    for (const [name, share] of builtinsAt(cpu, node, owner)) {
      const known = found.get(name) ?? { costUs: 0, samples: 0, callers: new Map<number, number>() };
      found.set(name, known);
      known.costUs += costUs * share;
      known.samples += samples * share;
      known.callers.set(owner, (known.callers.get(owner) ?? 0) + costUs * share);
    }
  });
  return [...found].flatMap(([name, { costUs, samples, callers }]): Bottleneck[] => {
    const share = costUs / 1e3 / durationMs;
    if (share < builtinShare || samples < 20) return [];
    const frame = topCaller(cpu, callers);
    const sampled = { value: share, samples };
    return [
      {
        kind: 'hot-builtin',
        title: `${name} takes ${percent(share)} of the time${frame ? `, mostly in ${named(frame)}` : ''}`,
        evidence: `${milliseconds(costUs / 1e3)} in ${Math.round(samples)} samples, by the lines that they fell on`,
        nextStep: STEPS[name] ?? '',
        value: share,
        error: errorOf(sampled),
        threshold: builtinShare,
        unit: 'share',
        confidence: confidenceAbove(builtinShare, sampled),
        share,
        ...(frame && { frame }),
      },
    ];
  });
}

/** Which of them a node's cost is of, and how much of it. */
function builtinsAt({ frames, nodeFrames, nodeParents, lineTicks, builtins }: Samples, node: number, owner: number): readonly (readonly [string, number])[] {
  const frame = frames[nodeFrames[node] ?? -1];
  if (frame === undefined) return [];
  if (nodeFrames[node] === owner) {
    const ticks = lineTicks?.get(node) ?? [];
    const all = ticks.reduce((sum, { ticks: own }) => sum + own, 0);
    return ticks.flatMap(({ line, ticks: own }) => {
      const name = builtins?.get(`${frame.url}:${line}`);
      return name === undefined ? [] : [[name, own / all] as const];
    });
  }
  if (frame.kind === 'native' && frame.name.startsWith('RegExp: ')) return [['RegExp', 1]];
  for (let at = node; at >= 0 && nodeFrames[at] !== owner; at = nodeParents[at] ?? -1) {
    const { url = '' } = frames[nodeFrames[at] ?? -1] ?? {};
    if (url.startsWith('node:internal/crypto/') || url === 'node:crypto') return [['cryptography', 1]];
    if (url === 'node:zlib') return [['compression', 1]];
  }
  return [];
}

export function topCaller({ frames }: Samples, callers: ReadonlyMap<number, number>): Frame | undefined {
  const [top] = [...callers].sort(([, a], [, b]) => b - a);
  return top && frames[top[0]];
}
