import { invalidOption } from '../errors.js';

/** What a worker has. Any name may be added: a need of that name is counted against it. */
export interface Capacity {
  readonly cpu: number;
  readonly memoryBytes?: number;
  /** Its GPUs, as shares to give out: `[1, 1]` for two whole ones. Each above 0 and at most 1. */
  readonly gpu?: readonly number[];
  readonly [resource: string]: number | readonly number[] | undefined;
}

/** What a task holds while it runs. */
export interface Needs {
  readonly cpu?: number;
  readonly memoryBytes?: number;
  /** A share of one GPU, up to 1; or a whole number of whole GPUs. */
  readonly gpu?: number;
  readonly [resource: string]: number | undefined;
}

/** What is free on a worker, or free at a later time; `amounts` by dimension, in its unit. */
export interface Room {
  readonly amounts: number[];
  readonly gpus: number[];
}

/** Needs taken apart: only what is above 0, as dimensions and amounts side by side. */
export interface Demand {
  readonly dimensions: readonly number[];
  readonly amounts: readonly number[];
  readonly gpu: number;
}

const NO_GPUS: readonly number[] = [];

/**
 * Amounts are whole numbers of a unit, so that giving back what was taken leaves exactly what was there: ten tasks of
 * 0.1 CPU fill one CPU and leave 0, not 2⁻⁵³. Bytes count as such, everything else in millionths; what is smaller is cut off.
 */
const unitsOf = (resource: string): number => (resource.endsWith('Bytes') ? 1 : 1_000_000);
const toUnits = (amount: number, unit: number): number => Math.floor(amount * unit + 1e-3);

/** Resource names as indices, in the order they came; never forgotten, being few. */
export class Dimensions {
  readonly #indices = new Map<string, number>();
  readonly names: string[] = [];

  indexOf(resource: string): number {
    let index = this.#indices.get(resource);
    if (index === undefined) {
      index = this.names.push(resource) - 1;
      this.#indices.set(resource, index);
    }
    return index;
  }

  /** The amount in the user's unit. */
  shown(index: number, units: number): number {
    return units / unitsOf(this.names[index] ?? '');
  }

  room(capacity: Capacity): Room {
    const amounts: number[] = [];
    for (const [resource, amount] of Object.entries(capacity))
      if (typeof amount === 'number') {
        const index = this.indexOf(resource);
        while (amounts.length <= index) amounts.push(0);
        amounts[index] = toUnits(amount, unitsOf(resource));
      }
    return { amounts, gpus: (capacity.gpu ?? NO_GPUS).map((share) => toUnits(share, unitsOf('gpu'))) };
  }

  /** Amounts as upper bounds: 0 counts, and a `gpu` left out is unlimited. */
  limits(quota: Needs): Demand {
    const entries = Object.entries(quota).filter(([resource, amount]) => resource !== 'gpu' && amount !== undefined);
    return {
      dimensions: entries.map(([resource]) => this.indexOf(resource)),
      amounts: entries.map(([resource, amount]) => toUnits(amount ?? 0, unitsOf(resource))),
      gpu: quota.gpu === undefined ? Infinity : toUnits(quota.gpu, unitsOf('gpu')),
    };
  }

  /** Throws `ERR_SCHEDULER_INVALID_OPTION` for what nobody can need. */
  demand(needs: Needs): Demand {
    const dimensions: number[] = [];
    const amounts: number[] = [];
    let gpu = 0;
    for (const resource of Object.keys(needs)) {
      const amount = needs[resource] ?? 0;
      checkNeed(resource, amount);
      if (amount === 0) continue;
      if (resource === 'gpu') {
        if (amount > 1 && !Number.isInteger(amount)) throw invalidOption('needs.gpu', amount, 'a share up to 1, or a whole number of GPUs');
        gpu = toUnits(amount, unitsOf(resource));
      } else {
        dimensions.push(this.indexOf(resource));
        amounts.push(toUnits(amount, unitsOf(resource)));
      }
    }
    return { dimensions, amounts, gpu };
  }
}

/** Throws `ERR_SCHEDULER_INVALID_OPTION` unless it is an amount, or left out. */
export function checkNeed(resource: string, amount: unknown, option = 'needs'): void {
  if (amount !== undefined) checkAmount(amount, `${option}.${resource}`, resource);
}

function checkAmount(amount: unknown, option: string, resource: string): asserts amount is number {
  const most = Number.MAX_SAFE_INTEGER / unitsOf(resource);
  if (typeof amount !== 'number' || !(amount >= 0 && amount <= most)) throw invalidOption(option, amount, `a number from 0 to ${Math.floor(most)}`);
}

export function checkCapacity(capacity: Capacity): void {
  if (typeof capacity !== 'object' || capacity === null) throw invalidOption('capacity', capacity, 'an object of amounts');
  if (typeof capacity.cpu !== 'number') throw invalidOption('capacity.cpu', capacity.cpu, 'a number');
  for (const [resource, amount] of Object.entries(capacity)) {
    if (resource === 'gpu') {
      if (amount !== undefined && !(Array.isArray(amount) && amount.every((share) => typeof share === 'number' && share > 0 && share <= 1)))
        throw invalidOption('capacity.gpu', amount, 'an array of shares above 0 and up to 1, one for each GPU');
    } else if (amount !== undefined) checkAmount(amount, `capacity.${resource}`, resource);
  }
}

/** Is there room for the demand? */
export function fits(demand: Demand, room: Room): boolean {
  const { dimensions, amounts } = demand;
  for (let index = 0; index < dimensions.length; index += 1)
    if ((room.amounts[dimensions[index] ?? 0] ?? 0) < (amounts[index] ?? 0)) return false;
  return demand.gpu === 0 || chooseGpus(demand.gpu, room.gpus) !== undefined;
}

const WHOLE = unitsOf('gpu');

/**
 * The GPUs to take: for a share the fullest one that has it, so that whole ones stay whole; lower indices first.
 * `undefined` if there are not enough.
 */
export function chooseGpus(gpu: number, free: readonly number[]): readonly number[] | undefined {
  if (gpu === 0) return NO_GPUS;
  if (gpu <= WHOLE) {
    let best = -1;
    for (let index = 0; index < free.length; index += 1) {
      const share = free[index] ?? 0;
      if (share >= gpu && (best === -1 || share < (free[best] ?? 0))) best = index;
    }
    return best === -1 ? undefined : [best];
  }
  const chosen: number[] = [];
  for (let index = 0; index < free.length && chosen.length * WHOLE < gpu; index += 1) if ((free[index] ?? 0) >= WHOLE) chosen.push(index);
  return chosen.length * WHOLE < gpu ? undefined : chosen;
}

/** How many tasks of the demand would fit beside each other; `Infinity` of one that needs nothing. */
export function copiesIn({ dimensions, amounts, gpu }: Demand, room: Room): number {
  let copies = gpu === 0 ? Infinity : gpuCopies(gpu, room.gpus);
  for (let at = 0; at < dimensions.length && copies > 0; at += 1) copies = Math.min(copies, Math.floor((room.amounts[dimensions[at] ?? 0] ?? 0) / (amounts[at] ?? 1)));
  return Math.max(0, copies);
}

function gpuCopies(gpu: number, free: readonly number[]): number {
  let copies = 0;
  if (gpu < WHOLE) for (const share of free) copies += Math.floor(share / gpu);
  else {
    for (const share of free) if (share >= WHOLE) copies += 1;
    copies = Math.floor((copies * WHOLE) / gpu);
  }
  return copies;
}

/** Takes (`sign` -1) or gives back (1) a demand that holds `gpus`. */
export function move(demand: Demand, gpus: readonly number[], room: Room, sign: 1 | -1): void {
  const { dimensions, amounts } = demand;
  for (let index = 0; index < dimensions.length; index += 1) {
    const dimension = dimensions[index] ?? 0;
    room.amounts[dimension] = (room.amounts[dimension] ?? 0) + sign * (amounts[index] ?? 0);
  }
  const share = sign * Math.min(demand.gpu, WHOLE);
  for (const index of gpus) room.gpus[index] = (room.gpus[index] ?? 0) + share;
}

export const copyRoom = ({ amounts, gpus }: Room): Room => ({ amounts: [...amounts], gpus: [...gpus] });

/** What is in both. */
export const commonRoom = (a: Room, b: Room): Room => ({
  amounts: a.amounts.map((amount, index) => Math.min(amount, b.amounts[index] ?? 0)),
  gpus: a.gpus.map((share, index) => Math.min(share, b.gpus[index] ?? 0)),
});

/** The share of `totals` that a demand takes, of whatever it takes most of. */
export function shareOf({ dimensions, amounts, gpu }: Demand, totals: { readonly amounts: readonly number[]; readonly gpu: number }): number {
  let share = gpu > 0 ? gpu / totals.gpu : 0;
  for (let index = 0; index < dimensions.length; index += 1) share = Math.max(share, (amounts[index] ?? 0) / (totals.amounts[dimensions[index] ?? 0] ?? 0));
  return share;
}

/** The share of its capacity that is in use of whatever there is least left of; 0 … 1, or more if the capacity shrank. */
export function shareInUse(capacity: Room, free: Room): number {
  let share = 0;
  for (let index = 0; index < capacity.amounts.length; index += 1) {
    const all = capacity.amounts[index] ?? 0;
    if (all > 0) share = Math.max(share, (all - (free.amounts[index] ?? 0)) / all);
  }
  let all = 0;
  let left = 0;
  for (let index = 0; index < capacity.gpus.length; index += 1) {
    all += capacity.gpus[index] ?? 0;
    left += free.gpus[index] ?? 0;
  }
  return all > 0 ? Math.max(share, (all - left) / all) : share;
}
