import { readFileSync } from 'node:fs';
import { MonitorError } from '../errors.js';
import type { Console } from './console.js';

/** What `use` makes of a file's text; `undefined`, and the console told why, where it cannot be read or used. */
export function read<T>(file: string, use: (text: string) => T, console: Console): T | undefined {
  try {
    return use(readFileSync(file, 'utf8'));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === undefined) throw error;
    console.write(error instanceof MonitorError ? `${message}\n` : `${file}: ${message}\n`);
    return undefined;
  }
}
