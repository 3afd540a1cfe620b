/** How sure a sum over samples is. */
export interface Sampled {
  readonly value: number;
  readonly samples: number;
}

/** Half the width of the interval that holds the truth 95 % of the time: samples come as a Poisson process does. */
export const errorOf = ({ value, samples }: Sampled): number => (samples > 0 ? (1.96 * value) / Math.sqrt(samples) : 0);

/** How likely the truth is above `threshold`, 0…1. */
export function confidenceAbove(threshold: number, sampled: Sampled): number {
  const { value, samples } = sampled;
  if (samples <= 0 || value <= 0) return 0;
  return normalCdf((value - threshold) / (value / Math.sqrt(samples)));
}

/** To 1e-7: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.17. */
export function normalCdf(z: number): number {
  const t = 1 / (1 + 0.2316419 * Math.abs(z));
  const tail = (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return z > 0 ? 1 - tail : tail;
}

export const milliseconds = (ms: number): string => (ms < 1e3 ? `${ms.toFixed(ms < 10 ? 1 : 0)} ms` : `${(ms / 1e3).toFixed(2)} s`);
export const percent = (ratio: number): string => `${(ratio * 100).toFixed(ratio < 0.1 ? 1 : 0)} %`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(bytes < 10e6 ? 2 : 0)} MB`;
export const count = (value: number): string => Math.round(value).toLocaleString('en-US');
