import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { invalidOption, writeFailed } from './errors.js';
import { asObject, refuseUnknown } from './options.js';

export interface WriteOptions {
  /** Ends the writing; what is written by then stays. */
  readonly signal?: AbortSignal;
}

interface Writable {
  toHtml(): string;
  toCpuProfile(): string;
  toHeapProfile(): string;
  toFolded(): string;
}

const FORMATS: ReadonlyMap<string, (profile: Writable) => string> = new Map([
  ['.html', (profile) => profile.toHtml()],
  ['.cpuprofile', (profile) => profile.toCpuProfile()],
  ['.heapprofile', (profile) => profile.toHeapProfile()],
  ['.folded', (profile) => profile.toFolded()],
]);

/** Writes a profile in the format that the name of the file ends in. */
export async function writeProfile(profile: Writable, path: string | URL, options: WriteOptions = {}): Promise<void> {
  const { signal, ...unknown } = asObject('write options', options);
  refuseUnknown('', unknown);
  signal?.throwIfAborted();
  const file = path instanceof URL ? fileURLToPath(path) : path;
  const format = FORMATS.get(/\.[a-z]+$/.exec(file)?.[0] ?? '');
  if (format === undefined) throw invalidOption('path', file, `a name that ends in ${[...FORMATS.keys()].join(', ')}`);
  const text = format(profile);
  try {
    await writeFile(file, text, { mode: 0o600, ...(signal && { signal }) });
  } catch (cause) {
    signal?.throwIfAborted(); // The signal's own reason, not Node's AbortError around it.
    throw writeFailed(file, cause);
  }
}
