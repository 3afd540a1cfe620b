import { existsSync, readdirSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import { basename, dirname, resolve } from 'node:path';
import type { Recorder } from '../registry.js';
import type { Series } from '../series.js';
import { larger } from './missing.js';
import type { Source } from './source.js';

/** Space fills slowly; asking is a system call in the thread pool, and over a network it may be slow. */
const REFRESH_MS = 10_000;
/** An answer that old is none: the question after it hangs. */
const STALE_MS = 2 * REFRESH_MS;

/**
 * Space left on the file systems of some paths, and the utilization of the fullest. Each path is a source of its own, so
 * that one that hangs holds up no other.
 */
export function fileSystemSources(paths: readonly string[], recorder: Recorder, now: () => number): Source[] {
  if (paths.length === 0) return [];
  const watched = paths.map((path) => new WatchedPath(path, recorder, now));
  return [...watched, new Fullest(watched, recorder)];
}

/**
 * Whether there is nothing at `path`. Looks into its folder first, as to ask for a mount whose server is away would not
 * return; where there is no such name there is no mount either.
 */
export function isMissing(path: string): boolean {
  const full = resolve(path);
  try {
    if (readdirSync(dirname(full)).includes(basename(full))) return false;
  } catch {
    // Folders may be closed to us that we may pass through.
  }
  return !existsSync(full);
}

/** Asked for in the background, since `statfs` of a network file system whose server is away does not return. */
class WatchedPath implements Source {
  readonly name: string;
  readonly #path: string;
  readonly #recorder: Recorder;
  readonly #utilizationSeries: Series;
  readonly #availableSeries: Series;
  readonly #now: () => number;
  #askedMs = -Infinity;
  #answer = { utilization: Number.NaN, availableBytes: Number.NaN, askedMs: -Infinity };
  /** As of the latest sample. */
  utilization = Number.NaN;

  constructor(path: string, recorder: Recorder, now: () => number) {
    this.name = `filesystem ${path}`;
    this.#path = path;
    this.#recorder = recorder;
    this.#utilizationSeries = recorder.open('filesystem.utilization', { path });
    this.#availableSeries = recorder.open('filesystem.available', { path });
    this.#now = now;
  }

  prepare(): Promise<void> | undefined {
    const nowMs = this.#now();
    if (nowMs - this.#askedMs < REFRESH_MS) return undefined;
    this.#askedMs = nowMs;
    return this.#ask(nowMs);
  }

  collect(timeMs: number): void {
    const isStale = timeMs - this.#answer.askedMs > STALE_MS;
    this.utilization = isStale ? Number.NaN : this.#answer.utilization;
    this.#recorder.record(this.#utilizationSeries, this.utilization);
    this.#recorder.record(this.#availableSeries, isStale ? Number.NaN : this.#answer.availableBytes);
  }

  async #ask(askedMs: number): Promise<void> {
    try {
      const { bsize, blocks, bfree, bavail } = await statfs(this.#path);
      const used = blocks - bfree;
      // As `df` has it: blocks reserved for root are neither used nor to be had. Some virtual ones have no size at all.
      this.#answer = { utilization: used + bavail > 0 ? used / (used + bavail) : Number.NaN, availableBytes: bavail * bsize, askedMs };
    } catch (error) {
      // What was true before the path went away is no longer.
      this.#answer = { utilization: Number.NaN, availableBytes: Number.NaN, askedMs };
      throw error;
    }
  }
}

class Fullest implements Source {
  readonly name = 'filesystem';
  readonly #paths: readonly WatchedPath[];
  readonly #recorder: Recorder;
  readonly #series: Series;

  constructor(paths: readonly WatchedPath[], recorder: Recorder) {
    this.#paths = paths;
    this.#recorder = recorder;
    this.#series = recorder.open('filesystem.utilization');
  }

  collect(): void {
    let fullest = Number.NaN;
    for (const { utilization } of this.#paths) fullest = larger(fullest, utilization);
    this.#recorder.record(this.#series, fullest);
  }
}
