import type { ProfileData } from '../../profile-data.js';
import type { Frame } from '../../samples.js';
import type { Bottleneck, BottleneckThresholds } from '../bottleneck.js';
import { confidenceAbove, count, errorOf, milliseconds, percent } from '../evidence.js';
import { eachOwner, named, ownCosts } from '../own-costs.js';
import { topCaller } from './builtins.js';

const NEXT_STEP = 'Use the asynchronous form, or read once at the start and keep the result: meanwhile no request is served.';
/** So many of them in one recording, and one for every other request, are a habit. */
const LEAST_OPERATIONS = 20;
/** A program that has ended by then kept nobody waiting with a few. */
const LEAST_DURATION_MS = 200;
/** Of the time; below it they do no harm, however many. */
const LEAST_SHARE = 0.01;

/** Files and processes that the event loop waits for: a share of the time that is seen, or some with every request. */
export function syncIo(data: ProfileData, { timeShare }: Required<BottleneckThresholds>): Bottleneck[] {
  const requests = data.io?.requests.reduce((sum, { count: more }) => sum + more, 0) ?? 0;
  const all = data.io?.targets.reduce((sum, { syncOperations }) => sum + syncOperations, 0) ?? 0;
  const operations = all - (data.io?.beforeRequests.syncOperations ?? 0);
  const isHabit = requests > 0 && operations >= Math.max(LEAST_OPERATIONS, requests / 2);
  const { loadingMs, ...byCpu } = seenByCpu(data);
  const byIo = seenByIo(data, loadingMs);
  const { valueMs, samples, frame } = byIo.valueMs >= byCpu.valueMs ? { ...byIo, frame: byCpu.frame ?? byIo.frame } : byCpu;
  const share = valueMs / data.durationMs;
  if (share < (isHabit ? LEAST_SHARE : timeShare) || (operations < LEAST_OPERATIONS && data.durationMs < LEAST_DURATION_MS)) return [];
  const sampled = { value: share, samples };
  return [
    {
      kind: 'sync-io',
      title: `Synchronous I/O holds the event loop for ${percent(share)} of the time${frame ? `, mostly from ${named(frame)}` : ''}`,
      evidence: `${milliseconds(valueMs)}${operations > 0 ? ` in ${count(operations)} operations` : ''}${isHabit ? `, ${(operations / requests).toFixed(1)} a request` : ''}`,
      nextStep: NEXT_STEP,
      value: share,
      error: errorOf(sampled),
      threshold: isHabit ? LEAST_SHARE : timeShare,
      unit: 'share',
      confidence: samples === 0 ? 1 : confidenceAbove(isHabit ? LEAST_SHARE : timeShare, sampled),
      share,
      ...(frame && { frame }),
    },
  ];
}

interface Seen {
  readonly valueMs: number;
  /** 0 if it was counted. */
  readonly samples: number;
  readonly frame: Frame | undefined;
}

/** Counted, whatever samples happened to see; but for what nobody is to blame for. */
function seenByIo({ io }: ProfileData, loadingMs: number): Seen {
  const valueMs = (io?.disk.syncMs ?? 0) - (io && io.requests.length > 0 ? io.beforeRequests.syncMs : loadingMs);
  return { valueMs, samples: 0, frame: io && ownCosts(io.sites)[0]?.frame };
}

const WAITING = /^(?:node:fs|node:child_process|node:internal\/(?:fs\/.*|child_process))$/;

/** Node's loader, which reads modules for `require`: of the program's start, and of nobody's choice. */
const LOADER = 'node:internal/modules/';

/** Processes that are waited for too, and where I/O was not recorded. `loadingMs` is what the loader read. */
function seenByCpu({ cpu }: ProfileData): Seen & { readonly loadingMs: number } {
  if (cpu === undefined) return { valueMs: 0, samples: 0, frame: undefined, loadingMs: 0 };
  const { frames, nodeFrames, nodeParents } = cpu;
  const callers = new Map<number, number>();
  let [costUs, samples, loadingUs] = [0, 0, 0];
  eachOwner(cpu, (owner, node, cost, counts) => {
    let waits = false;
    for (let at = node; at >= 0 && nodeFrames[at] !== owner; at = nodeParents[at] ?? -1) {
      const { name = '', url = '' } = frames[nodeFrames[at] ?? -1] ?? {};
      waits ||= name.endsWith('Sync') && WAITING.test(url);
      if (!waits || !url.startsWith(LOADER)) continue;
      loadingUs += cost;
      return;
    }
    if (!waits) return;
    costUs += cost;
    samples += counts;
    callers.set(owner, (callers.get(owner) ?? 0) + cost);
  });
  return { valueMs: costUs / 1e3, samples, frame: topCaller(cpu, callers), loadingMs: loadingUs / 1e3 };
}
