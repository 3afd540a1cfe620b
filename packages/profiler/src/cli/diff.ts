import { writeFile } from 'node:fs/promises';
import process from 'node:process';
import { diffProfiles } from '../diff.js';
import { writeFailed } from '../errors.js';
import { readProfile } from './report.js';
import { printable } from './summary.js';
import { parsed } from './usage.js';

const MOST = 10;

export async function diff(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed(args, { out: { type: 'string', default: 'diff.html' }, scaled: { type: 'boolean', default: false } }, [2, 2]);
  const [before, after] = await Promise.all(positionals.map(async (file) => (await readProfile(file)).withSources()));
  if (before === undefined || after === undefined) return 1;
  const change = diffProfiles(before, after, { scaled: values.scaled });
  await writeFile(values.out, change.toHtml(), { mode: 0o600 }).catch((cause: unknown) => {
    throw writeFailed(values.out, cause);
  });
  const isTime = before.cpu !== undefined && after.cpu !== undefined;
  const rows = change.functions().slice(0, MOST).map(({ name, selfDelta, totalDelta }) => `${signed(selfDelta, isTime)} ${signed(totalDelta, isTime)}  ${printable(name)}`);
  process.stdout.write(`${['self'.padStart(12), 'total'.padStart(12)].join(' ')}  function\n${rows.join('\n')}\n\n${values.out}\n`);
  return 0;
}

const signed = (value: number, isTime: boolean): string => `${value < 0 ? '-' : '+'}${(Math.abs(value) / (isTime ? 1e3 : 1e6)).toFixed(1)} ${isTime ? 'ms' : 'MB'}`.padStart(12);
