import type { Labels } from '../series.js';

/** A text with places for values, read once. */
export type Template = (moment: { readonly labels: Labels; readonly value: number }) => string;

/** What a template may do with a value; the names are Prometheus'. */
const formats: Readonly<Record<string, (value: number) => string>> = {
  humanize: (value) => scaled(value, 1_000, ['', 'k', 'M', 'G', 'T']),
  humanize1024: (value) => scaled(value, 1_024, ['', 'Ki', 'Mi', 'Gi', 'Ti']),
  humanizePercentage: (value) => `${Number((value * 100).toPrecision(4))}%`,
  humanizeDuration: (ms) => duration(ms),
};

/** `{{ value }}`, `{{ value | humanizePercentage }}`, `{{ labels.device }}`; a $ before either name is as good. */
const PLACE = /\{\{\s*\$?(?:(value)|labels\.(\w+))\s*(?:\|\s*(\w+)\s*)?\}\}/g;

/** @throws {Error} about the first place that means nothing */
export function parseTemplate(text: string): Template {
  const rest = text.replaceAll(PLACE, '');
  const strange = /\{\{.*?(?:\}\}|$)/s.exec(rest)?.[0];
  if (strange !== undefined) throw new Error(`${strange} means nothing here; there are {{ value }}, {{ labels.name }} and | ${Object.keys(formats).join(', | ')}`);
  for (const [place, , , format] of text.matchAll(PLACE))
    if (format !== undefined && !Object.hasOwn(formats, format)) throw new Error(`${place} has an unknown format; known are ${Object.keys(formats).join(', ')}`);
  return ({ labels, value }) =>
    text.replaceAll(PLACE, (_, isValue: string | undefined, label: string | undefined, format: string | undefined) => {
      const show = format === undefined ? undefined : formats[format];
      if (isValue !== undefined) return Number.isNaN(value) ? 'no data' : (show ?? plain)(value);
      const found = labels[label ?? ''] ?? '';
      return show === undefined || found === '' || Number.isNaN(Number(found)) ? found : show(Number(found));
    });
}

const plain = (value: number): string => String(Number(value.toPrecision(6)));

function scaled(value: number, base: number, prefixes: readonly string[]): string {
  let step = 0;
  let rest = value;
  for (; Math.abs(rest) >= base && step < prefixes.length - 1; step += 1) rest /= base;
  return `${Number(rest.toPrecision(4))}${prefixes[step]}`;
}

function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'never';
  const seconds = Math.round(Math.abs(ms) / 1_000);
  const parts: readonly [number, string][] = [[Math.floor(seconds / 86_400), 'd'], [Math.floor(seconds / 3_600) % 24, 'h'], [Math.floor(seconds / 60) % 60, 'm'], [seconds % 60, 's']];
  const told = parts.filter(([count]) => count > 0).slice(0, 2).map(([count, unit]) => `${count}${unit}`);
  return told.length === 0 ? `${Math.round(ms)}ms` : `${ms < 0 ? '-' : ''}${told.join(' ')}`;
}
