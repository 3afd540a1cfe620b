/** When a series is in trouble. One alert comes of it, whose severity may rise and fall. */
export interface Threshold {
  /** Name of a series, with its labels if it has any. It need not exist yet. */
  readonly series: string;
  /** At least one of `warning` and `critical`; with both, `critical` is the farther one. */
  readonly warning?: number;
  readonly critical?: number;
  /** On which side of the bounds trouble lies. @default 'above' */
  readonly direction?: 'above' | 'below';
  /** For how long every sample must be beyond the bound before the alert fires. 0 or more. @default three intervals */
  readonly forMs?: number;
  /**
   * Hysteresis: how far back behind the bound the value must come for the alert to resolve, as a share of the
   * bound, in [0, 1). @default 0.05
   */
  readonly clearRatio?: number;
}

/**
 * Warning and critical at: CPU 80 and 95 %, memory 85 and 95 %, disk 85 and 95 %, network 80 and 95 %. CPU and
 * network are noisy, so they clear farther back.
 */
export const defaultThresholds: readonly Threshold[] = [
  { series: 'cpu.utilization', warning: 0.8, critical: 0.95, clearRatio: 0.15 },
  { series: 'memory.utilization', warning: 0.85, critical: 0.95 },
  { series: 'filesystem.utilization', warning: 0.85, critical: 0.95 },
  { series: 'network.utilization', warning: 0.8, critical: 0.95, clearRatio: 0.15 },
];
