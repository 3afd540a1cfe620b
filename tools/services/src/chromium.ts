import { type Browser, chromium } from 'playwright-core';
import { findChromium } from './chromium-program.js';
import { reasonOf, startFailed } from './errors.js';
import { type Environment, checkFrom, refuseUnknown } from './options.js';

export interface ChromiumOptions {
  /** Ends the start, together with whatever was started; without effect once the browser is there. */
  readonly signal?: AbortSignal;
  /** Where `CHROMIUM_PATH` and `PATH` are read. @default process.env */
  readonly env?: Environment;
  /**
   * The only browser to try: the system's (`CHROMIUM_PATH`, or on `PATH`) or the npm package's.
   * @default the system's, else the package's
   */
  readonly from?: 'package' | 'system';
}

/** A test's browser runs as root in a container, has no screen, and has nothing to tell to anybody but the page under test. */
const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/**
 * A headless Chromium, ended by its `close()` or with this process. The first one on a machine takes some seconds to unpack.
 * @throws {ServicesError} `ERR_SERVICES_INVALID_OPTION`, `ERR_SERVICES_NO_CHROMIUM`, `ERR_SERVICES_START_FAILED`
 */
export async function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  const { signal, env = process.env, from, ...unknown } = options;
  refuseUnknown(unknown, ['signal', 'env', 'from']);
  checkFrom(from, ['package', 'system']);
  signal?.throwIfAborted();

  const { program, env: environment } = await findChromium({ env, from, signal });
  let browser: Browser;
  try {
    browser = await chromium.launch({ executablePath: program, args: FLAGS, env: environment });
  } catch (error) {
    throw startFailed('Chromium', reasonOf(error), [], error);
  }
  if (signal?.aborted !== true) return browser;
  await browser.close();
  throw signal.reason;
}
