import { statfs } from 'node:fs/promises';
import type { Recorder } from '../registry.js';
import type { Series } from '../series.js';
import { larger } from './missing.js';
import type { Source } from './source.js';

/** Space fills slowly; asking is a system call in the thread pool, and over a network it may be slow. */
const REFRESH_MS = 10_000;

/**
 * Space left on the file systems of some paths. Asked for in the background, since `statfs` of a network file system
 * whose server is away does not return.
 */
export class FileSystems implements Source {
  readonly name = 'filesystem';
  readonly #paths: readonly WatchedPath[];
  readonly #recorder: Recorder;
  readonly #fullest: Series;
  readonly #now: () => number;
  #askedMs = -Infinity;

  constructor(paths: readonly string[], recorder: Recorder, now: () => number) {
    this.#paths = paths.map((path) => new WatchedPath(path, recorder));
    this.#recorder = recorder;
    this.#fullest = recorder.open('filesystem.utilization');
    this.#now = now;
  }

  prepare(): Promise<void> | undefined {
    const nowMs = this.#now();
    if (nowMs - this.#askedMs < REFRESH_MS) return undefined;
    this.#askedMs = nowMs;
    return this.#refresh();
  }
  collect(): void {
    let fullest = Number.NaN;
    for (const path of this.#paths) fullest = larger(fullest, path.record());
    this.#recorder.record(this.#fullest, fullest);
  }

  async #refresh(): Promise<void> {
    const outcomes = await Promise.allSettled(this.#paths.map((path) => path.refresh()));
    const failures = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason as unknown] : []));
    if (failures.length > 0) throw failures.length === 1 ? failures[0] : new AggregateError(failures, 'several paths could not be asked');
  }
}

class WatchedPath {
  readonly #path: string;
  readonly #recorder: Recorder;
  readonly #utilizationSeries: Series;
  readonly #availableSeries: Series;
  #utilization = Number.NaN;
  #availableBytes = Number.NaN;

  constructor(path: string, recorder: Recorder) {
    this.#path = path;
    this.#recorder = recorder;
    this.#utilizationSeries = recorder.open('filesystem.utilization', { path });
    this.#availableSeries = recorder.open('filesystem.available', { path });
  }

  async refresh(): Promise<void> {
    try {
      const { bsize, blocks, bfree, bavail } = await statfs(this.#path);
      const used = blocks - bfree;
      // As `df` has it: blocks reserved for root are neither used nor to be had. Some virtual ones have no size at all.
      this.#utilization = used + bavail > 0 ? used / (used + bavail) : Number.NaN;
      this.#availableBytes = bavail * bsize;
    } catch (error) {
      // What was true before the path went away is no longer.
      this.#utilization = this.#availableBytes = Number.NaN;
      throw error;
    }
  }

  record(): number {
    this.#recorder.record(this.#utilizationSeries, this.#utilization);
    this.#recorder.record(this.#availableSeries, this.#availableBytes);
    return this.#utilization;
  }
}
