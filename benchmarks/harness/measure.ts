import type { Subject } from './bench.js';

/** What one process found out about one contender; times are medians of its samples, an operation. */
export interface Measurement {
  readonly cpuNs: number;
  readonly wallNs: number;
  readonly figures: Readonly<Record<string, number>>;
}

const SAMPLE_MS = 60;
const SAMPLES = 5;
/** Each, of those in turn: enough for all to have had good moments and bad ones. */
const SAMPLES_IN_TURN = 15;
const MOST_ITERATIONS = 2 ** 30;
/** Enough to drown the granularity of V8's allocation areas, about 300 KB; fewer of what takes over 10 us. */
const HEAP_ITERATIONS = 50_000;
const HEAP_MS = 500;

/** Warms the subjects up, then takes samples long enough for the clocks' resolution, in turn where there are several. */
export async function measure(subjects: readonly Subject[], warmUpMs: number): Promise<Measurement[]> {
  const contestants: Contestant[] = [];
  for (const subject of subjects) contestants.push({ subject, iterations: await calibrate(subject, warmUpMs), samples: [] });
  // Collected once, and run again before it counts: a full collection drops the compiled code of classes that have no
  // instance alive, and one before each sample would measure compilers.
  globalThis.gc?.();
  for (const { subject, iterations } of contestants) await timed(subject, iterations);
  const inTurn = contestants.length > 1;
  for (let turn = 0; turn < (inTurn ? SAMPLES_IN_TURN : SAMPLES); turn += 1)
    // To and fro, so that nobody always follows the same.
    for (const { subject, iterations, samples } of turn % 2 === 0 ? contestants : contestants.toReversed()) {
      // Back from a pause, in which its code went out of the caches and its connections have to be looked at.
      if (inTurn) await subject.run(iterations);
      samples.push(await timed(subject, iterations));
    }
  return Promise.all(
    contestants.map(async ({ subject, iterations, samples }) => ({
      cpuNs: middle(samples.map(({ cpuNs }) => cpuNs / iterations)),
      wallNs: middle(samples.map(({ wallNs }) => wallNs / iterations)),
      figures: (await subject.figures?.()) ?? {},
    })),
  );
}

interface Contestant {
  readonly subject: Subject;
  readonly iterations: number;
  readonly samples: { cpuNs: number; wallNs: number }[];
}

/** Doubles the iterations until a run is long enough, for as long as the compilers need to settle. */
async function calibrate(subject: Subject, warmUpMs: number): Promise<number> {
  const startNs = process.hrtime.bigint();
  for (let iterations = 1; ; ) {
    const { wallNs } = await timed(subject, iterations);
    const elapsedMs = Number(process.hrtime.bigint() - startNs) / 1e6;
    if (elapsedMs >= warmUpMs && wallNs / 1e6 >= SAMPLE_MS / 4) return Math.max(1, Math.round((iterations * SAMPLE_MS * 1e6) / wallNs));
    if (wallNs / 1e6 < SAMPLE_MS) iterations *= 2;
    if (iterations > MOST_ITERATIONS) throw new Error('run() takes no longer for more iterations: it does not do them, or they were optimised away');
  }
}

async function timed(subject: Subject, iterations: number): Promise<{ cpuNs: number; wallNs: number }> {
  const cpu = process.cpuUsage();
  const startNs = process.hrtime.bigint();
  await subject.run(iterations);
  const wallNs = Number(process.hrtime.bigint() - startNs);
  const { user, system } = process.cpuUsage(cpu);
  return { cpuNs: (user + system) * 1_000, wallNs };
}

/**
 * JavaScript heap allocated an operation: the heap's growth while nothing is collected, for which the process needs a
 * young generation that holds it all (`round.ts`). `NaN` where a collection came all the same.
 */
export async function measureHeap(subject: Subject, warmUpMs: number): Promise<number> {
  // Timed, as one iteration alone may take longer than a sample should.
  const calibrated = await calibrate(subject, warmUpMs);
  const { wallNs } = await timed(subject, calibrated);
  const iterations = Math.min(HEAP_ITERATIONS, Math.ceil((calibrated * HEAP_MS * 1e6) / wallNs));
  const grown: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    globalThis.gc?.();
    const before = process.memoryUsage().heapUsed;
    await subject.run(iterations);
    grown.push((process.memoryUsage().heapUsed - before) / iterations);
  }
  const median = middle(grown);
  return median >= 0 ? median : Number.NaN;
}

function middle(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
