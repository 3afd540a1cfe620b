import { getHeapSpaceStatistics, getHeapStatistics } from 'node:v8';
import type { Clock, Timer } from '../clock.js';
import type { Collector } from './collector.js';

/** Sizes at one moment. */
export interface HeapReading {
  /** From the start of the recording. */
  readonly atMs: number;
  /** On V8's heap. */
  readonly usedBytes: number;
  /** Outside of it, held by objects on it: buffers above all. */
  readonly externalBytes: number;
  /** All memory of the process. */
  readonly rssBytes: number;
}

export interface HeapSpace {
  readonly name: string;
  readonly usedBytes: number;
  readonly sizeBytes: number;
}

/** How much memory there was, from the start of the recording to its end. */
export interface HeapSize {
  /** At least the first and the last; between them one every 250 ms or, of long recordings, more seldom. */
  readonly readings: readonly HeapReading[];
  /** Right after the garbage collection of each `checkpoint()`. */
  readonly checkpoints: readonly HeapReading[];
  /** V8's spaces at the end. */
  readonly spaces: readonly HeapSpace[];
  /** What V8's heap may grow to. */
  readonly limitBytes: number;
}

const EVERY_MS = 250;
const MOST_READINGS = 600;

export interface HeapSizeCollector extends Collector<HeapSize> {
  /** Garbage has just been collected. */
  checkpoint(): void;
}

export function heapSizeCollector(clock: Clock): HeapSizeCollector {
  let readings: HeapReading[] = [];
  const checkpoints: HeapReading[] = [];
  let startedMs = 0;
  let [everyth, tick] = [1, 0];
  let timer: Timer | undefined;
  const reading = (): HeapReading => {
    const { heapUsed, external, rss } = process.memoryUsage();
    return { atMs: clock.now() - startedMs, usedBytes: heapUsed, externalBytes: external, rssBytes: rss };
  };
  return {
    start() {
      startedMs = clock.now();
      readings.push(reading());
      timer = clock.setInterval(() => {
        tick += 1;
        if (tick % everyth !== 0) return;
        readings.push(reading());
        if (readings.length < MOST_READINGS) return;
        readings = readings.filter((_, index) => index % 2 === 0);
        everyth *= 2;
      }, EVERY_MS);
      timer.unref();
    },
    checkpoint: () => void checkpoints.push(reading()),
    stop() {
      timer?.close();
      readings.push(reading());
      const spaces = getHeapSpaceStatistics().map(({ space_name: name, space_used_size: usedBytes, space_size: sizeBytes }) => ({ name, usedBytes, sizeBytes }));
      return { readings, checkpoints, spaces, limitBytes: getHeapStatistics().heap_size_limit };
    },
  };
}
