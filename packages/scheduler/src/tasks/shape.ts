import { checkAffinity, compileSelector, type Affinity, type CompiledSelector } from '../workers/labels.js';
import { Lane } from '../queue/lane.js';
import type { OrderedItem } from '../queue/ordered.js';
import type { ClusterWorker } from '../workers/cluster-worker.js';
import { checkNeed, type Demand, type Dimensions, type Needs } from '../workers/resources.js';
import type { Tenant } from '../queue/tenants.js';

/** The workers by their score for a shape, those without room left out. */
export interface RankedWorkers {
  /** The worker with the highest score, the first of equals; among those that `accepts` agrees to. */
  best(accepts: (worker: ClusterWorker) => boolean): ClusterWorker | undefined;
}

/**
 * What the search for room can tell tasks apart by: their needs and the labels they insist on. Tasks of one shape share the
 * object, so that one of them that finds no room speaks for all, and a queue of one shape is not searched any further.
 */
export interface Shape<Queued extends OrderedItem = OrderedItem> {
  readonly demand: Demand;
  readonly required: CompiledSelector;
  readonly forbidden: CompiledSelector;
  /** Tasks, by name or id, that must run on the worker, and that must not. */
  readonly requiredTasks: readonly string[];
  readonly forbiddenTasks: readonly string[];
  /** Whose it is, where tenants count. */
  readonly tenant: Tenant | undefined;
  /** Its tasks in the ready queue. */
  readonly lane: Lane<Queued>;
  /** Made when tasks of it come often. */
  ranking: RankedWorkers | undefined;
  /** How often tasks of it were submitted; halved from time to time. */
  asked: number;
  /** The last planning pass in which there was no room for it. */
  noRoomInPass: number;
  /** Whether any worker could run it when idle, as of a version of the cluster. */
  placeable: boolean;
  /** Whether all of them could. */
  runsAnywhere: boolean;
  /** The share of all the workers have that one task needs, of whatever it needs most of. */
  sizeRatio: number;
  placeableVersion: number;
}

/** What makes a shape, as given to `submit()`. */
export interface ShapeOptions {
  readonly needs?: Needs | undefined;
  readonly affinity?: Affinity | undefined;
  readonly antiAffinity?: Affinity | undefined;
  /** A gang stands in line as one, and so has a shape of its own. */
  readonly gang?: { readonly id: string } | undefined;
}

const DEFAULT_NEEDS: Needs = { cpu: 1 };
const SEPARATOR = '\0';
/** Shapes kept although no task has them: data sizes among the needs may make every task's shape its own. */
const KEPT = 1_024;

export class Shapes<Queued extends OrderedItem> {
  readonly #dimensions: Dimensions;
  readonly #keys: 'few' | 'many';
  readonly #byKey = new Map<string, Shape<Queued>>();
  #usual: Shape<Queued> | undefined = undefined;
  #sweepAt = KEPT;

  /** `keys`: whether the order gives many tasks the same place. */
  constructor(dimensions: Dimensions, keys: 'few' | 'many' = 'many') {
    this.#dimensions = dimensions;
    this.#keys = keys;
  }

  /** Throws `ERR_SCHEDULER_INVALID_OPTION` for impossible needs or malformed selectors. */
  of(options: ShapeOptions, tenant?: Tenant): Shape<Queued> {
    const { needs, affinity, antiAffinity, gang } = options;
    const isUsual = needs === undefined && affinity === undefined && antiAffinity === undefined && gang === undefined && tenant === undefined;
    let shape = isUsual ? this.#usual : undefined;
    if (shape === undefined) {
      shape = this.#find(options, tenant);
      if (isUsual) this.#usual = shape;
    }
    shape.asked += 1;
    return shape;
  }

  #find({ needs = DEFAULT_NEEDS, affinity, antiAffinity, gang }: ShapeOptions, tenant: Tenant | undefined): Shape<Queued> {
    let key = '';
    for (const resource in needs) {
      const amount = needs[resource];
      if (typeof amount !== 'number') checkNeed(resource, amount); // Or `'1'` would pass wherever 1 has been seen.
      key += resource + SEPARATOR + String(amount) + SEPARATOR;
    }
    if (affinity !== undefined) checkAffinity(affinity, 'affinity');
    if (antiAffinity !== undefined) checkAffinity(antiAffinity, 'antiAffinity');
    const isPlain = affinity === undefined && antiAffinity === undefined && gang === undefined && tenant === undefined;
    if (!isPlain) key += `${SEPARATOR}${JSON.stringify([affinity?.required, affinity?.requiredTasks, antiAffinity?.required, antiAffinity?.requiredTasks, gang?.id, tenant?.name])}`;
    return this.#byKey.get(key) ?? this.#add(key, needs, affinity, antiAffinity, tenant);
  }

  #add(key: string, needs: Needs, affinity: Affinity | undefined, antiAffinity: Affinity | undefined, tenant: Tenant | undefined): Shape<Queued> {
    const shape: Shape<Queued> = {
      demand: this.#dimensions.demand(needs),
      required: compileSelector(affinity?.required),
      forbidden: compileSelector(antiAffinity?.required),
      requiredTasks: [...(affinity?.requiredTasks ?? [])],
      forbiddenTasks: [...(antiAffinity?.requiredTasks ?? [])],
      tenant,
      lane: new Lane<Queued>(this.#keys, tenant),
      ranking: undefined,
      asked: 0,
      noRoomInPass: -1,
      placeable: false,
      runsAnywhere: false,
      sizeRatio: 0,
      placeableVersion: -1,
    };
    if (this.#byKey.size >= this.#sweepAt) this.#sweep();
    this.#byKey.set(key, shape);
    return shape;
  }

  #sweep(): void {
    for (const [key, shape] of this.#byKey) if (shape.lane.tasks.size === 0) this.#byKey.delete(key);
    this.#sweepAt = Math.max(KEPT, this.#byKey.size * 2);
  }
}

/** Where a task of the shape may run hangs on what runs there already. */
export const dependsOnTasks = ({ requiredTasks, forbiddenTasks }: Shape): boolean => requiredTasks.length + forbiddenTasks.length > 0;
