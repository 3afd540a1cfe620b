import { invalidOption } from '../errors.js';
import { checkCapacity, type Capacity } from './resources.js';

/** A worker joins with this. */
export interface WorkerOptions {
  /** Not that of a worker still here. */
  readonly id: string;
  readonly capacity: Capacity;
  /** What `affinity` and `antiAffinity` look at. @default {} */
  readonly labels?: Readonly<Record<string, string>>;
  /** In any currency, the same for all workers. At least 0. @default 0 */
  readonly pricePerHour?: number;
  /**
   * How often it is taken away, per hour, as spot instances are: `cost` and others weigh the chance that a task does not end there.
   * At least 0. @default 0
   */
  readonly interruptionsPerHour?: number;
  /** How fast it runs a task: 2 takes half of what 1 takes. Above 0. @default 1 */
  readonly speed?: number;
}

/** What `updateWorker()` can change; what is left out stays. */
export type WorkerChanges = Partial<Omit<WorkerOptions, 'id'>>;

/** One worker in a reading of `workers()`. */
export interface WorkerReading {
  readonly id: string;
  /** A draining worker takes no more tasks and leaves when its last one ends. */
  readonly state: 'active' | 'draining';
  /** Tasks that hold some of its capacity. */
  readonly running: number;
  /** Share in use now of whatever it is shortest of; above 1 if `updateWorker()` took capacity from under running tasks. */
  readonly utilisationRatio: number;
  /** The same, as a mean over the time since it was added. */
  readonly meanUtilisationRatio: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly pricePerHour: number;
  readonly speed: number;
}

const CHANGES: readonly string[] = ['capacity', 'labels', 'pricePerHour', 'interruptionsPerHour', 'speed'];

export function resolveWorkerOptions(options: WorkerOptions): Required<WorkerOptions> {
  if (typeof options !== 'object' || options === null) throw invalidOption('options', options, 'an object');
  const { id, capacity, labels = {}, pricePerHour = 0, interruptionsPerHour = 0, speed = 1, ...unknown } = options;
  if (typeof id !== 'string' || id === '') throw invalidOption('id', id, 'a string that is not empty');
  checkWorkerChanges({ capacity, labels, pricePerHour, interruptionsPerHour, speed, ...unknown });
  checkCapacity(capacity);
  return { id, capacity, labels, pricePerHour, interruptionsPerHour, speed };
}

/** Throws `ERR_SCHEDULER_INVALID_OPTION` for what no worker can be. */
export function checkWorkerChanges(changes: WorkerChanges): void {
  if (typeof changes !== 'object' || changes === null) throw invalidOption('changes', changes, 'an object');
  for (const name of Object.keys(changes)) if (!CHANGES.includes(name)) throw invalidOption(name, 'given', `one of ${CHANGES.join(', ')}`);
  const { capacity, labels, pricePerHour, interruptionsPerHour, speed } = changes;
  if (capacity !== undefined) checkCapacity(capacity);
  if (labels !== undefined) checkLabels(labels);
  if (pricePerHour !== undefined && !(Number.isFinite(pricePerHour) && pricePerHour >= 0)) throw invalidOption('pricePerHour', pricePerHour, 'a number ≥ 0');
  if (interruptionsPerHour !== undefined && !(Number.isFinite(interruptionsPerHour) && interruptionsPerHour >= 0)) throw invalidOption('interruptionsPerHour', interruptionsPerHour, 'a number ≥ 0');
  if (speed !== undefined && !(Number.isFinite(speed) && speed > 0)) throw invalidOption('speed', speed, 'a number above 0');
}

function checkLabels(labels: Readonly<Record<string, string>>): void {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) throw invalidOption('labels', labels, 'an object of strings');
  for (const [label, value] of Object.entries(labels)) if (typeof value !== 'string') throw invalidOption(`labels.${label}`, value, 'a string');
}
