import { createReadStream, createWriteStream, readFileSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress } from 'node:zlib';
import { cached } from './cache.js';
import { packageEntry } from './checkout.js';
import { missing, reasonOf } from './errors.js';
import type { Environment } from './options.js';
import { onPath, programEnv, run } from './program.js';

export interface ChromiumProgram {
  readonly program: string;
  readonly env: NodeJS.ProcessEnv;
}

interface Search {
  readonly env: Environment;
  readonly from: 'package' | 'system' | undefined;
  readonly signal: AbortSignal | undefined;
}

const NAMES = ['chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const PACKAGE = '@sparticuz/chromium';

/**
 * A browser that runs on this machine.
 * @throws {ServicesError} `ERR_SERVICES_NO_CHROMIUM`
 */
export async function findChromium({ env, from, signal }: Search): Promise<ChromiumProgram> {
  const tried: string[] = [];
  const runs = async (candidate: ChromiumProgram): Promise<boolean> => {
    try {
      await run(candidate.program, ['--version'], { env: candidate.env, signal });
      return true;
    } catch (error) {
      signal?.throwIfAborted();
      tried.push(`${candidate.program}: ${reasonOf(error)}`);
      return false;
    }
  };

  if (from !== 'package') {
    const named = env.CHROMIUM_PATH === undefined || env.CHROMIUM_PATH === '' ? [] : [env.CHROMIUM_PATH];
    const programs = [...named, ...onPath(NAMES, env)];
    if (programs.length === 0) tried.push(`CHROMIUM_PATH: not set; ${NAMES.join(', ')} on PATH: not there`);
    for (const program of programs) if (await runs({ program, env: programEnv(env) })) return { program, env: programEnv(env) };
  }
  if (from !== 'system') {
    const entry = packageEntry(PACKAGE);
    if (entry === undefined) tried.push(`the npm package ${PACKAGE}: not installed`);
    else if (process.platform !== 'linux' || process.arch !== 'x64') tried.push(`the npm package ${PACKAGE}: for Linux on x64, this is ${process.platform} on ${process.arch}`);
    else {
      const candidate = await unpacked(entry, env, signal);
      if (await runs(candidate)) return candidate;
    }
  }
  throw missing('ERR_SERVICES_NO_CHROMIUM', 'Chromium', tried, [
    'set CHROMIUM_PATH to the program of a Chromium or Chrome you have',
    'install one, such as `apt-get install chromium` or `brew install --cask chromium`',
    `install with optional dependencies on Linux x64, which include ${PACKAGE}`,
  ]);
}

/**
 * The package's own code unpacks to fixed names in the temporary directory, where it takes whatever it finds there for
 * its own, half-written files included. So we unpack its archives ourselves.
 */
async function unpacked(entry: string, env: Environment, signal: AbortSignal | undefined): Promise<ChromiumProgram> {
  const packageRoot = join(dirname(entry), '../..');
  const { version } = JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string };
  const root = await cached(`chromium-${version}-x64`, signal, async (directory) => {
    const inflate = (name: string, mode: number): Promise<void> =>
      pipeline(createReadStream(join(packageRoot, 'bin', `${name}.br`)), createBrotliDecompress(), createWriteStream(join(directory, name), { mode }), signal === undefined ? {} : { signal });
    await inflate('chromium', 0o755);
    // The graphics library is looked for beside the program; the other libraries are those a slim image lacks.
    for (const archive of ['swiftshader.tar', 'al2023.tar', 'fonts.tar']) {
      await inflate(archive, 0o644);
      await run('tar', ['-xf', archive, '--no-same-owner'], { env: programEnv(env), signal, cwd: directory });
      await rm(join(directory, archive));
    }
    // Its own points to directories of the cloud it was made for, and text without a font is not drawn at all.
    await writeFile(
      join(directory, 'fonts.conf'),
      `<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir prefix="relative">fonts</dir>
  <dir>/usr/share/fonts</dir>
  <cachedir prefix="xdg">fontconfig</cachedir>
</fontconfig>
`,
    );
  });
  return { program: join(root, 'chromium'), env: programEnv(env, { LD_LIBRARY_PATH: join(root, 'lib'), FONTCONFIG_FILE: join(root, 'fonts.conf') }) };
}
