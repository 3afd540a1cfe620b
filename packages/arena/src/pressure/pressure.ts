export type PressureLevel = 'normal' | 'warning' | 'critical';

/** From which part of a limit on memory is short, 0 to 1. */
export interface Thresholds {
  readonly warning: number;
  readonly critical: number;
}

const RANK: Readonly<Record<PressureLevel, number>> = { normal: 0, warning: 1, critical: 2 };

/**
 * The level that follows `level` at `ratio`. It rises as soon as a threshold is reached, and falls only once the ratio is
 * `hysteresis` below it, so that a reading that trembles around a threshold does not ring at each tremble.
 */
export function nextLevel(level: PressureLevel, ratio: number, { warning, critical }: Thresholds, hysteresis: number): PressureLevel {
  const rising: PressureLevel = ratio >= critical ? 'critical' : ratio >= warning ? 'warning' : 'normal';
  if (RANK[rising] >= RANK[level]) return rising;
  const falling: PressureLevel = ratio >= critical - hysteresis ? 'critical' : ratio >= warning - hysteresis ? 'warning' : 'normal';
  return RANK[falling] < RANK[level] ? falling : level;
}

/** The worst of several levels. */
export function worst(levels: readonly PressureLevel[]): PressureLevel {
  return levels.reduce((worst, level) => (RANK[level] > RANK[worst] ? level : worst), 'normal');
}
