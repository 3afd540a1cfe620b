import { mkdir, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { invalidOption, readFailed, writeFailed } from './errors.js';
import { type SpanOptions, resolveSpan } from './options.js';
import { asObject, refuseUnknown } from './refusal.js';
import { type Profile, mergeProfiles, parseProfile } from './profile.js';

export interface WindowDirectoryOptions {
  /** Made if it is not there. Files of others in it are left alone. */
  readonly path: string;
  /** Most files kept, the oldest go first. An integer ≥ 1. @default 8_640: a day of windows of 10 s */
  readonly keepFiles?: number;
  /** Most bytes kept. An integer ≥ 1. @default 268_435_456 */
  readonly keepBytes?: number;
}

/** Windows of continuous sampling in a folder, a file each. */
export interface WindowDirectory {
  /**
   * Writes a window, and removes the oldest beyond what is kept. To be given as `continuous.onWindow`.
   * @throws {ProfilerError} `ERR_PROFILER_WRITE_FAILED`
   */
  readonly keep: (profile: Profile) => Promise<void>;
  /**
   * The windows that lie in a span of time in one profile, those of other and earlier processes included; whole windows.
   * `undefined` if there are none.
   * @throws {ProfilerError} `ERR_PROFILER_READ_FAILED`, `ERR_PROFILER_INVALID_PROFILE`, `ERR_PROFILER_INVALID_OPTION`
   */
  query(span?: SpanOptions): Promise<Profile | undefined>;
}

/** @throws {ProfilerError} `ERR_PROFILER_INVALID_OPTION` */
export function windowDirectory(options: WindowDirectoryOptions): WindowDirectory {
  const { path, keepFiles = 8_640, keepBytes = 2 ** 28, ...unknown } = asObject('options', options);
  refuseUnknown('', unknown);
  if (typeof path !== 'string' || path === '') throw invalidOption('path', path, 'a folder');
  if (!Number.isInteger(keepFiles) || keepFiles < 1) throw invalidOption('keepFiles', keepFiles, 'an integer ≥ 1');
  if (!Number.isInteger(keepBytes) || keepBytes < 1) throw invalidOption('keepBytes', keepBytes, 'an integer ≥ 1');
  let ordinal = 0;
  return {
    async keep(profile) {
      const file = join(path, nameOf(profile, (ordinal += 1)));
      try {
        await makeFolder(path);
        await writeFile(`${file}.part`, profile.toFogProfile(), { mode: 0o600 });
        await rename(`${file}.part`, file); // Whoever reads meanwhile sees whole files.
        await rotate(path, keepFiles, keepBytes);
      } catch (cause) {
        throw writeFailed(file, cause);
      }
    },
    async query(span = {}) {
      const { fromMs, untilMs } = resolveSpan(span);
      const wanted = (await windowsIn(path, 'may be missing')).filter((window) => window.untilMs > fromMs && window.fromMs < untilMs);
      const profiles = await Promise.all(wanted.map(({ name }) => read(join(path, name))));
      const found = profiles.filter((profile) => profile !== undefined);
      return found.length === 0 ? undefined : mergeProfiles(found);
    },
  };
}

/** Not `mkdir`'s own `recursive`, which never answers where a parent takes no folders, as of /proc. */
async function makeFolder(path: string): Promise<void> {
  try {
    await mkdir(path);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EEXIST') return; // If it is a file, what is written below it finds out.
    if (code !== 'ENOENT' || dirname(path) === path) throw error;
    await makeFolder(dirname(path));
    await mkdir(path).catch((again: NodeJS.ErrnoException) => {
      if (again.code !== 'EEXIST') throw again; // Another process was faster.
    });
  }
}

const NAME = /^window-(\d{15})-(\d+)-\d+-\d+\.fogprofile$/;

/** In the order of time when sorted; of several processes none takes another's name. */
const nameOf = ({ startedAtMs = 0, durationMs }: Profile, ordinal: number): string =>
  `window-${String(Math.floor(startedAtMs)).padStart(15, '0')}-${Math.ceil(durationMs)}-${process.pid}-${ordinal}.fogprofile`;

async function windowsIn(path: string, folder: 'is there' | 'may be missing' = 'is there'): Promise<{ readonly name: string; readonly fromMs: number; readonly untilMs: number }[]> {
  const names: string[] = await readdir(path).catch((cause: unknown) => {
    if (folder === 'may be missing' && (cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw readFailed(path, cause);
  });
  return names.toSorted().flatMap((name) => {
    const [, from, duration] = NAME.exec(name) ?? [];
    return from === undefined ? [] : [{ name, fromMs: Number(from), untilMs: Number(from) + Number(duration) }];
  });
}

/** `undefined` if it was rotated away meanwhile. */
async function read(file: string): Promise<Profile | undefined> {
  const content = await readFile(file).catch((cause: unknown) => {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw readFailed(file, cause);
  });
  return content && parseProfile(content);
}

async function rotate(path: string, keepFiles: number, keepBytes: number): Promise<void> {
  const windows = await windowsIn(path);
  const sizes = await Promise.all(windows.map(({ name }) => stat(join(path, name)).then(({ size }) => size, () => 0)));
  let [files, bytes] = [windows.length, sizes.reduce((sum, size) => sum + size, 0)];
  for (const [index, { name }] of windows.entries()) {
    if ((files <= keepFiles && bytes <= keepBytes) || files <= 1) return;
    await rm(join(path, name), { force: true });
    files -= 1;
    bytes -= sizes[index] ?? 0;
  }
}
