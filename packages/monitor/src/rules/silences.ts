import { invalidOption } from '../errors.js';
import { checkNames, checkObject } from '../option-names.js';
import type { Labels } from '../series.js';

export interface SilenceOptions {
  /** Labels an alert must have, `alertname` and `severity` among them: their values, or patterns of those. At least one. */
  readonly labels: Readonly<Record<string, string | RegExp>>;
  /** From now on, in ms, above 0. */
  readonly durationMs: number;
  /** Why, for whoever asks. @default '' */
  readonly comment?: string;
}

/** Alerts with some labels are told to nobody for a while; they are there all the same. */
export interface Silence {
  readonly labels: Readonly<Record<string, string | RegExp>>;
  /** On the monitor's clock. */
  readonly endsAtMs: number;
  readonly comment: string;
  /** Ends it now. Alerts that still fire are then told of. */
  end(): void;
}

/** Silences under way. */
export class Silences {
  readonly #silences = new Set<Silence>();

  get size(): number {
    return this.#silences.size;
  }

  list(nowMs: number): readonly Silence[] {
    this.#expire(nowMs);
    return [...this.#silences];
  }

  /** @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION` */
  add(options: SilenceOptions, nowMs: number): Silence {
    checkNames('silence option', options, ['labels', 'durationMs', 'comment']);
    const { labels, durationMs, comment = '' } = options;
    checkObject('labels', labels);
    if (Object.keys(labels).length === 0) throw invalidOption('labels', labels, 'at least one label: a silence of everything would never be noticed');
    for (const [label, value] of Object.entries(labels)) if (typeof value !== 'string' && !(value instanceof RegExp)) throw invalidOption(`labels.${label}`, value, 'a string or a RegExp');
    if (!Number.isFinite(durationMs) || durationMs <= 0) throw invalidOption('durationMs', durationMs, 'a finite number above 0');
    if (typeof comment !== 'string') throw invalidOption('comment', comment, 'a string');
    const silence: Silence = { labels: { ...labels }, endsAtMs: nowMs + durationMs, comment, end: () => void this.#silences.delete(silence) };
    this.#silences.add(silence);
    return silence;
  }

  match(labels: Labels, nowMs: number): boolean {
    if (this.#silences.size === 0) return false;
    this.#expire(nowMs);
    for (const silence of this.#silences) if (Object.entries(silence.labels).every(([label, wanted]) => matches(wanted, labels[label] ?? ''))) return true;
    return false;
  }

  #expire(nowMs: number): void {
    for (const silence of this.#silences) if (silence.endsAtMs <= nowMs) this.#silences.delete(silence);
  }
}

function matches(wanted: string | RegExp, value: string): boolean {
  if (typeof wanted === 'string') return wanted === value;
  wanted.lastIndex = 0; // Patterns with the flag g remember where they were.
  return wanted.test(value);
}
