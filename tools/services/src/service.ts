/** A server that is there and answers. */
export interface Service extends AsyncDisposable {
  /** How to reach it, credentials included. */
  readonly url: string;
  readonly host: string;
  readonly port: number;
  /** Of the server, as in `18.4`. */
  readonly version: string;
  /** `given` by the environment, never stopped by us; or `private` to this process and ended with it, however it ends. */
  readonly origin: 'given' | 'private';
  /**
   * Freezes the server and all its processes: connections stay open, nothing answers. Private only.
   * @throws {ServicesError} `ERR_SERVICES_NOT_PRIVATE`, `ERR_SERVICES_CLOSED`.
   */
  pause(): Promise<void>;
  /** Undoes {@link pause}. */
  resume(): Promise<void>;
  /** Crashes the server (SIGKILL), its data left as they are; resolves once it is gone. Private only, as {@link pause}. */
  kill(): Promise<void>;
  /**
   * Stops the server, if it runs, and starts it again on the same port with the same data. Private only, as {@link pause}.
   * @throws {ServicesError} `ERR_SERVICES_START_FAILED` as well.
   */
  restart(): Promise<void>;
  /** Ends a private server and removes its temporary data; a given one is left alone. Idempotent. */
  close(): Promise<void>;
}
