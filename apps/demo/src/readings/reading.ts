/** One measurement of one device. */
export interface Reading {
  readonly device: string;
  readonly metric: string;
  readonly value: number;
  /** When it was taken, in ms since 1970. */
  readonly atMs: number;
}

/** What was wrong with one row. */
export interface Problem {
  /** Counted from 1, as editors do; the header of a CSV is line 1. */
  readonly line: number;
  readonly message: string;
}

const NAME = /^[A-Za-z0-9][\w.:/-]{0,127}$/;
const ISO_INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;
/** Of either sign: as many as a column can count add up to a number. */
const MAX_VALUE = 1e289;
/** The end of year 9999, the last with four digits. */
const MAX_AT_MS = Date.UTC(10_000, 0) - 1;

/** The reading that a row's fields describe, or what is wrong with them. A row without `at` was taken `nowMs`. */
export function toReading({ device, metric, value, at }: Readonly<Record<string, unknown>>, nowMs: number): Reading | string {
  if (!isName(device)) return describe('device', device, 'a name of 1 to 128 letters, digits and _ . : / -');
  if (!isName(metric)) return describe('metric', metric, 'a name of 1 to 128 letters, digits and _ . : / -');
  if (typeof value !== 'number' || !Number.isFinite(value)) return describe('value', value, 'a finite number');
  if (Math.abs(value) > MAX_VALUE) return describe('value', value, `a number from -${MAX_VALUE} to ${MAX_VALUE}`);
  const atMs = at === undefined ? nowMs : toInstant(at);
  if (atMs === undefined) return describe('at', at, 'an instant as 2026-01-31T12:00:00Z, or ms since 1970');
  return { device, metric, value, atMs };
}

/** Device and metric names, in rows and in paths. */
export function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

/** An ISO 8601 instant with its offset, or ms since 1970; `undefined` for anything else. */
export function toInstant(at: unknown): number | undefined {
  const atMs = typeof at === 'string' && ISO_INSTANT.test(at) && isDay(at.slice(0, 10)) ? Date.parse(at) : at;
  return typeof atMs === 'number' && atMs >= 0 && atMs <= MAX_AT_MS ? Math.trunc(atMs) : undefined;
}

function describe(field: string, value: unknown, expected: string): string {
  if (value === undefined) return `${field} is missing: expected ${expected}`;
  const shown = typeof value === 'number' ? String(value) : JSON.stringify(value);
  return `${field} is ${shown.length > 60 ? `${shown.slice(0, 60)}…` : shown}: expected ${expected}`;
}

/** Of a day that there is not, as of February 30th, a Date makes another. */
function isDay(day: string): boolean {
  const ms = Date.parse(`${day}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(day);
}
