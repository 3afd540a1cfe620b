import { invalidOption } from '../errors.js';
import { checkOptions } from '../refusal.js';
import { gamma, randomOf } from '../random.js';
import type { Trace, TraceTask } from './trace.js';

export interface LublinOptions {
  /** How many. An integer from 1 to 10,000,000. */
  readonly tasks: number;
  /** Of the machine. An integer ≥ 1. @default 256 */
  readonly processors?: number;
  /** Any integer; the same seed gives the same trace. @default 1 */
  readonly seed?: number;
  /**
   * How far callers overestimate: an estimate is uniform between the run time and this many times more (the f-model;
   * Mu'alem and Feitelson, 2001). 0 makes callers clairvoyant. At least 0. @default 3
   */
  readonly overestimate?: number;
  /** Time between submissions, compared with the model's. Above 0, at most 1,000; less is more load. @default 1 */
  readonly interarrival?: number;
}

const MOST_TASKS = 10_000_000;

/** Constants of the model's batch jobs, as published. */
const SERIAL = 0.244;
const POWER_OF_TWO = 0.576;
const LEAST_SIZE = 0.8;
const MIDDLE_BELOW_MOST = 2.5;
const BELOW_MIDDLE = 0.86;
const SHORT = [4.2, 0.94] as const;
const LONG = [312, 0.03] as const;
const SHORT_SLOPE = -0.0054;
const SHORT_SHARE = 0.78;
/** Two days, as a logarithm of seconds. */
const LONGEST = 12;
const GAP = [10.2303, 0.4871] as const;
const DAY = [8.1737, 3.9631] as const;
const DAY_BEGINS_H = 11;
const BUCKETS = 48;
const BUCKET_S = 1_800;

/**
 * A trace of rigid parallel jobs by the model of Lublin and Feitelson ("The workload on parallel supercomputers", 2003): sizes by a
 * two-stage uniform distribution of their logarithms with many powers of two, run times hyper-gamma and longer for larger jobs, submissions
 * gamma with a daily cycle. The cycle's weights are its density in the middle of each half hour.
 * @throws {SchedulerError} `ERR_SCHEDULER_INVALID_OPTION`.
 */
export function lublinTrace(options: LublinOptions): Trace {
  checkOptions(options, ['tasks', 'processors', 'seed', 'overestimate', 'interarrival']);
  const { tasks: count, processors = 256, seed = 1, overestimate = 3, interarrival = 1 } = options;
  for (const [name, value] of Object.entries({ tasks: count, processors })) if (!(Number.isInteger(value) && value >= 1)) throw invalidOption(name, value, 'an integer ≥ 1');
  if (count > MOST_TASKS) throw invalidOption('tasks', count, `at most ${MOST_TASKS}`);
  if (!Number.isInteger(seed)) throw invalidOption('seed', seed, 'an integer');
  if (!(typeof overestimate === 'number' && overestimate >= 0 && overestimate < Infinity)) throw invalidOption('overestimate', overestimate, 'a number ≥ 0');
  if (!(typeof interarrival === 'number' && interarrival > 0 && interarrival <= 1_000)) throw invalidOption('interarrival', interarrival, 'a number above 0, at most 1,000');
  const random = randomOf(seed);
  const arrivals = arrivalsOf(random, interarrival);
  const tasks = Array.from({ length: count }, (_, index): TraceTask => {
    const cpu = sizeOf(random, processors);
    const runMs = runSecondsOf(random, cpu) * 1_000;
    return { id: String(index + 1), name: 'job', submitMs: arrivals(), runMs, estimateMs: Math.ceil((runMs * (1 + overestimate * random())) / 1_000) * 1_000, needs: { cpu } };
  });
  return { tasks, processors };
}

function sizeOf(random: () => number, processors: number): number {
  const most = Math.log2(processors);
  if (most < 1 || random() <= SERIAL) return 1;
  const middle = Math.max(LEAST_SIZE, most - MIDDLE_BELOW_MOST);
  const [from, to] = random() <= BELOW_MIDDLE ? [LEAST_SIZE, middle] : [middle, most];
  const size = from + (to - from) * random();
  const rounded = random() <= POWER_OF_TWO ? Math.round(size) : size;
  return Math.min(processors, Math.round(2 ** rounded));
}

function runSecondsOf(random: () => number, cpu: number): number {
  const share = Math.min(1, Math.max(0, SHORT_SLOPE * cpu + SHORT_SHARE));
  for (;;) {
    const [shape, scale] = random() <= share ? SHORT : LONG;
    const seconds = gamma(random, shape, scale);
    if (seconds <= LONGEST) return Math.ceil(Math.exp(seconds));
  }
}

/** Each call gives the time of the next submission, ms: gaps of the busiest hours, stretched where the day's weight is lower. */
function arrivalsOf(random: () => number, interarrival: number): () => number {
  const [shape, scale] = DAY;
  const density = (x: number): number => x ** (shape - 1) * Math.exp(-x / scale);
  const begins = (DAY_BEGINS_H * BUCKETS) / 24;
  const weights = Array.from({ length: BUCKETS }, (_, bucket) => density(begins + bucket + 0.5));
  const mean = weights.reduce((sum, weight) => sum + weight, 0) / BUCKETS;
  let nowS = 0;
  return () => {
    let left = Math.min(Math.exp(gamma(random, GAP[0], GAP[1])), BUCKETS * BUCKET_S) * interarrival;
    for (;;) {
      const bucket = Math.floor(nowS / BUCKET_S);
      // The first bucket of the trace is that in which the day begins.
      const speed = (weights[bucket % BUCKETS] ?? 1) / mean;
      const untilS = (bucket + 1) * BUCKET_S - nowS;
      if (untilS * speed >= left) {
        nowS += left / speed;
        return Math.round(nowS) * 1_000;
      }
      left -= untilS * speed;
      nowS += untilS;
    }
  };
}
