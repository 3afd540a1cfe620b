import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { invalidOption, writeFailed } from './errors.js';
import { asObject, asSignal, refuseUnknown } from './refusal.js';

export interface WriteOptions {
  /** Ends the writing; what is written by then stays. */
  readonly signal?: AbortSignal;
}

interface Writable {
  toHtml(): string;
  toFogProfile(): Uint8Array;
  toCpuProfile(): string;
  toHeapProfile(): string;
  toFolded(): string;
  toPprof(): Uint8Array;
  toOtlp(): Uint8Array;
}

const FORMATS = new Map<string, (profile: Writable) => string | Uint8Array>([
  ['.html', (profile) => profile.toHtml()],
  ['.fogprofile', (profile) => profile.toFogProfile()],
  ['.cpuprofile', (profile) => profile.toCpuProfile()],
  ['.heapprofile', (profile) => profile.toHeapProfile()],
  ['.pb.gz', (profile) => profile.toPprof()],
  ['.otlp', (profile) => profile.toOtlp()],
  ['.folded', (profile) => profile.toFolded()],
]);

/** Writes a profile in the format that the name of the file ends in. */
export async function writeProfile(profile: Writable, path: string | URL, options: WriteOptions = {}): Promise<void> {
  const { signal, ...unknown } = asObject('write options', options);
  refuseUnknown('', unknown);
  asSignal(signal)?.throwIfAborted();
  if (typeof path !== 'string' && !(path instanceof URL)) throw invalidOption('path', path, 'a path or a file: URL');
  if (path instanceof URL && path.protocol !== 'file:') throw invalidOption('path', path.href, 'a path or a file: URL');
  const file = path instanceof URL ? fileURLToPath(path) : path;
  const content = formatOf(file)(profile);
  try {
    await writeFile(file, content, { mode: 0o600, ...(signal && { signal }) });
  } catch (cause) {
    signal?.throwIfAborted(); // The signal's own reason, not Node's AbortError around it.
    throw writeFailed(file, cause);
  }
}

/** By the ending of the name. @throws {ProfilerError} `ERR_PROFILER_INVALID_OPTION` */
export function formatOf(file: string): (profile: Writable) => string | Uint8Array {
  const format = FORMATS.get(/(?:\.pb)?\.[a-z]+$/.exec(file)?.[0] ?? '');
  if (format === undefined) throw invalidOption('path', file, `a name that ends in ${[...FORMATS.keys()].join(', ')}`);
  return format;
}
