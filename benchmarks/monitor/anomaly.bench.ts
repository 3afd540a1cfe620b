import { createAnomalyDetector } from '@fog/monitor';
import { defineBench, type Subject } from '../harness/bench.js';
import { movingDeviation, relativeEntropy, type Detector } from './nab-baselines.js';
import { readCorpus } from './nab-corpus.js';
import { bestThreshold, crossScore, scoreAt } from './nab-score.js';

const corpus = readCorpus();

/** `make` is given the whole series, since one of the baselines asks for its range; ours takes nothing of it. */
function subject(make: (values: readonly number[]) => Detector): Subject {
  let [turn, next] = [0, 0];
  let values: readonly number[] = [];
  let detect: Detector = () => 0;
  return {
    // One series after the other, each with a detector of its own, as they are scored.
    run: (iterations) => {
      for (let iteration = 0; iteration < iterations; iteration += 1, next += 1) {
        if (next >= values.length) {
          values = corpus[turn % corpus.length]?.values ?? [];
          detect = make(values);
          turn += 1;
          next = 0;
        }
        detect(values[next] ?? 0);
      }
      return iterations;
    },
    figures: () => {
      const scored = corpus.map((series) => {
        const detector = make(series.values);
        return { series, scores: series.values.map((value) => detector(value)) };
      });
      return { nabScore: scoreAt(scored, bestThreshold(scored)), nabScoreCrossed: crossScore(scored) };
    },
  };
}

const OURS = '@fog/monitor';
/** Looks ahead, as the corpus' own run of it does. */
const TOLD = 'relative entropy, told the range';
const RIVALS = ['moving deviation', 'relative entropy'];

export default defineBench({
  name: 'monitor/anomaly',
  title: 'Score on the series of the Numenta Anomaly Benchmark that are here, standard profile, one configuration',
  operation: 'sample',
  cases: corpus.length === 0 ? {} : { [`${corpus.length} series`]: undefined },
  contenders: {
    [OURS]: () =>
      subject(() => {
        const detector = createAnomalyDetector();
        return (value) => detector.next(value);
      }),
    'moving deviation': () => subject(movingDeviation),
    'relative entropy': () => subject(() => relativeEntropy()),
    [TOLD]: () => subject(relativeEntropy),
  },
  reference: 'moving deviation',
  rounds: 1,
  targets: (readings) =>
    corpus.length === 0
      ? []
      : [
          { id: 'ahead of the best baseline, in points', reach: '>= 0', value: readings.figure('nabScore', OURS) - Math.max(...RIVALS.map((rival) => readings.figure('nabScore', rival))) },
          { id: 'ahead of relative entropy that is told the range, in points', reach: '>= 0', value: readings.figure('nabScore', OURS) - readings.figure('nabScore', TOLD) },
          { id: 'CPU us a sample', reach: '<= 5', value: readings.cpuNs(OURS) / 1_000 },
        ],
});
