const BARS = '▁▂▃▄▅▆▇█';

/** Values as a row of bars, the latest `width` of them; from the least to the most, or from 0 to `most` if that is given. */
export function sparkline(values: readonly number[], width: number, most?: number): string {
  const shown = values.slice(-width);
  const low = most === undefined ? Math.min(...shown) : 0;
  const high = most ?? Math.max(...shown);
  return shown.map((value) => bar(high > low ? (value - low) / (high - low) : 0)).join('').padStart(width);
}

const bar = (share: number): string => BARS[Math.max(0, Math.min(BARS.length - 1, Math.floor(share * BARS.length)))] ?? ' ';
