import { invalidUrl, notPrivate, unreachable } from './errors.js';
import type { Service } from './service.js';

export interface GivenServer {
  readonly title: string;
  /** The environment variable that names it, and what that says. */
  readonly variable: string;
  readonly url: string;
  readonly protocols: readonly string[];
  readonly defaultPort: number;
  readonly example: string;
  /** Gives the version, or fails. */
  readonly greet: (url: string) => Promise<string>;
  readonly signal: AbortSignal | undefined;
}

/** A server that belongs to somebody else: it is greeted and otherwise left alone. */
export async function givenServer({ title, variable, url, protocols, defaultPort, example, greet, signal }: GivenServer): Promise<Service> {
  if (!URL.canParse(url) || !protocols.includes(new URL(url).protocol)) throw invalidUrl(variable, example);
  const parsed = new URL(url);
  const host = parsed.hostname === '' ? 'localhost' : parsed.hostname;
  const port = parsed.port === '' ? defaultPort : Number(parsed.port);

  const version = await unlessAborted(greet(url), signal, (cause) => unreachable(variable, title, `${host}:${port}`, cause));
  const refuse = async (operation: string): Promise<never> => {
    throw notPrivate(title, operation);
  };
  return {
    url,
    host,
    port,
    version,
    origin: 'given',
    pause: () => refuse('pause'),
    resume: () => refuse('resume'),
    kill: () => refuse('kill'),
    restart: () => refuse('restart'),
    close: leaveAlone,
    [Symbol.asyncDispose]: leaveAlone,
  };
}

async function leaveAlone(): Promise<void> {}

async function unlessAborted<T>(promise: Promise<T>, signal: AbortSignal | undefined, explain: (cause: unknown) => Error): Promise<T> {
  const settled = new AbortController();
  const aborted = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true, signal: settled.signal });
  });
  try {
    return await Promise.race([promise, aborted]);
  } catch (error) {
    throw signal?.aborted === true ? signal.reason : explain(error);
  } finally {
    settled.abort();
  }
}
