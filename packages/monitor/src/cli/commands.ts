import { parseArgs } from 'node:util';
import { durationMs } from '../rules/expression/token.js';
import { check, test } from './check.js';
import type { Console } from './console.js';
import { top } from './top.js';

const USAGE = `Usage: fog-monitor <command>

  check <rules.yaml>…          whether rules can be loaded, and where not
  test <tests.yaml>…           runs tests of rules, as promtool test rules does
  top [part of a name]…        shows series live
      --interval <duration>    between samples, 1s by default
      --rules <rules.yaml>     alerts of these rules beside the default thresholds
      --samples <number>       ends after so many
`;

/** Runs a command line; gives the exit status: 0, 1 where something does not hold, 2 where it makes no sense. */
export async function run(args: readonly string[], console: Console, signal: AbortSignal): Promise<number> {
  const misused = (why: string): number => {
    console.write(`${why}\n\n${USAGE}`);
    return 2;
  };
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options: { help: { type: 'boolean', short: 'h' }, interval: { type: 'string' }, rules: { type: 'string' }, samples: { type: 'string' } } });
  } catch (error) {
    return misused((error as Error).message);
  }
  const [command, ...operands] = parsed.positionals;
  const { help = false, interval = '1s', rules, samples = 'Infinity' } = parsed.values;
  if (help) {
    console.write(USAGE);
    return 0;
  }
  if (command === 'top') {
    const intervalMs = durationMs(interval);
    if (intervalMs === undefined || intervalMs < 10) return misused(`--interval is ${interval}, expected a duration of 10ms or more`);
    if (!(Number(samples) >= 1)) return misused(`--samples is ${samples}, expected a number from 1 on`);
    return top({ filter: operands, rules, intervalMs, samples: Number(samples) }, console, signal);
  }
  if (command !== 'check' && command !== 'test') return misused(command === undefined ? 'There is no command.' : `There is no command "${command}".`);
  if (operands.length === 0) return misused(`${command} needs files.`);
  return command === 'check' ? check(operands, console) : test(operands, console);
}
