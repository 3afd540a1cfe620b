import type { Browser } from 'playwright-core';

export interface ChromiumOptions {
  /** Ends the start, together with whatever was started; without effect once the browser is there. */
  readonly signal?: AbortSignal;
  /** Where `CHROMIUM_PATH` and `PATH` are read. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** The only browser to try: the system's or the npm package's. @default the system's, else the package's */
  readonly from?: 'package' | 'system';
}

/** A headless Chromium. */
export async function launchChromium(options: ChromiumOptions = {}): Promise<Browser> {
  throw new Error(`not there yet: ${typeof options}`);
}
