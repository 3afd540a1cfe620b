#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import process from 'node:process';
import { ProfilerError } from '../errors.js';
import { diff } from './diff.js';
import { report } from './report.js';
import { run } from './run.js';
import { top } from './top.js';
import { UsageError } from './usage.js';

const USAGE = `fog-profiler COMMAND

  run [options] app.js [arguments]   runs a program, records it to its end and writes a report
      --mode CPU|MEMORY|IO|ALL       what is recorded (ALL)
      --interval-us N                between two CPU samples (1000)
      --out FILE                     .html, .fogprofile, .cpuprofile, .heapprofile, .pb.gz, .otlp or .folded (profile-<time>-<pid>.html)
  report FILE [--out FILE]           reads a profile, ours or of another tool, and writes a report
  diff BEFORE AFTER [--out FILE] [--scaled]
                                     what changed from one profile to the other
  top PORT|HOST:PORT|URL [--seconds N] [--once]
                                     the busiest functions of a process that was started with --inspect
`;

const COMMANDS: Readonly<Record<string, (args: readonly string[]) => Promise<number>>> = { run, report, diff, top };

/** Sets the exit status and leaves it to the process to end when its output is written. */
async function main([name = 'help', ...args]: readonly string[]): Promise<void> {
  if (['help', '--help', '-h'].includes(name)) {
    process.stdout.write(USAGE);
    return;
  }
  if (name === '--version') {
    const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as { readonly version: string };
    process.stdout.write(`${version}\n`);
    return;
  }
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  try {
    if (command === undefined) throw new UsageError(`there is no command ${name}`);
    process.exitCode = await command(args);
  } catch (error) {
    if (error instanceof UsageError) process.stderr.write(`${error.message}\n\n${USAGE}`);
    else if (error instanceof ProfilerError) process.stderr.write(`${error.message} (${error.code})\n`);
    else throw error;
    process.exitCode = error instanceof UsageError ? 64 : 1;
  }
}

void main(process.argv.slice(2));
