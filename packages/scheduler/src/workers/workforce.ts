import type { Cluster } from './cluster.js';
import type { ClusterWorker, RunningTask } from './cluster-worker.js';
import { Departures } from './departures.js';
import { invalidOption } from '../errors.js';
import { workerAdded, workerRemoved } from '../events.js';
import { checkOptions } from '../refusal.js';
import { checkWorkerChanges, resolveWorkerOptions, type WorkerChanges, type WorkerOptions, type WorkerReading } from './worker-options.js';

/** Workers as their owner sees them: they come, change and go. */
export class Workforce<Running extends RunningTask> {
  readonly #scheduler: string;
  readonly #cluster: Cluster<Running>;
  readonly #departures = new Departures();

  constructor(scheduler: string, cluster: Cluster<Running>) {
    this.#scheduler = scheduler;
    this.#cluster = cluster;
  }

  add(options: WorkerOptions, nowMs: number): void {
    const worker = resolveWorkerOptions(options);
    this.#cluster.add(worker, nowMs);
    workerAdded(this.#scheduler, worker.id);
  }

  update(id: string, changes: WorkerChanges, nowMs: number): void {
    checkWorkerChanges(changes);
    this.#cluster.update(this.#cluster.get(id), changes, nowMs);
  }

  /** Settles when the worker is gone. `evict` is called for each of its tasks if it is to go by force. */
  remove(id: string, options: { readonly force?: boolean }, evict: (task: Running) => void): Promise<void> {
    if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
    checkOptions(options, ['force']);
    const { force = false } = options;
    if (typeof force !== 'boolean') throw invalidOption('force', force, 'true or false');
    const worker = this.#cluster.get(id);
    if (!this.#departures.has(worker)) this.#cluster.retire(worker);
    const gone = this.#departures.gone(worker);
    // A copy: what listens to the abort may end its task at once.
    if (force) for (const task of worker.running.slice()) evict(task);
    this.departIfIdle(worker);
    return gone;
  }

  /** A worker without tasks goes, if it was told to. */
  departIfIdle(worker: ClusterWorker): void {
    if (worker.running.length > 0 || !this.#departures.has(worker)) return;
    this.#cluster.remove(worker);
    workerRemoved(this.#scheduler, worker.id);
    this.#departures.end(worker);
  }

  reading(nowMs: number): WorkerReading[] {
    return this.#cluster.workers.map((worker) => ({
      id: worker.id,
      state: worker.draining ? 'draining' : 'active',
      running: worker.running.length,
      utilisationRatio: worker.share,
      meanUtilisationRatio: worker.meanShare(nowMs),
      labels: worker.labels,
      pricePerHour: worker.pricePerHour,
      speed: worker.speed,
    }));
  }
}
