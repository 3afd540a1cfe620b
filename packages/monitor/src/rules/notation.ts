import { invalidOption } from '../errors.js';

/**
 * Reads the values of a series as rule tests write them, in promtool's notation: `1 2 _ 5`; `-2+4x3` for -2 2 6 10, three
 * steps on; `10-2x2` for 10 8 6; `1x4` for the same five times; `_x3` for three gaps. A gap is NaN.
 * @throws {MonitorError} `ERR_MONITOR_INVALID_OPTION`, naming the part that means nothing
 */
export function parseNotation(text: string): number[] {
  if (typeof text !== 'string') throw invalidOption('text', text, 'a string');
  const values: number[] = [];
  for (const part of text.split(/\s+/).filter((each) => each !== '')) {
    const gap = /^_(?:x(\d+))?$/.exec(part);
    const run = RUN.exec(part);
    if (gap !== null) values.push(...Array.from({ length: count(gap[1] ?? '1', part) }, () => Number.NaN));
    else if (part === 'stale') values.push(Number.NaN);
    else if (run !== null) {
      const start = numberOf(run[1] ?? '');
      const step = run[2] === undefined ? 0 : numberOf(run[2]);
      const steps = run[3] === undefined ? 0 : count(run[3], part);
      for (let index = 0; index <= steps; index += 1) values.push(start + step * index);
    } else throw invalidOption('a value', part, 'a number, _, or a run such as -2+4x3');
    if (values.length > MOST) throw invalidOption('the count of values', values.length, `at most ${MOST}`);
  }
  return values;
}

const NUMBER = String.raw`(?:\d+(?:\.\d+)?(?:e[+-]?\d+)?|\.\d+|inf|nan)`;
/** A start; with `x`, as often again, by a step where there is one. */
const RUN = new RegExp(`^([+-]?${NUMBER})(?:([+-]${NUMBER})?x(\\d+))?$`, 'i');
const MOST = 100_000;

const numberOf = (text: string): number => (/inf$/i.test(text) ? (text.startsWith('-') ? -Infinity : Infinity) : Number(text));

function count(text: string, part: string): number {
  const times = Number(text);
  if (times > MOST) throw invalidOption('a run', part, `at most ${MOST} values`);
  return times;
}
