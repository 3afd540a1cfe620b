/** What both servers take; all but `signal` and `env` speaks of a private one. */
export interface ServiceOptions {
  /** Ends the start, together with whatever was started; without effect once the service is there. */
  readonly signal?: AbortSignal;
  /** Where `DATABASE_URL` or `REDIS_URL` and `PATH` are read. @default process.env */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Starts a private server even if a URL is given: for tests that pause, kill or restart it. @default false */
  readonly alwaysPrivate?: boolean;
  /**
   * Keeps what was acknowledged through a crash of the machine, at the price of slower writes. A data directory is for
   * keeping data, so it cannot be had with `false`. @default true with `dataDirectory`, else false
   */
  readonly durable?: boolean;
  /** Where the data stays when the server ends; created if missing. @default a temporary one, removed at the end */
  readonly dataDirectory?: string;
}

export interface PostgresOptions extends ServiceOptions {
  /**
   * The only programs to try: those of the npm package, or those of the system (on `PATH` or in `/usr/lib/postgresql`).
   * @default the package's, else the system's
   */
  readonly from?: 'package' | 'system';
}

export interface RedisOptions extends ServiceOptions {
  /**
   * The only program to try: the one on `PATH`, or one downloaded with `apt-get` into the cache (Debian and Ubuntu; no
   * root needed). @default the one on `PATH`, else the downloaded one
   */
  readonly from?: 'apt' | 'system';
}
