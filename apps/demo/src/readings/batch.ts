import { Aggregates, type Aggregate } from './aggregates.js';
import { readCsv } from './csv.js';
import { readNdjson } from './ndjson.js';
import { toReading, type Problem } from './reading.js';
import type { RowSink } from './rows.js';

export type Format = 'ndjson' | 'csv';

/** A whole body, read: all of its rows aggregated, or what is wrong with it. */
export interface Batch {
  /** Readings in it; 0 when there are problems, since a batch is taken whole or not at all. */
  readonly accepted: number;
  readonly aggregates: readonly Aggregate[];
  /** The first {@link MAX_PROBLEMS}. */
  readonly problems: readonly Problem[];
  readonly problemsTotal: number;
}

/** Enough to see the pattern; a body of a million bad rows is not answered with a million messages. */
export const MAX_PROBLEMS = 20;

/** Characters: what a message quotes may be as long as the body. */
const MAX_MESSAGE = 300;

const READERS = { ndjson: readNdjson, csv: readCsv };
const FIELDS = new Set(['device', 'metric', 'value', 'at']);

/** Reads `bytes`; a reading without a time of its own was taken `nowMs`. */
export function readBatch(bytes: Uint8Array, format: Format, nowMs: number): Batch {
  const aggregates = new Aggregates();
  const problems: Problem[] = [];
  let problemsTotal = 0;
  const sink: RowSink = {
    problem(line, message) {
      problemsTotal += 1;
      if (problems.length < MAX_PROBLEMS) problems.push({ line, message: message.length > MAX_MESSAGE ? `${message.slice(0, MAX_MESSAGE)}…` : message });
    },
    row(fields, line) {
      // A field that nobody reads would be data accepted and lost.
      const unknown = Object.keys(fields).find((field) => !FIELDS.has(field));
      if (unknown !== undefined) return sink.problem(line, `${unknown} is not a field of a reading: expected device, metric, value and at`);
      const reading = toReading(fields, nowMs);
      if (typeof reading === 'string') sink.problem(line, reading);
      else aggregates.add(reading);
    },
  };
  READERS[format](bytes, sink);
  if (problemsTotal === 0 && aggregates.readings === 0) sink.problem(1, 'there is no reading in the body');
  if (problemsTotal > 0) return { accepted: 0, aggregates: [], problems, problemsTotal };
  return { accepted: aggregates.readings, aggregates: aggregates.toArray(), problems, problemsTotal };
}
