import { readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import process from 'node:process';
import { readFailed } from '../errors.js';
import { type Profile, parseProfile } from '../profile.js';
import { summaryOf } from './summary.js';
import { parsed } from './usage.js';

export async function report(args: readonly string[]): Promise<number> {
  const { values, positionals } = parsed(args, { out: { type: 'string' } }, [1, 1]);
  const [file = ''] = positionals;
  const profile = (await readProfile(file)).withSources();
  const out = values.out ?? `${withoutEnding(file)}.html`;
  await profile.writeTo(out);
  process.stdout.write(`${summaryOf(profile)}\n${out}\n`);
  return 0;
}

/** @throws {ProfilerError} `ERR_PROFILER_READ_FAILED`, `ERR_PROFILER_INVALID_PROFILE` */
export async function readProfile(file: string): Promise<Profile> {
  const content = await readFile(file).catch((cause: unknown) => {
    throw readFailed(file, cause);
  });
  return parseProfile(content);
}

const withoutEnding = (file: string): string => basename(file).replace(/(?:\.pb\.gz|\.[a-z]+)$/, '');
