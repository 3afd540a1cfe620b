import type { Alert } from '../rules/alert.js';
import { quantity } from '../quantity.js';
import type { Unit } from '../series.js';
import { sparkline } from './sparkline.js';

/** One line of the table. */
export interface TopRow {
  readonly name: string;
  readonly unit: Unit;
  /** Oldest first; the last one is the value of now. */
  readonly values: readonly number[];
}

export interface Screen {
  readonly columns: number;
  readonly lines: number;
  readonly color: boolean;
}

const VALUE_WIDTH = 12;
const MOST_NAME = 44;
const NO_COLOR = (text: string): string => text;
const RED = (text: string): string => `\u001B[31m${text}\u001B[39m`;
const YELLOW = (text: string): string => `\u001B[33m${text}\u001B[39m`;
const DIM = (text: string): string => `\u001B[2m${text}\u001B[22m`;

/** The table as text: alerts first, then a line a series, as many as there is room for. */
export function topScreen(title: string, rows: readonly TopRow[], alerts: readonly Alert[], { columns, lines, color }: Screen): string {
  const paint = (severity: string): ((text: string) => string) => (!color ? NO_COLOR : severity === 'critical' ? RED : YELLOW);
  const dim = color ? DIM : NO_COLOR;
  const nameWidth = Math.min(MOST_NAME, Math.max(6, ...rows.map(({ name }) => name.length)));
  const sparkWidth = Math.max(0, Math.min(120, columns - nameWidth - VALUE_WIDTH - 2));
  const told = alerts.map(({ state, severity, message }) => paint(severity)(cut(`${state.padEnd(8)} ${severity.padEnd(8)} ${message}`, columns)));
  const head = [cut(title, columns), ...told, dim(cut(`${'series'.padEnd(nameWidth)} ${'now'.padStart(VALUE_WIDTH)} before`, columns))];
  const table = rows.map(({ name, unit, values }) => {
    const latest = values.at(-1);
    const value = latest === undefined ? '-' : quantity(latest, unit);
    return `${cut(name, nameWidth).padEnd(nameWidth)} ${value.padStart(VALUE_WIDTH)} ${sparkline(values, sparkWidth, unit === 'ratio' ? 1 : undefined)}`;
  });
  const room = Math.max(1, lines - head.length - 1);
  const rest = table.length > room ? [dim(`… ${table.length - room} more`)] : [];
  return [...head, ...table.slice(0, room), ...rest].join('\n');
}

const cut = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`);
