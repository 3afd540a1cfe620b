import type { Unit } from '../series.js';

const SUFFIXES: Readonly<Partial<Record<Unit, string>>> = { bytes: ' B', bytesPerSecond: ' B/s', perSecond: '/s', milliseconds: ' ms', cores: ' cores' };

/** A value as people read it, in at most four digits. */
export function quantity(value: number, unit: Unit): string {
  return unit === 'ratio' ? `${short(value * 100)} %` : `${short(value)}${SUFFIXES[unit] ?? ''}`;
}

/** ` for 3 s`; nothing for what is too short to be worth telling. */
export const lasting = (ms: number): string => (ms < 100 ? '' : ` for ${Math.round(ms / 100) / 10} s`);

export const short = (value: number): string => String(Number(value.toPrecision(4)));
