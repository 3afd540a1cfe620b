import type { Samples } from '../history.js';
import { quantity } from '../quantity.js';
import type { Unit } from '../series.js';
import { forecast } from './forecast.js';

/** What to do about a resource, and why. */
export interface Recommendation {
  /** Series of the utilization it is about. */
  readonly series: string;
  /** `add`: it is short; `soon`: it will be; `reduce`: much of it is idle; `keep`. */
  readonly action: 'add' | 'soon' | 'reduce' | 'keep';
  /** In words, with the numbers. */
  readonly text: string;
  /** How much there is, and how much there should be; `undefined` where the size is not known. */
  readonly limit: number | undefined;
  readonly suggestedLimit: number | undefined;
  readonly unit: Unit;
  readonly evidence: CapacityEvidence;
}

export interface CapacityEvidence {
  /** Samples and buckets of samples looked at, and the time they span. */
  readonly samples: number;
  readonly spanMs: number;
  /** Of the utilization, as ratios: its mean, the value that 99 % do not exceed, and the highest. */
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
  /** When all of it will be used, from now on; Infinity: not in sight. With the sooner end of its interval. */
  readonly exhaustionMs: number;
  readonly earliestExhaustionMs: number;
}

/** A resource as it is looked at. */
export interface ResourceUse {
  readonly series: string;
  /** As people call it: `memory`. */
  readonly resource: string;
  /** Its utilization, 0 to 1. */
  readonly samples: Samples;
  readonly limit: number | undefined;
  readonly unit: Unit;
  /** Whether what is used goes on growing, as files do, so that a trend says when it ends. */
  readonly accumulates: boolean;
}

/** What a well-sized resource's 99th percentile is at: room for a peak and for one of several machines to fail. */
const WELL_USED = 0.7;
const SHORT = 0.85;
const IDLE = 0.3;
/** Less than this says nothing about what a resource needs. */
const LEAST_SAMPLES = 30;
const LEAST_SPAN_MS = 60_000;
/** To give something back takes longer to know than that more is needed. */
const LEAST_IDLE_SPAN_MS = 600_000;
/** What runs out later than this is not news. */
const SOON_MS = 7 * 86_400_000;

/** Judges one resource; `undefined` while there is too little to judge by. */
export function recommend(use: ResourceUse): Recommendation | undefined {
  const { samples, series, resource, limit, unit } = use;
  const { values, timesMs } = samples;
  const spanMs = (timesMs.at(-1) ?? 0) - (timesMs[0] ?? 0);
  if (values.length < LEAST_SAMPLES || spanMs < LEAST_SPAN_MS) return undefined;
  const { mean, p99, max } = overTime(samples);
  const { exhaustionMs, earliestMs } = use.accumulates ? forecast(samples, { limit: 1, windowMs: Infinity, confidence: 0.95 }) : { exhaustionMs: Infinity, earliestMs: Infinity };
  const evidence: CapacityEvidence = { samples: values.length, spanMs, mean, p99, max, exhaustionMs, earliestExhaustionMs: exhaustionMs === Infinity ? Infinity : earliestMs };
  const action = actionOf(evidence);
  const suggestedLimit = limit === undefined || action === 'keep' ? limit : sized(limit, use, evidence, action);
  return { series, action, text: sentence(resource, action, evidence, limit, suggestedLimit, unit), limit, suggestedLimit, unit, evidence };
}

/** Each value stands for the time since the one before: what was looked at more often did not last longer. */
function overTime({ values, timesMs }: Samples): Pick<CapacityEvidence, 'mean' | 'p99' | 'max'> {
  const spans = Array.from(values, (value, index) => {
    const at = Math.max(1, index); // Of the first nothing is known: as long as the second.
    return { value, ms: (timesMs[at] ?? 0) - (timesMs[at - 1] ?? 0) };
  }).sort((one, other) => one.value - other.value);
  const allMs = spans.reduce((sum, { ms }) => sum + ms, 0);
  let p99 = Number.NaN;
  let passedMs = 0;
  for (const { value, ms } of spans) {
    p99 = value;
    if ((passedMs += ms) >= 0.99 * allMs * (1 - 1e-9)) break;
  }
  return { mean: spans.reduce((sum, { value, ms }) => sum + value * ms, 0) / allMs, p99, max: spans.at(-1)?.value ?? Number.NaN };
}

function actionOf({ p99, exhaustionMs, spanMs }: CapacityEvidence): Recommendation['action'] {
  if (p99 > SHORT) return 'add';
  if (exhaustionMs <= SOON_MS) return 'soon';
  return p99 < IDLE && spanMs >= LEAST_IDLE_SPAN_MS ? 'reduce' : 'keep';
}

/** So that the 99th percentile is at what is well used; of what grows, a week from now. */
function sized(limit: number, { samples, unit }: ResourceUse, { p99, exhaustionMs }: CapacityEvidence, action: Recommendation['action']): number {
  const now = samples.values.at(-1) ?? p99;
  const inAWeek = action === 'soon' && exhaustionMs > 0 ? now + ((1 - now) * SOON_MS) / exhaustionMs : p99;
  const size = (limit * Math.max(p99, inAWeek)) / WELL_USED;
  // A tenth of a core is the least that is handed out; bytes are whole.
  return unit === 'cores' ? Math.max(0.1, Math.ceil(size * 10) / 10) : Math.ceil(size);
}

function sentence(resource: string, action: Recommendation['action'], { p99, max, spanMs, exhaustionMs }: CapacityEvidence, limit: number | undefined, suggested: number | undefined, unit: Unit): string {
  const percent = (ratio: number): string => quantity(ratio, 'ratio');
  const of = limit === undefined ? '' : ` of ${quantity(limit, unit)}`;
  const use = `${resource}: 99 % of the time at most ${percent(p99)}${of} in use, ${percent(max)} at most, over ${duration(spanMs)}`;
  const to = suggested === undefined || limit === undefined ? '' : ` to ${quantity(suggested, unit)}`;
  switch (action) {
    case 'add':
      return `${use}. Short: raise it${to}, so that it is ${percent(WELL_USED)}.`;
    case 'soon':
      return `${use}. It grows and will be full in ${duration(exhaustionMs)}: raise it${to}, or free some.`;
    case 'reduce':
      return `${use}. Mostly idle: it could be cut${to} and be at ${percent(WELL_USED)}.`;
    case 'keep':
      return `${use}. It fits.`;
  }
}

function duration(ms: number): string {
  const hours = ms / 3_600_000;
  if (hours >= 48) return `${Math.round(hours / 24)} days`;
  if (hours >= 2) return `${Math.round(hours)} hours`;
  return hours >= 1 / 30 ? `${Math.round(hours * 60)} minutes` : `${Math.round(ms / 1_000)} seconds`;
}
