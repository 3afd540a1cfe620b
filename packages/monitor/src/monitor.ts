import type { Trend, TrendOptions } from './analysis/trend.js';
import type { MonitorOptions } from './options.js';
import type { Point, QueryRange } from './query.js';
import type { Alert, AlertListener } from './rules/alert.js';
import type { SeriesInfo } from './series.js';
import type { GaugeOptions } from './sources/gauges.js';
import type { MonitorStats } from './stats.js';

/** One consistent reading: every series that had a value in the latest sample. */
export interface Snapshot {
  /** When it was taken, on the monitor's clock; 0 before the first sample. Wall time is `performance.timeOrigin + timeMs`. */
  readonly timeMs: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface SampleOptions {
  readonly signal?: AbortSignal;
}

export interface Monitor extends AsyncDisposable {
  /** Takes a sample now and then every `intervalMs`. The timer does not keep the process alive. Again: no effect. */
  start(): void;
  /**
   * Takes one sample now, started or not. Rates need two samples; the first one is what they count from.
   * @throws {MonitorError} `ERR_MONITOR_CLOSED`; or `signal.reason`.
   */
  sample(options?: SampleOptions): Promise<Snapshot>;
  /** The latest sample. */
  snapshot(): Snapshot;
  /** Every sample from now on, until `close()`. A consumer slower than the samples gets the latest and misses others. */
  samples(options?: SampleOptions): AsyncIterable<Snapshot>;
  /**
   * Adds a signal of your own, read at every sample. Returns what removes it again.
   * A `read` that throws or gives no finite number is counted and hurts nothing else.
   * @throws {MonitorError} `ERR_MONITOR_SERIES_EXISTS`, `ERR_MONITOR_SERIES_LIMIT`, `ERR_MONITOR_INVALID_OPTION`, `ERR_MONITOR_CLOSED`.
   */
  gauge(name: string, read: () => number, options?: GaugeOptions): () => void;
  /** Every series known now, by name. */
  series(): readonly SeriesInfo[];
  /** @throws {MonitorError} `ERR_MONITOR_UNKNOWN_SERIES`, `ERR_MONITOR_INVALID_OPTION`. */
  query(name: string, range?: QueryRange): readonly Point[];
  /** @throws {MonitorError} `ERR_MONITOR_UNKNOWN_SERIES`, `ERR_MONITOR_INVALID_OPTION`. */
  trend(name: string, options?: TrendOptions): Trend;
  /** Alerts pending or firing now. */
  alerts(): readonly Alert[];
  /** Calls `listener` when an alert fires, changes its severity or resolves. Returns what ends that. */
  onAlert(listener: AlertListener): () => void;
  stats(): MonitorStats;
  /** Ends sampling and gives back files, timers and observers; history stays readable. */
  close(): Promise<void>;
}

export declare function createMonitor(options?: MonitorOptions): Monitor;
