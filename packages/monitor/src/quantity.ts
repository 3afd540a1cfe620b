import type { Unit } from './series.js';

const SUFFIXES: Readonly<Partial<Record<Unit, string>>> = { perSecond: '/s', milliseconds: ' ms', cores: ' cores' };
const BYTES = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A value as people read it, in at most four digits. */
export function quantity(value: number, unit: Unit): string {
  if (unit === 'ratio') return `${short(value * 100)} %`;
  if (unit === 'bytes') return bytes(value);
  if (unit === 'bytesPerSecond') return `${bytes(value)}/s`;
  return `${short(value)}${SUFFIXES[unit] ?? ''}`;
}

function bytes(value: number): string {
  let step = 0;
  let rest = value;
  for (; Math.abs(rest) >= 1_024 && step < BYTES.length - 1; step += 1) rest /= 1_024;
  return `${short(rest)} ${BYTES[step]}`;
}

/** ` for 3 s`; nothing for what is too short to be worth telling. */
export const lasting = (ms: number): string => (ms < 100 ? '' : ` for ${Math.round(ms / 100) / 10} s`);

export const short = (value: number): string => String(Number(value.toPrecision(4)));
