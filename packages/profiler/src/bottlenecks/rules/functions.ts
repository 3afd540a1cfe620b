import type { ProfileData } from '../../profile-data.js';
import type { Bottleneck, BottleneckThresholds } from '../bottleneck.js';
import { confidenceAbove, errorOf, milliseconds, percent } from '../evidence.js';
import { named, ownCosts } from '../own-costs.js';

/** Fewer say nothing. */
const LEAST_SAMPLES = 20;
/** Half of less time than this is no matter. */
const LEAST_DURATION_MS = 200;

/** Functions that take long, and those that take most of the time: their own, so that `main` is none. */
export function slowFunctions({ cpu, durationMs }: ProfileData, { functionTotalMs, timeShare, hotShare }: Required<BottleneckThresholds>): Bottleneck[] {
  if (cpu === undefined) return [];
  return ownCosts(cpu).flatMap(({ frame, own, ownSamples, total }): Bottleneck[] => {
    const share = own / 1e3 / durationMs;
    if (ownSamples < LEAST_SAMPLES || share < timeShare) return [];
    const isSlow = total / 1e3 >= functionTotalMs;
    if (!isSlow && (share < hotShare || durationMs < LEAST_DURATION_MS)) return [];
    const sampled = { value: isSlow ? total / 1e3 : share, samples: isSlow ? (ownSamples * total) / own : ownSamples };
    const threshold = isSlow ? functionTotalMs : hotShare;
    return [
      {
        kind: isSlow ? 'slow-function' : 'hot-function',
        title: `${named(frame)} takes ${percent(share)} of the time`,
        evidence: `${milliseconds(total / 1e3)} with what it calls, ± ${milliseconds(errorOf({ value: total / 1e3, samples: sampled.samples }))}; ${milliseconds(own / 1e3)} its own, in ${Math.round(ownSamples)} samples`,
        nextStep: 'Look at its widest callees in the flame graph; then do less, do it once, or move it to a worker thread.',
        value: sampled.value,
        error: errorOf(sampled),
        threshold,
        unit: isSlow ? 'ms' : 'share',
        confidence: confidenceAbove(threshold, sampled),
        share,
        frame,
      },
    ];
  });
}
