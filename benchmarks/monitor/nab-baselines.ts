/** Score of the next value; made anew for each series. */
export type Detector = (value: number) => number;

/** Deviations from a moving mean, in moving standard deviations. */
export function movingDeviation(): Detector {
  const share = 0.01;
  let mean = Number.NaN;
  let variance = 0;
  let seen = 0;
  return (value) => {
    seen += 1;
    if (seen === 1) mean = value;
    const deviation = value - mean;
    const score = seen < 20 ? 0 : Math.abs(deviation) / Math.sqrt(variance + 1e-9 * (1 + mean * mean));
    const weight = Math.max(share, 1 / seen);
    mean += weight * deviation;
    variance = (1 - weight) * (variance + weight * deviation * deviation);
    return score;
  };
}

/** Settings of Wang et al. 2011 as the corpus uses them; `CHI_SQUARE` is that of 4 degrees of freedom at 1 %. */
const CELLS = 5;
const WINDOW = 52;
const CHI_SQUARE = 13.277;

/**
 * Relative entropy (Wang et al. 2011): the histogram of the latest values against those met before; new is one that
 * agrees with none. With `range`, as the corpus runs it, it is told least and most of the whole series, which it could
 * not know; without, it goes by those seen so far.
 */
export function relativeEntropy(range: readonly number[] = []): Detector {
  let least = range.reduce((one, other) => Math.min(one, other), Infinity);
  let most = range.reduce((one, other) => Math.max(one, other), -Infinity);
  const latest: number[] = [];
  const known: number[][] = [];
  return (value) => {
    least = Math.min(least, value);
    most = Math.max(most, value);
    latest.push(value);
    if (latest.length > WINDOW) latest.shift();
    if (latest.length < WINDOW) return 0;
    const width = (most - least || 1) / CELLS;
    const shares = Array.from({ length: CELLS }, () => 0);
    for (const each of latest) {
      const cell = Math.min(CELLS - 1, Math.floor((each - least) / width));
      shares[cell] = (shares[cell] ?? 0) + 1 / WINDOW;
    }
    if (known.some((each) => 2 * WINDOW * divergence(shares, each) < CHI_SQUARE)) return 0;
    known.push(shares);
    return known.length === 1 ? 0 : 1;
  };
}

const divergence = (one: readonly number[], other: readonly number[]): number =>
  one.reduce((sum, share, cell) => sum + (share === 0 ? 0 : share * Math.log(share / Math.max(other[cell] ?? 0, 1e-6))), 0);
