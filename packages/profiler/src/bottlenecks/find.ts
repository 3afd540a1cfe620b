import type { ProfileData } from '../profile-data.js';
import { type Bottleneck, type BottleneckThresholds, resolveThresholds } from './bottleneck.js';
import { hotBuiltins } from './rules/builtins.js';
import { eventLoopStalls, promiseStorm } from './rules/event-loop.js';
import { slowFunctions } from './rules/functions.js';
import { repeatedWaits, transferRates } from './rules/io.js';
import { externalLeak, gcPressure, largeAllocations, leakSuspects } from './rules/memory.js';
import { syncIo } from './rules/sync-io.js';

const RULES = [hotBuiltins, syncIo, slowFunctions, gcPressure, largeAllocations, leakSuspects, externalLeak, transferRates, repeatedWaits, promiseStorm, eventLoopStalls] as const;

/** Less likely than not is no finding. */
const LEAST_CONFIDENCE = 0.5;

/** What is worth a look, what takes time first, by the share it has; nothing of a healthy program. */
export function findBottlenecks(data: ProfileData, thresholds: BottleneckThresholds = {}): readonly Bottleneck[] {
  const resolved = resolveThresholds(thresholds);
  const timed = { ...data, durationMs: data.durationMs || sampledMs(data) || Infinity }; // Where no time is known, shares and rates are none.
  const found = RULES.flatMap((rule) => rule(timed, resolved)).filter(({ confidence }) => confidence >= LEAST_CONFIDENCE);
  return found.filter((one) => !found.some((other) => explains(other, one))).sort((a, b) => Number(takesTime(b)) - Number(takesTime(a)) || b.share - a.share);
}

/** Files of other tools may hold samples and tell no duration. */
const sampledMs = ({ cpu }: ProfileData): number => (cpu?.values.at(-1)?.reduce((sum, us) => sum + us, 0) ?? 0) / 1e3;

/** What allocates much costs time only as garbage is collected, which is a finding of its own. */
const takesTime = ({ kind }: Bottleneck): boolean => kind !== 'large-allocation';

/** A function is slow because of what it calls: then that is the finding. */
function explains(cause: Bottleneck, effect: Bottleneck): boolean {
  if (effect.kind !== 'slow-function' && effect.kind !== 'hot-function') return false;
  return (cause.kind === 'hot-builtin' || cause.kind === 'sync-io') && cause.frame === effect.frame && cause.share >= effect.share / 2;
}
