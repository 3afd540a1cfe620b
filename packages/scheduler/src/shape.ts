import { checkAffinity, compileSelector, type Affinity, type CompiledSelector } from './labels.js';
import { Lane } from './lane.js';
import type { Ranking } from './placement/ranking.js';
import { checkNeed, type Demand, type Dimensions, type Needs } from './resources.js';

/**
 * What the search for room can tell tasks apart by: their needs and the labels they insist on. Tasks of one shape share the
 * object, so that one of them that finds no room speaks for all, and a queue of one shape is not searched any further.
 */
export interface Shape {
  readonly demand: Demand;
  readonly required: CompiledSelector;
  readonly forbidden: CompiledSelector;
  /** Its tasks in the ready queue. */
  readonly lane: Lane;
  /** The workers by their score for it; made when it decides often. */
  ranking: Ranking | undefined;
  decisions: number;
  /** The last planning pass in which there was no room for it. */
  noRoomInPass: number;
  /** Whether any worker could run it when idle, as of a version of the cluster. */
  placeable: boolean;
  /** Whether all of them could. */
  runsAnywhere: boolean;
  placeableVersion: number;
}

const DEFAULT_NEEDS: Needs = { cpu: 1 };
const SEPARATOR = '\0';
/** Shapes kept although no task has them: data sizes among the needs may make every task's shape its own. */
const KEPT = 1_024;

export class Shapes {
  readonly #dimensions: Dimensions;
  readonly #byKey = new Map<string, Shape>();
  #sweepAt = KEPT;

  constructor(dimensions: Dimensions) {
    this.#dimensions = dimensions;
  }

  /** Throws `ERR_SCHEDULER_INVALID_OPTION` for impossible needs or malformed selectors. */
  of(needs: Needs = DEFAULT_NEEDS, affinity?: Affinity, antiAffinity?: Affinity): Shape {
    let key = '';
    for (const resource in needs) {
      const amount = needs[resource];
      if (typeof amount !== 'number') checkNeed(resource, amount); // Or `'1'` would pass wherever 1 has been seen.
      key += resource + SEPARATOR + String(amount) + SEPARATOR;
    }
    if (affinity !== undefined) checkAffinity(affinity, 'affinity');
    if (antiAffinity !== undefined) checkAffinity(antiAffinity, 'antiAffinity');
    if (affinity?.required !== undefined || antiAffinity?.required !== undefined)
      key += `${SEPARATOR}${JSON.stringify([affinity?.required, antiAffinity?.required])}`;
    return this.#byKey.get(key) ?? this.#add(key, needs, affinity, antiAffinity);
  }

  #add(key: string, needs: Needs, affinity?: Affinity, antiAffinity?: Affinity): Shape {
    const shape: Shape = {
      demand: this.#dimensions.demand(needs),
      required: compileSelector(affinity?.required, 'affinity.required'),
      forbidden: compileSelector(antiAffinity?.required, 'antiAffinity.required'),
      lane: new Lane(),
      ranking: undefined,
      decisions: 0,
      noRoomInPass: -1,
      placeable: false,
      runsAnywhere: false,
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
