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
  /** V8's spaces at the end. */
  readonly spaces: readonly HeapSpace[];
  /** What V8's heap may grow to. */
  readonly limitBytes: number;
}

const EVERY_MS = 250;
const MOST_READINGS = 600;

export function heapSizeCollector(clock: Clock): Collector<HeapSize> {
  let readings: HeapReading[] = [];
  let startedMs = 0;
  let [everyth, tick] = [1, 0];
  let timer: Timer | undefined;
  const read = (): void => {
    const { heapUsed, external, rss } = process.memoryUsage();
    readings.push({ atMs: clock.now() - startedMs, usedBytes: heapUsed, externalBytes: external, rssBytes: rss });
  };
  return {
    start() {
      startedMs = clock.now();
      read();
      timer = clock.setInterval(() => {
        tick += 1;
        if (tick % everyth !== 0) return;
        read();
        if (readings.length < MOST_READINGS) return;
        readings = readings.filter((_, index) => index % 2 === 0);
        everyth *= 2;
      }, EVERY_MS);
      timer.unref();
    },
    stop() {
      timer?.close();
      read();
      const spaces = getHeapSpaceStatistics().map(({ space_name: name, space_used_size: usedBytes, space_size: sizeBytes }) => ({ name, usedBytes, sizeBytes }));
      return { readings, spaces, limitBytes: getHeapStatistics().heap_size_limit };
    },
  };
}
