import type { ClusterWorker } from './cluster-worker.js';

/** Workers on their way out, and who waits for that. */
export class Departures {
  readonly #waiting = new Map<ClusterWorker, { readonly gone: Promise<void>; readonly resolve: () => void }>();

  has(worker: ClusterWorker): boolean {
    return this.#waiting.has(worker);
  }

  /** Settles when the worker has gone; the same promise for everybody who asks. */
  gone(worker: ClusterWorker): Promise<void> {
    const known = this.#waiting.get(worker);
    if (known !== undefined) return known.gone;
    let resolve = (): void => {};
    const gone = new Promise<void>((settle) => {
      resolve = settle;
    });
    this.#waiting.set(worker, { gone, resolve });
    return gone;
  }

  /** The worker has gone. */
  end(worker: ClusterWorker): void {
    this.#waiting.get(worker)?.resolve();
    this.#waiting.delete(worker);
  }
}
