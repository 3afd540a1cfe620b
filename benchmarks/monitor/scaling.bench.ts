import { createScaler, type ScalerOptions, type ScalerReading } from '@fog/monitor';
import { defineBench, type Readings, type Subject } from '../harness/bench.js';
import { readCorpus } from './nab-corpus.js';

/** Loads that come from people: requests, bytes received, cars on roads. */
const LOADS = ['elb_request_count_8c0756', 'iio_us-east-1_i-a2eb1cd9_NetworkIn', 'ec2_network_in_257a54', 'occupancy_6005', 'occupancy_t4013'];
const corpus = readCorpus();
const loads = Object.fromEntries(LOADS.flatMap((load) => corpus.filter(({ name }) => name.includes(load)).map(({ values }) => [load, values] as const)));

const STEP_MS = 300_000;
/** Steps until a replica that was asked for serves. */
const START_UP = 2;
const TARGET = 0.7;
/** Replicas that a mean load keeps at the target. */
const USUAL = 8;
const MOST = 100;

type Decide = (reading: ScalerReading) => number;

/** One more above the band, one less below it, as simple thresholds do. */
const stepping = (): Decide => ({ replicas, value }) => Math.max(1, Math.min(MOST, value > 1.1 * TARGET ? replicas + 1 : value < 0.9 * TARGET ? replicas - 1 : replicas));

function scaler(predictive: ScalerOptions['predictive'] = 'off'): Decide {
  const made = createScaler({ target: TARGET, min: 1, max: MOST, scaleDownStabilizationMs: 3 * STEP_MS, predictive, startUpMs: START_UP * STEP_MS });
  return (reading) => made.decide(reading).replicas;
}

/** Follows a load, each replica serving one unit of it a step; what was not served, and what was not used. */
function follow(values: readonly number[], decide: Decide): { unserved: number; idle: number; changes: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  let [serving, wanted, unserved, idle, total, changes] = [USUAL, USUAL, 0, 0, 0, 0];
  const starting: number[] = Array.from({ length: START_UP }, () => 0);
  values.forEach((value, step) => {
    serving += starting.shift() ?? 0;
    const load = (value / mean) * USUAL * TARGET;
    total += load;
    unserved += Math.max(0, load - serving);
    idle += Math.max(0, serving - load);
    const next = decide({ replicas: wanted, value: load / wanted, nowMs: step * STEP_MS });
    if (next !== wanted) changes += 1;
    starting.push(Math.max(0, next - wanted));
    // What is still starting is given up first.
    for (let surplus = Math.max(0, wanted - next), at = starting.length - 1; surplus > 0; at -= 1) {
      const given = at >= 0 ? Math.min(surplus, starting[at] ?? 0) : surplus;
      if (at >= 0) starting[at] = (starting[at] ?? 0) - given;
      else serving -= given;
      surplus -= given;
    }
    wanted = next;
  });
  return { unserved: unserved / total, idle: idle / total, changes: changes / values.length };
}

const subject = (values: readonly number[], make: () => Decide): Subject => ({
  run: (iterations) => {
    const decide = make();
    for (let iteration = 0; iteration < iterations; iteration += 1) decide({ replicas: USUAL, value: (values[iteration % values.length] ?? 0) / 1e6, nowMs: iteration * STEP_MS });
    return iterations;
  },
  figures: () => {
    const { unserved, idle, changes } = follow(values, make());
    return { unservedPercent: 100 * unserved, idlePercent: 100 * idle, changesPerHundred: 100 * changes };
  },
});

const STEPPING = 'threshold stepping';
const REACTIVE = '@fog/monitor, reactive';
const PREDICTIVE = '@fog/monitor, predictive';

/** In the middle of the loads: how much of what stepping leaves unserved is left unserved. */
function medianRatio(readings: Readings, contender: string): number {
  const ratios = Object.keys(loads).map((load) => readings.figure('unservedPercent', contender, load) / readings.figure('unservedPercent', STEPPING, load));
  return ratios.sort((one, other) => one - other)[Math.floor(ratios.length / 2)] ?? Number.NaN;
}

export default defineBench({
  name: 'monitor/scaling',
  title: 'Load left unserved while replicas follow it, a replica taking two steps to start',
  operation: 'decision',
  cases: loads,
  contenders: {
    [REACTIVE]: (values: readonly number[]) => subject(values, () => scaler()),
    [PREDICTIVE]: (values: readonly number[]) => subject(values, () => scaler('raise')),
    [STEPPING]: (values: readonly number[]) => subject(values, stepping),
  },
  reference: STEPPING,
  rounds: 1,
  targets: (readings) =>
    Object.keys(loads).length === 0
      ? []
      : [
          { id: 'unserved, reactive over stepping, median of the loads', reach: '<= 0.4', value: medianRatio(readings, REACTIVE) },
          { id: 'unserved, predictive over stepping, median of the loads', reach: '<= 0.3', value: medianRatio(readings, PREDICTIVE) },
        ],
});
