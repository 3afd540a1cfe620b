import { seriesExists, seriesLimit, unknownSeries } from './errors.js';
import { History, type Samples } from './history.js';
import { metrics, type MetricName } from './metrics.js';
import { seriesName, type Labels, type Series, type SeriesInfo } from './series.js';

/** What sources see of the registry. */
export interface Recorder {
  /** The series of a metric, made when there is none. Beyond `maxSeries`, one that nobody will see. */
  open(metric: MetricName, labels?: Labels): Series;
  /** Sets the value of `series` in the sample being taken. NaN: it has none this time. An infinite one is dropped and counted. */
  record(series: Series, value: number): void;
  /** Counts a value that was no finite number. */
  drop(): void;
  /** Nobody will record `series` any more: it goes once its last value has left the history. */
  release(series: Series): void;
}

/** All series by name, and their history. */
export class Registry implements Recorder {
  readonly history: History;
  readonly #maxSeries: number;
  readonly #byName = new Map<string, Series>();
  /** The same series; an array is walked without allocating. */
  #all: Series[] = [];
  /** Takes the values of series there was no room for. */
  readonly #overflow: Series;
  #dropped = 0;
  #refused = 0;

  constructor({ historySize, maxSeries }: { readonly historySize: number; readonly maxSeries: number }) {
    this.history = new History(historySize);
    this.#maxSeries = maxSeries;
    this.#overflow = ring({ name: '', metric: '', labels: {}, unit: 'count', description: '' }, historySize);
  }

  get size(): number {
    return this.#all.length;
  }

  get bytes(): number {
    return this.history.bytes * (this.#all.length + 1);
  }

  get droppedTotal(): number {
    return this.#dropped;
  }

  get refusedTotal(): number {
    return this.#refused;
  }

  open(metric: MetricName, labels: Labels = {}): Series {
    const name = seriesName(metric, labels);
    const known = this.#byName.get(name);
    if (known !== undefined) {
      known.released = false;
      return known;
    }
    if (this.#all.length < this.#maxSeries) return this.#add({ name, metric, labels, ...metrics[metric] });
    this.#refused += 1;
    return this.#overflow;
  }

  /**
   * A series somebody named themselves.
   * @throws {MonitorError} `ERR_MONITOR_SERIES_EXISTS`, `ERR_MONITOR_SERIES_LIMIT`
   */
  claim(info: SeriesInfo): Series {
    if (Object.hasOwn(metrics, info.metric)) throw seriesExists(info.metric);
    const known = this.#byName.get(info.name);
    if (known?.released === false) throw seriesExists(info.name);
    // Given back by whoever had it; its values may have been of another unit.
    if (known !== undefined) this.#remove(known);
    if (this.#all.length >= this.#maxSeries) throw seriesLimit(info.name, this.#maxSeries);
    return this.#add(info);
  }

  record(series: Series, value: number): void {
    if (Number.isNaN(value)) return;
    if (!Number.isFinite(value)) return this.drop();
    series.values[this.history.slot] = value;
    series.latest = this.history.count - 1;
  }

  drop(): void {
    this.#dropped += 1;
  }

  release(series: Series): void {
    series.released = true;
  }

  /** Opens the next sample, in which no series has a value yet. */
  begin(timeMs: number): void {
    this.history.advance(timeMs);
    const { slot, first } = this.history;
    let gone = 0;
    for (const series of this.#all) {
      series.values[slot] = Number.NaN;
      if (series.released && series.latest < first) gone += 1;
    }
    if (gone > 0) for (const series of this.#all.filter(({ released, latest }) => released && latest < first)) this.#remove(series);
  }

  /** @throws {MonitorError} `ERR_MONITOR_UNKNOWN_SERIES` */
  get(name: string): Series {
    const series = this.#byName.get(name);
    if (series === undefined) throw unknownSeries(name, [...this.#byName.keys()]);
    return series;
  }

  find(name: string): Series | undefined {
    return this.#byName.get(name);
  }

  /** The value of `series` in the latest sample, NaN if it had none. */
  latest(series: Series): number {
    return series.latest === this.history.count - 1 ? (series.values[this.history.slot] ?? Number.NaN) : Number.NaN;
  }

  read(series: Series, fromMs?: number, toMs?: number): Samples {
    return this.history.read(series.values, fromMs, toMs);
  }

  all(): readonly Series[] {
    return this.#all;
  }

  /** What there is, by name, without what is the registry's own. */
  list(): SeriesInfo[] {
    const infos = this.#all.map(({ name, metric, labels, unit, description }) => ({ name, metric, labels, unit, description }));
    return infos.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  #add(info: SeriesInfo): Series {
    const series = ring(info, this.history.capacity);
    this.#byName.set(info.name, series);
    this.#all.push(series);
    return series;
  }

  #remove(series: Series): void {
    this.#byName.delete(series.name);
    this.#all = this.#all.filter((other) => other !== series);
  }
}

const ring = (info: SeriesInfo, capacity: number): Series => ({
  ...info,
  values: new Float64Array(capacity).fill(Number.NaN),
  latest: -1,
  released: false,
});
