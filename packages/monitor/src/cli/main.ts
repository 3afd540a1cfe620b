#!/usr/bin/env node
import process from 'node:process';
import { run } from './commands.js';

const interrupted = new AbortController();
process.once('SIGINT', () => interrupted.abort());
process.once('SIGTERM', () => interrupted.abort());
// A reader that has seen enough, as `head` has.
process.stdout.on('error', () => interrupted.abort());
void main();

async function main(): Promise<void> {
  const { stdout } = process;
  const console = {
    write: (text: string) => void stdout.write(text),
    get columns() {
      return stdout.columns ?? 100;
    },
    get lines() {
      return stdout.rows ?? Infinity;
    },
    color: stdout.isTTY && process.env['NO_COLOR'] === undefined,
  };
  process.exitCode = await run(process.argv.slice(2), console, interrupted.signal);
}
