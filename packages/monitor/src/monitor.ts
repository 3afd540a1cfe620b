import { abortable } from './abortable.js';
import { recommendations, whatElseMoved } from './advice.js';
import { Alerting } from './alerting.js';
import { AnomalyScores } from './anomaly-scores.js';
import type { Recommendation } from './analysis/capacity.js';
import type { Coincidence, CoincidenceOptions } from './analysis/coincidence.js';
import { forecast, resolveForecastOptions, type Forecast, type ForecastOptions } from './analysis/forecast.js';
import { findTrend, resolveTrendOptions, type Trend, type TrendOptions } from './analysis/trend.js';
import { Cadence } from './cadence.js';
import type { Clock, Timer } from './clock.js';
import { invalidOption, monitorClosed } from './errors.js';
import { pressureExceeded, sampleTaken, sourceFailed } from './events.js';
import { CounterSource, type Counter } from './instruments/counter.js';
import { Gauge } from './instruments/gauge.js';
import { HistogramSource, type Histogram } from './instruments/histogram.js';
import { resolveCounter, resolveSignal, type SignalOptions } from './instruments/signal.js';
import { NextSample } from './next-sample.js';
import { checkNames, resolveSignalOption } from './option-names.js';
import { MIN_INTERVAL_MS, resolveOptions, type MonitorOptions, type ResolvedOptions } from './options.js';
import { resolveRange, type Point, type QueryRange } from './query.js';
import { Registry } from './registry.js';
import type { Alert, AlertListener } from './rules/alert.js';
import { replay, type DryRun } from './rules/replay.js';
import type { RuleSet } from './rules/rule.js';
import type { Silence, SilenceOptions } from './rules/silences.js';
import { Sampler } from './sampler.js';
import type { SeriesInfo } from './series.js';
import { fileSystemSources } from './sources/filesystem.js';
import { Handles } from './sources/handles.js';
import { Heap } from './sources/heap.js';
import { machineSources, pressureFolder } from './sources/machine.js';
import { PressureTriggers, type Resource } from './sources/pressure-trigger.js';
import { Runtime } from './sources/runtime.js';
import type { MonitorStats } from './stats.js';
import { TimeLine } from './time-line.js';

/** One consistent reading: every series that had a value in the latest sample. */
export interface Snapshot {
  /** When it was taken, on the monitor's clock; 0 before the first sample. Wall time is `performance.timeOrigin + timeMs`. */
  readonly timeMs: number;
  readonly values: Readonly<Record<string, number>>;
}

export interface SampleOptions {
  readonly signal?: AbortSignal;
}

export interface LoadOptions {
  /** Name of the file, for messages. @default 'rules' */
  readonly file?: string;
}

/** `for await (const snapshot of monitor)` is `samples()`. */
export interface Monitor extends AsyncDisposable, AsyncIterable<Snapshot> {
  /**
   * Takes a sample now and then every `intervalMs`, or every `urgentIntervalMs` while there is cause. The timer does not
   * keep the process alive, unless somebody waits for `samples()`. Again: no effect.
   */
  start(): void;
  /**
   * Takes one sample now, started or not. Rates need two samples; the first one is what they count from. Waits for what
   * is read in the background, such as file systems, for 5 s at most, and once for each read that hangs.
   * @throws {MonitorError} `ERR_MONITOR_CLOSED`, `ERR_MONITOR_INVALID_OPTION`; or `signal.reason`.
   */
  sample(options?: SampleOptions): Promise<Snapshot>;
  /** The latest sample. */
  snapshot(): Snapshot;
  /**
   * Every sample from now on, until `close()`. A consumer slower than the samples gets the latest and misses others. While
   * one waits, the timer that `start()` sets keeps the process alive.
   * @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION`, at once
   */
  samples(options?: SampleOptions): AsyncIterable<Snapshot>;
  /**
   * Adds a signal of your own, read at every sample. Returns what removes it again.
   * A `read` that throws or gives no finite number is counted and hurts nothing else.
   * @throws {MonitorError} `ERR_MONITOR_SERIES_EXISTS`, `ERR_MONITOR_SERIES_LIMIT`, `ERR_MONITOR_INVALID_OPTION`, `ERR_MONITOR_CLOSED`.
   */
  gauge(name: string, read: () => number, options?: SignalOptions): () => void;
  /**
   * Adds a counter of your own, whose series is a rate.
   * @throws {MonitorError} as `gauge`.
   */
  counter(name: string, options?: SignalOptions): Counter;
  /**
   * Adds a histogram of your own: five series. Shaped for a `record` at every request; it allocates nothing.
   * @throws {MonitorError} as `gauge`.
   */
  histogram(name: string, options?: SignalOptions): Histogram;
  /** Every series known now, by name. */
  series(): readonly SeriesInfo[];
  /** @throws {MonitorError} `ERR_MONITOR_UNKNOWN_SERIES`, `ERR_MONITOR_INVALID_OPTION`. */
  query(name: string, range?: QueryRange): readonly Point[];
  /** @throws {MonitorError} `ERR_MONITOR_UNKNOWN_SERIES`, `ERR_MONITOR_INVALID_OPTION`. */
  trend(name: string, options?: TrendOptions): Trend;
  /** When a series reaches a limit. @throws {MonitorError} `ERR_MONITOR_UNKNOWN_SERIES`, `ERR_MONITOR_INVALID_OPTION`. */
  forecast(name: string, options: ForecastOptions): Forecast;
  /**
   * Which other series moved at about the time at which an alert began or a series moved, the most telling first: hints
   * where to look, not causes.
   * @throws {MonitorError} `ERR_MONITOR_UNKNOWN_SERIES`, `ERR_MONITOR_INVALID_OPTION`.
   */
  whatElseMoved(about: Alert | string, options?: CoincidenceOptions): readonly Coincidence[];
  /** What the history says about the size of CPU, memory, file systems and network, in words and numbers. */
  recommendations(): readonly Recommendation[];
  /** Alerts pending or firing now. */
  alerts(): readonly Alert[];
  /** Calls `listener` when an alert fires, changes its severity or resolves. Returns what ends that. */
  onAlert(listener: AlertListener): () => void;
  /**
   * Replaces the alert rules. Alerts of rules with the same group, name and labels go on where they are; those of rules
   * that are no more resolve at the next sample.
   * @throws {MonitorError} `ERR_MONITOR_INVALID_RULES`, the old rules then stay; `ERR_MONITOR_INVALID_OPTION`, `ERR_MONITOR_CLOSED`.
   */
  loadRules(rules: string | RuleSet, options?: LoadOptions): void;
  /**
   * What rules would have told of the history from `fromMs` to `toMs`, both included. No action is run and no state changed.
   * @throws {MonitorError} `ERR_MONITOR_INVALID_RULES`, `ERR_MONITOR_INVALID_OPTION`.
   */
  dryRun(rules: string | RuleSet, fromMs?: number, toMs?: number): DryRun;
  /** Alerts with these labels are told to nobody for a while. @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
  silence(options: SilenceOptions): Silence;
  /** Silences under way. */
  silences(): readonly Silence[];
  stats(): MonitorStats;
  /** Ends sampling and gives back files, timers and observers; history stays readable. */
  close(): Promise<void>;
}

/**
 * Makes a monitor; `start()` sets it going.
 * @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION`; `ERR_MONITOR_SOURCE_UNAVAILABLE` when `source` or `scope` ask for
 * what this machine has not.
 */
export function createMonitor(options: MonitorOptions = {}): Monitor {
  return new SamplingMonitor(resolveOptions(options));
}

class SamplingMonitor implements Monitor {
  readonly #name: string;
  readonly #source: ResolvedOptions['source'];
  readonly #cadence: Cadence;
  readonly #clock: Clock;
  readonly #time: TimeLine;
  readonly #registry: Registry;
  readonly #sampler: Sampler;
  readonly #alerting: Alerting;
  readonly #next = new NextSample();
  #triggers: PressureTriggers | undefined;
  #timer: Timer | undefined;
  /** Time between samples now. */
  #intervalMs: number;
  #closed = false;
  /** How many wait for the next sample. */
  #waiting = 0;

  constructor(options: ResolvedOptions) {
    const { name, intervalMs, urgentIntervalMs, source, filesystems, anomalies, clock } = options;
    this.#name = name;
    this.#source = source;
    this.#intervalMs = intervalMs;
    this.#cadence = new Cadence(intervalMs, urgentIntervalMs);
    this.#clock = clock;
    this.#time = new TimeLine(clock);
    this.#registry = new Registry(options);
    this.#sampler = new Sampler(this.#registry, clock, (failed, error) => sourceFailed(name, failed, error));
    this.#alerting = new Alerting({ ...options, monitor: name });
    if (options.rules !== undefined) this.#alerting.load(options.rules, 'rules');
    for (const added of machineSources(source, options.scope, this.#registry)) this.#sampler.add(added);
    this.#sampler.add(new Runtime(this.#registry, clock));
    this.#sampler.add(new Heap(this.#registry));
    this.#sampler.add(new Handles(this.#registry));
    for (const added of fileSystemSources(filesystems, this.#registry, () => this.#time.nowMs())) this.#sampler.add(added);
    if (anomalies.length > 0) this.#sampler.addLast(new AnomalyScores(anomalies, this.#registry));
  }

  start(): void {
    this.#refuseIfClosed('start()');
    if (this.#timer !== undefined) return;
    const folder = pressureFolder(this.#source);
    if (folder !== undefined) this.#triggers = new PressureTriggers(folder, this.#pressed, () => this.#time.nowMs());
    this.#setTimer();
    this.#tick();
  }

  async sample(options: SampleOptions = {}): Promise<Snapshot> {
    const signal = resolveSignalOption('sample option', options);
    this.#refuseIfClosed('sample()');
    signal?.throwIfAborted();
    this.#sampler.prepare();
    await abortable(this.#sampler.prepared(), signal);
    signal?.throwIfAborted();
    this.#refuseIfClosed('sample()');
    this.#take();
    return this.snapshot();
  }

  snapshot(): Snapshot {
    const values: Record<string, number> = {};
    for (const series of this.#registry.all()) {
      const value = this.#registry.latest(series);
      if (!Number.isNaN(value)) values[series.name] = value;
    }
    return { timeMs: Math.max(0, this.#registry.history.latestMs), values };
  }

  samples(options: SampleOptions = {}): AsyncGenerator<Snapshot, void, void> {
    return this.#samples(resolveSignalOption('sample option', options));
  }

  async *#samples(signal: AbortSignal | undefined): AsyncGenerator<Snapshot, void, void> {
    const { history } = this.#registry;
    for (let seen = history.count; ; ) {
      signal?.throwIfAborted();
      while (!this.#closed && history.count === seen) await this.#following(signal);
      if (this.#closed) return;
      seen = history.count;
      yield this.snapshot();
    }
  }

  /** The next sample; whoever waits for it wants the process to go on. */
  async #following(signal: AbortSignal | undefined): Promise<void> {
    this.#waiting += 1;
    this.#timer?.ref();
    try {
      await abortable(this.#next.wait(), signal);
    } finally {
      this.#waiting -= 1;
      if (this.#waiting === 0) this.#timer?.unref();
    }
  }

  gauge(name: string, read: () => number, options: SignalOptions = {}): () => void {
    this.#refuseIfClosed('gauge()');
    if (typeof read !== 'function') throw invalidOption('read', read, 'a function that returns a number');
    const gauge = new Gauge(this.#registry.claim(resolveSignal(name, options, 'count')), read, this.#registry);
    this.#sampler.add(gauge);
    return () => this.#sampler.remove(gauge);
  }

  counter(name: string, options: SignalOptions = {}): Counter {
    this.#refuseIfClosed('counter()');
    const counter = new CounterSource(this.#registry.claim(resolveCounter(name, options)), this.#registry, this.#time.nowMs());
    this.#sampler.add(counter);
    return {
      get total() {
        return counter.total;
      },
      add: (amount = 1) => counter.add(amount),
      remove: () => this.#sampler.remove(counter),
    };
  }

  histogram(name: string, options: SignalOptions = {}): Histogram {
    this.#refuseIfClosed('histogram()');
    const histogram = new HistogramSource(resolveSignal(name, options, 'milliseconds'), this.#registry, this.#time.nowMs());
    this.#sampler.add(histogram);
    return { record: (value) => histogram.record(value), remove: () => this.#sampler.remove(histogram) };
  }

  series(): readonly SeriesInfo[] {
    return this.#registry.list();
  }

  query(name: string, range: QueryRange = {}): readonly Point[] {
    return this.#registry.points(this.#registry.get(name), resolveRange(range));
  }

  trend(name: string, options: TrendOptions = {}): Trend {
    const { windowMs, ...criteria } = resolveTrendOptions(options);
    return findTrend(this.#registry.read(this.#registry.get(name), this.#registry.history.latestMs - windowMs), criteria);
  }

  forecast(name: string, options: ForecastOptions): Forecast {
    const criteria = resolveForecastOptions(options);
    return forecast(this.#registry.read(this.#registry.get(name), this.#registry.history.latestMs - criteria.windowMs), criteria);
  }

  whatElseMoved(about: Alert | string, options: CoincidenceOptions = {}): readonly Coincidence[] {
    if (typeof about !== 'string' && typeof about?.series !== 'string') throw invalidOption('about', about, 'an alert, or the name of a series');
    const [name, alert] = typeof about === 'string' ? [about, undefined] : [about.series, about];
    // An alert over several series is about the first of them.
    const series = this.#registry.find(name) ?? this.#registry.ofMetric(name)[0] ?? this.#registry.get(name);
    return whatElseMoved(this.#registry, series, options, alert);
  }

  recommendations(): readonly Recommendation[] {
    return recommendations(this.#registry);
  }

  alerts(): readonly Alert[] {
    return this.#alerting.active(this.#time.nowMs());
  }

  onAlert(listener: AlertListener): () => void {
    if (typeof listener !== 'function') throw invalidOption('listener', listener, 'a function');
    return this.#alerting.onAlert(listener);
  }

  loadRules(rules: string | RuleSet, options: LoadOptions = {}): void {
    this.#refuseIfClosed('loadRules()');
    checkNames('load option', options, ['file']);
    const { file = 'rules' } = options;
    if (typeof file !== 'string') throw invalidOption('file', file, 'a string');
    this.#alerting.load(rules, file);
  }

  dryRun(rules: string | RuleSet, fromMs = -Infinity, toMs = Infinity): DryRun {
    const range = resolveRange({ fromMs, toMs });
    return replay(this.#registry, this.#alerting.parse(rules, 'rules'), range.fromMs, range.toMs);
  }

  silence(options: SilenceOptions): Silence {
    return this.#alerting.silence(options, this.#time.nowMs());
  }

  silences(): readonly Silence[] {
    return this.#alerting.silences(this.#time.nowMs());
  }

  stats(): MonitorStats {
    return {
      series: this.#registry.size,
      historyBytes: this.#registry.bytes,
      samplesTotal: this.#registry.history.count,
      droppedSamplesTotal: this.#registry.droppedTotal,
      refusedSeriesTotal: this.#registry.refusedTotal,
      sourceFailuresTotal: this.#sampler.failuresTotal,
      pendingReads: this.#sampler.pendingReads,
      lateReadsTotal: this.#sampler.lateReadsTotal,
      clockRegressionsTotal: this.#time.regressionsTotal,
      currentIntervalMs: this.#intervalMs,
      pressureTriggers: this.#triggers?.armed ?? 0,
      pressureEventsTotal: this.#triggers?.eventsTotal ?? 0,
      ...this.#alerting.stats,
    };
  }

  close(): Promise<void> {
    if (!this.#closed) {
      this.#closed = true;
      this.#timer?.close();
      this.#triggers?.close();
      this.#alerting.close();
      this.#sampler.close();
      this.#next.release();
    }
    return Promise.resolve();
  }

  [Symbol.asyncIterator](): AsyncIterator<Snapshot> {
    return this.samples();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** What the timer calls. Background reads begun here are recorded by the tick after: nothing here waits. */
  readonly #tick = (): void => {
    this.#take();
    this.#triggers?.rearm();
    this.#sampler.prepare();
  };

  #take(): void {
    const timeMs = this.#time.nowMs();
    // Twice at the same time is once: there is no rate over no time.
    if (timeMs <= this.#registry.history.latestMs) return;
    this.#sampler.sample(timeMs);
    sampleTaken(this.#name, timeMs);
    this.#alerting.judge(this.#registry, timeMs);
    this.#next.release();
    this.#pace(this.#alerting.hasPending || this.#isPressed(), timeMs);
  }

  /** What the kernel calls when work stands still: true if a sample taken now shows it. */
  readonly #pressed = (resource: Resource): boolean => {
    // Calls often come together; a sample that soon after another has too few of the kernel's ticks to say anything.
    if (this.#time.nowMs() - this.#registry.history.latestMs >= MIN_INTERVAL_MS) this.#take();
    const pressed = this.#isPressed();
    if (pressed) pressureExceeded(this.#name, resource);
    return pressed;
  };

  /** Whether the latest sample shows that work stands still. */
  #isPressed(): boolean {
    for (const name of PRESSURES) {
      const series = this.#registry.find(name);
      if (series !== undefined && this.#registry.latest(series) >= PRESSED) return true;
    }
    return false;
  }

  #pace(urgent: boolean, nowMs: number): void {
    const intervalMs = this.#cadence.next(urgent, nowMs);
    // Whoever was told of the sample may have closed it.
    if (this.#closed || this.#timer === undefined || intervalMs === this.#intervalMs) return;
    this.#intervalMs = intervalMs;
    this.#timer.close();
    this.#setTimer();
  }

  #setTimer(): void {
    this.#timer = this.#clock.setInterval(this.#tick, this.#intervalMs);
    if (this.#waiting === 0) this.#timer.unref();
  }

  #refuseIfClosed(operation: string): void {
    if (this.#closed) throw monitorClosed(operation);
  }
}

const PRESSURES = ['pressure.cpu.some', 'pressure.memory.some', 'pressure.io.some'];
/** Share of time in which work stood still: that of the kernel's trigger. */
const PRESSED = 0.1;
