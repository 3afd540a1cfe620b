import { invalidOption, seriesExists, seriesLimit, unknownSeries } from './errors.js';
import { History, type Samples } from './history.js';
import { mergePoints, toPoints, type Point, type ResolvedRange } from './query.js';
import { metrics, type MetricName } from './metrics.js';
import { Tier, type TierOptions, type TierValues } from './tier.js';
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

export interface RegistryOptions {
  readonly historySize: number;
  readonly maxSeries: number;
  readonly tiers?: readonly TierOptions[];
}

/** All series by name, and their history. */
export class Registry implements Recorder {
  readonly history: History;
  readonly #tiers: readonly Tier[];
  readonly #maxSeries: number;
  readonly #byName = new Map<string, Series>();
  /** The same series; an array is walked without allocating. */
  #all: Series[] = [];
  /** Takes the values of series there was no room for. */
  readonly #overflow: Series;
  #dropped = 0;
  #refused = 0;
  #revision = 0;

  readonly #options: RegistryOptions;

  constructor(options: RegistryOptions) {
    const { historySize, maxSeries, tiers = [] } = options;
    this.#options = options;
    this.history = new History(historySize);
    this.#tiers = tiers.map((options) => new Tier(options));
    this.#maxSeries = maxSeries;
    this.#overflow = ring({ name: '', metric: '', labels: {}, unit: 'count', description: '' }, historySize, []);
  }

  get size(): number {
    return this.#all.length;
  }

  /** Grows whenever a series comes or goes: what was found by metric is then to be looked for again. */
  get revision(): number {
    return this.#revision;
  }

  get bytes(): number {
    const tierBytes = this.#tiers.reduce((sum, { seriesBytes }) => sum + seriesBytes, 0);
    return this.history.bytes * (this.#all.length + 1) + tierBytes * this.#all.length;
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
   * @throws {MonitorError} `ERR_MONITOR_SERIES_EXISTS`, `ERR_MONITOR_SERIES_LIMIT`, `ERR_MONITOR_INVALID_OPTION`
   */
  claim(info: SeriesInfo): Series {
    this.checkFree([info]);
    const known = this.#byName.get(info.name);
    // Given back by whoever had it; its values may have been of another unit.
    if (known !== undefined) this.#remove(known);
    return this.#add(info);
  }

  /**
   * That all of these can be claimed. Series of one metric have one unit: rules and readers outside take them together.
   * @throws {MonitorError} `ERR_MONITOR_SERIES_EXISTS`, `ERR_MONITOR_SERIES_LIMIT`, `ERR_MONITOR_INVALID_OPTION`
   */
  checkFree(infos: readonly SeriesInfo[]): void {
    let size = this.#all.length;
    for (const { name, metric, unit } of infos) {
      if (Object.hasOwn(metrics, metric)) throw seriesExists(metric);
      const known = this.#byName.get(name);
      if (known?.released === false) throw seriesExists(name);
      const other = this.#all.find((series) => series.metric === metric && series.unit !== unit && !series.released);
      if (other !== undefined) throw invalidOption('unit', unit, `${other.unit}, the unit of ${other.name}`);
      if (known === undefined && ++size > this.#maxSeries) throw seriesLimit(name, this.#maxSeries);
    }
  }

  /** Another one with as much room and nothing in it. */
  empty(): Registry {
    return new Registry(this.#options);
  }

  /** A series like one of another registry. */
  adopt({ name, metric, labels, unit, description }: SeriesInfo): Series {
    return this.#byName.get(name) ?? this.#add({ name, metric, labels, unit, description });
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

  /** Closes the sample: what it says goes into the tiers. */
  commit(): void {
    const { slot, latestMs } = this.history;
    for (let index = 0; index < this.#tiers.length; index += 1) {
      const tier = this.#tiers[index];
      tier?.advance(latestMs);
      for (const { tiers, values } of this.#all) {
        const summed = tiers[index];
        if (summed !== undefined) tier?.add(summed, values[slot] ?? Number.NaN);
      }
    }
  }

  /** @throws {MonitorError} `ERR_MONITOR_UNKNOWN_SERIES`, `ERR_MONITOR_INVALID_OPTION` */
  get(name: string): Series {
    if (typeof name !== 'string') throw invalidOption('name', name, 'the name of a series');
    const series = this.#byName.get(name);
    if (series === undefined) throw unknownSeries(name, [...this.#byName.keys()]);
    return series;
  }

  find(name: string): Series | undefined {
    return this.#byName.get(name);
  }

  /** All series of a metric, whatever their labels. */
  ofMetric(metric: string): readonly Series[] {
    return this.#all.filter((series) => series.metric === metric);
  }

  /** The value of `series` in the latest sample, NaN if it had none. */
  latest(series: Series): number {
    return series.latest === this.history.count - 1 ? (series.values[this.history.slot] ?? Number.NaN) : Number.NaN;
  }

  read(series: Series, fromMs?: number, toMs?: number): Samples {
    return this.history.read(series.values, fromMs, toMs);
  }

  /**
   * Points of a series: summed up from its samples, or, where those no longer reach back to `fromMs`, from the finest
   * tier that does and whose buckets fill those of `stepMs`.
   */
  points(series: Series, { fromMs, toMs, stepMs }: ResolvedRange): Point[] {
    const oldest = this.history.first === 0 ? -Infinity : this.history.timeMs(this.history.first);
    if (stepMs === undefined || oldest <= fromMs) return toPoints(this.read(series, fromMs, toMs), stepMs);
    let best: { readonly tier: Tier; readonly values: TierValues } | undefined;
    for (const [index, tier] of this.#tiers.entries()) {
      const values = series.tiers[index];
      if (values === undefined || stepMs % tier.stepMs !== 0 || (best !== undefined && best.tier.sinceMs <= Math.max(fromMs, tier.sinceMs))) continue;
      if (tier.sinceMs < oldest) best = { tier, values };
    }
    return best === undefined ? toPoints(this.read(series, fromMs, toMs), stepMs) : mergePoints(best.tier.read(best.values, fromMs, toMs), stepMs);
  }

  /** The samples of a series from `fromMs` on; where the history no longer reaches back so far, means of a tier stand in. */
  since(series: Series, fromMs: number): Samples {
    const recent = this.read(series, fromMs);
    const older = this.older(series, fromMs);
    if (older.length === 0) return recent;
    const join = (mean: (point: Point) => number, values: Float64Array): Float64Array => {
      const joined = new Float64Array(older.length + values.length);
      older.forEach((point, index) => (joined[index] = mean(point)));
      joined.set(values, older.length);
      return joined;
    };
    return { timesMs: join(({ timeMs }) => timeMs, recent.timesMs), values: join(({ value }) => value, recent.values) };
  }

  /** What a tier holds of a series from `fromMs` up to where the history begins: of the finest tier that reaches back so far, or else the farthest. */
  older(series: Series, fromMs: number): readonly Point[] {
    if (this.history.first === 0) return NONE;
    const oldestMs = this.history.timeMs(this.history.first);
    if (oldestMs <= fromMs) return NONE;
    let [best, bestValues]: [Tier | undefined, TierValues | undefined] = [undefined, undefined];
    for (let index = 0; index < this.#tiers.length && (best === undefined || best.sinceMs > fromMs); index += 1) {
      const tier = this.#tiers[index];
      if (tier === undefined || (best !== undefined && tier.sinceMs >= best.sinceMs)) continue;
      [best, bestValues] = [tier, series.tiers[index]];
    }
    if (best === undefined || bestValues === undefined) return NONE;
    // Whole buckets only: none that has samples before the window or after the history's beginning.
    const { stepMs } = best;
    return best.read(bestValues, fromMs, oldestMs).filter(({ timeMs }) => timeMs >= fromMs && timeMs + stepMs <= oldestMs);
  }

  all(): readonly Series[] {
    return this.#all;
  }

  /** What there is, by name, without what is the registry's own. */
  list(): SeriesInfo[] {
    const infos = this.#all.map(({ name, metric, labels, unit, description, counted }) => ({ name, metric, labels, unit, description, ...(counted !== undefined && { total: counted() }) }));
    return infos.sort((one, other) => (one.name < other.name ? -1 : 1));
  }

  #add(info: SeriesInfo): Series {
    const series = ring(info, this.history.capacity, this.#tiers.map((tier) => tier.values()));
    this.#byName.set(info.name, series);
    this.#all.push(series);
    this.#revision += 1;
    return series;
  }

  #remove(series: Series): void {
    this.#byName.delete(series.name);
    this.#revision += 1;
    this.#all = this.#all.filter((other) => other !== series);
  }
}

const NONE: readonly Point[] = [];

const ring = (info: SeriesInfo, capacity: number, tiers: readonly TierValues[]): Series => ({
  ...info,
  values: new Float64Array(capacity).fill(Number.NaN),
  tiers,
  latest: -1,
  counted: undefined,
  released: false,
});
