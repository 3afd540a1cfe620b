import { hostname } from 'node:os';
import { createMonitor, type Monitor } from '../monitor.js';
import { parseRules } from '../rules/rule-file.js';
import type { RuleSet } from '../rules/rule.js';
import type { Console } from './console.js';
import { read } from './read.js';
import { topScreen, type TopRow } from './top-screen.js';

export interface TopOptions {
  /** Parts of names; series with any of them are shown. None: those of the machine. */
  readonly filter: readonly string[];
  readonly rules: string | undefined;
  readonly intervalMs: number;
  /** Samples until it ends; Infinity: until it is interrupted. */
  readonly samples: number;
}

const CLEAR = '\u001B[H\u001B[J';
/** Of the process that shows them, not of the machine. */
const OWN = /^(?:process|nodejs|v8js)\./;

/** Shows series live until `signal` aborts. 1 if the rules cannot be loaded. */
export async function top({ filter, rules: file, intervalMs, samples }: TopOptions, console: Console, signal: AbortSignal): Promise<number> {
  const rules = file === undefined ? undefined : read(file, (text) => parseRules(text, { file }), console);
  if (file !== undefined && rules === undefined) return 1;
  await using monitor = createMonitor({ intervalMs, ...(rules !== undefined && { rules, actions: idle(rules) }) });
  try {
    const taken = monitor.samples({ signal });
    monitor.start();
    let count = 0;
    for await (const { values } of taken) {
      count += 1;
      const shown = Object.keys(values).filter((name) => (filter.length === 0 ? !OWN.test(name) : filter.some((part) => name.includes(part))));
      const screen = topScreen(`${hostname()}  ${new Date().toISOString().slice(11, 19)}  every ${intervalMs / 1_000} s`, shown.map((name) => rowOf(monitor, name)), monitor.alerts(), console);
      console.write(`${console.color ? CLEAR : ''}${screen}\n`);
      if (count >= samples) break;
    }
  } catch (error) {
    if (!signal.aborted) throw error;
  }
  return 0;
}

/** Who looks on runs no actions: those that the rules name do nothing. */
const idle = ({ rules }: RuleSet): Record<string, () => void> => Object.fromEntries(rules.flatMap(({ actions }) => actions.map(({ name }) => [name, () => undefined])));

function rowOf(monitor: Monitor, name: string): TopRow {
  const unit = monitor.series().find((series) => series.name === name)?.unit ?? 'count';
  return { name, unit, values: monitor.query(name).map(({ value }) => value) };
}
