import type { Estimate, Policy, SimulationEstimator } from '@fog/scheduler';

const exactly = (ms: number): Estimate => ({ medianMs: ms, lowerMs: ms, upperMs: ms, runs: 1 });

/** What the caller said. */
export const asRequested: SimulationEstimator = { predict: ({ estimateMs = 1 }) => exactly(estimateMs), observe: () => {} };
export const clairvoyant: SimulationEstimator = { predict: ({ runMs }) => exactly(Math.max(1, runMs)), observe: () => {} };

/** The mean of the user's last two runs, no more than the request; the request itself once outlived (Tsafrir et al., 2007). */
export function lastTwo(): SimulationEstimator {
  const runs = new Map<string | undefined, number[]>();
  return {
    predict: ({ tenant, estimateMs = Infinity }, elapsedMs) => {
      const [last, previous] = runs.get(tenant) ?? [];
      const mean = last === undefined || previous === undefined ? estimateMs : (last + previous) / 2;
      return exactly(elapsedMs > 0 ? estimateMs : Math.max(1, Math.min(estimateMs, mean)));
    },
    observe: ({ tenant }, durationMs) => runs.set(tenant, [durationMs, ...(runs.get(tenant) ?? [])].slice(0, 2)),
  };
}

/** First come, first served, with backfilling (Lifka, 1995). */
export const easy: Policy = { name: 'EASY', order: () => 0, weights: {}, backfill: Infinity };
/** The same, those that pass by their length. */
export const sjbf: Policy = { ...easy, name: 'EASY-SJBF', passOrder: (task) => task.estimate.medianMs };

const seconds = (ms: number): number => Math.max(1, ms / 1_000);

/** Orders by formula; `size` in processors, times in s. F1 to F4: Carastan-Santos and de Camargo, 2017; WFP3 and UNICEP: Tang et al., 2009. */
export function formulas(processors: number): Readonly<Record<string, Policy>> {
  const by = (name: string, order: (run: number, size: number, submit: number, wait: number) => number, reorders = false): [string, Policy] => [
    name,
    { ...easy, name, reorders, order: ({ estimate, sizeRatio, submittedMs }, nowMs) => order(seconds(estimate.medianMs), Math.max(1, Math.round(sizeRatio * processors)), seconds(submittedMs), (nowMs - submittedMs) / 1_000) },
  ];
  return Object.fromEntries([
    by('FCFS', () => 0),
    by('SJF', (run) => run),
    by('F1', (run, size, submit) => Math.log10(run) * size + 870 * Math.log10(submit)),
    by('F2', (run, size, submit) => Math.sqrt(run) * size + 25_600 * Math.log10(submit)),
    by('F3', (run, size, submit) => run * size + 6_860_000 * Math.log10(submit)),
    by('F4', (run, size, submit) => run * Math.sqrt(size) + 530_000 * Math.log10(submit)),
    by('WFP3', (run, size, _submit, wait) => -((wait / run) ** 3) * size, true),
    by('UNICEP', (run, size, _submit, wait) => -wait / (Math.log2(size + 1) * run), true),
  ]);
}
