import type { Registry } from '../registry.js';
import { seriesName, type Series, type SeriesInfo, type Unit } from '../series.js';
import type { Source } from '../sources/source.js';
import { Buckets } from './buckets.js';

/**
 * Sizes or durations of what happens. Five series say how they were spread since the sample before: `.mean`, `.p50`,
 * `.p99`, `.max`, and `.rate`, how many there were per second. In a sample without values only `.rate` has one.
 */
export interface Histogram {
  /** Takes a finite number of 0 or more; anything else is dropped and counted in `stats()`. Quantiles are told to within 1.6 %, from 2⁻⁴⁸ to 2⁶⁴. */
  record(value: number): void;
  /** Ends the series; their history stays until it has grown too old. */
  remove(): void;
}

export class HistogramSource implements Source {
  readonly name: string;
  readonly #mean: Series;
  readonly #p50: Series;
  readonly #p99: Series;
  readonly #max: Series;
  readonly #rate: Series;
  readonly #registry: Registry;
  readonly #buckets = new Buckets();
  #total = 0;
  #previousMs: number;

  /** @throws {MonitorError} `ERR_MONITOR_SERIES_EXISTS`, `ERR_MONITOR_SERIES_LIMIT`; it then has none of its series. */
  constructor(info: SeriesInfo, registry: Registry, nowMs: number) {
    const part = (name: string, unit: Unit = info.unit): SeriesInfo => {
      const metric = `${info.metric}.${name}`;
      return { ...info, name: seriesName(metric, info.labels), metric, unit };
    };
    const [mean, p50, p99, max, rate] = [part('mean'), part('p50'), part('p99'), part('max'), part('rate', 'perSecond')];
    registry.checkFree([mean, p50, p99, max, rate]);
    this.name = `histogram ${info.name}`;
    this.#mean = registry.claim(mean);
    this.#p50 = registry.claim(p50);
    this.#p99 = registry.claim(p99);
    this.#max = registry.claim(max);
    this.#rate = registry.claim(rate);
    this.#rate.counted = () => this.#total + this.#buckets.count;
    this.#registry = registry;
    this.#previousMs = nowMs;
  }

  record(value: number): void {
    if (typeof value === 'number' && value >= 0 && value < Infinity) this.#buckets.add(value);
    else this.#registry.drop();
  }

  collect(timeMs: number): void {
    // Made and sampled in the same millisecond: what was recorded counts towards the next sample.
    if (timeMs <= this.#previousMs) return;
    const { count, mean, max } = this.#buckets;
    this.#registry.record(this.#rate, (count * 1_000) / (timeMs - this.#previousMs));
    if (count > 0) {
      this.#registry.record(this.#mean, mean);
      this.#registry.record(this.#p50, this.#buckets.quantile(0.5));
      this.#registry.record(this.#p99, this.#buckets.quantile(0.99));
      this.#registry.record(this.#max, max);
    }
    this.#total += count;
    this.#buckets.clear();
    this.#previousMs = timeMs;
  }

  close(): void {
    for (const series of [this.#mean, this.#p50, this.#p99, this.#max, this.#rate]) this.#registry.release(series);
  }
}
