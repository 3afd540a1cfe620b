import type { Cluster } from '../workers/cluster.js';
import { invalidOption } from '../errors.js';
import { checkNeed, type Demand, type Needs } from '../workers/resources.js';

/** What a tenant may have. */
export interface TenantOptions {
  /** Its part when tenants compete: one of weight 2 gets twice as much as one of weight 1. Above 0. @default 1 */
  readonly weight?: number;
  /** Most that its running tasks may hold together; what is left out is unlimited. @default unlimited */
  readonly quota?: Needs;
  /** Most of its tasks queued at once. An integer ≥ 1, or `Infinity`. @default Infinity */
  readonly maxQueued?: number;
}

/** One tenant in a reading of `tenants()`. */
export interface TenantReading {
  readonly queued: number;
  readonly running: number;
  /** Share of the whole cluster it holds of what it holds most of. */
  readonly dominantShareRatio: number;
}

/**
 * Whose turn it is: weighted dominant-resource fairness (Ghodsi et al., 2011). A tenant's share is its part of the cluster in
 * whatever it holds most of; the lowest share by weight goes first.
 */
export class Tenant {
  readonly name: string;
  readonly weight: number;
  readonly maxQueued: number;
  readonly quota: Demand | undefined;
  readonly #options: TenantOptions;
  readonly #cluster: Cluster;
  readonly #used: number[] = [];
  #usedGpu = 0;
  queued = 0;
  running = 0;

  constructor(name: string, options: TenantOptions, cluster: Cluster) {
    const { weight = 1, quota, maxQueued = Infinity } = options;
    this.#options = options;
    this.name = name;
    this.weight = weight;
    this.maxQueued = maxQueued;
    this.quota = quota === undefined ? undefined : cluster.dimensions.limits(quota);
    this.#cluster = cluster;
  }

  get dominantShare(): number {
    const { amounts, gpu } = this.#cluster.totals;
    let share = gpu > 0 ? this.#usedGpu / gpu : 0;
    for (let dimension = 0; dimension < this.#used.length; dimension += 1) {
      const all = amounts[dimension] ?? 0;
      if (all > 0) share = Math.max(share, (this.#used[dimension] ?? 0) / all);
    }
    return share;
  }

  get weightedShare(): number {
    return this.dominantShare / this.weight;
  }

  /** Does the quota leave room for the demand? */
  admits(demand: Demand): boolean {
    const { quota } = this;
    if (quota === undefined) return true;
    for (let at = 0; at < quota.dimensions.length; at += 1) {
      const dimension = quota.dimensions[at] ?? 0;
      const needed = demand.amounts[demand.dimensions.indexOf(dimension)] ?? 0;
      if (needed > 0 && (this.#used[dimension] ?? 0) + needed > (quota.amounts[at] ?? 0)) return false;
    }
    return demand.gpu === 0 || this.#usedGpu + demand.gpu <= quota.gpu;
  }

  /** Could it ever run, with nothing else running? */
  everAdmits(demand: Demand): boolean {
    const { quota } = this;
    if (quota === undefined) return true;
    return (
      demand.gpu <= quota.gpu &&
      quota.dimensions.every((dimension, at) => (demand.amounts[demand.dimensions.indexOf(dimension)] ?? 0) <= (quota.amounts[at] ?? 0))
    );
  }

  /** The same with nothing running. */
  anew(): Tenant {
    return new Tenant(this.name, this.#options, this.#cluster);
  }

  /** Its task takes (`sign` 1) or gives back (-1) what it needs. */
  move({ dimensions, amounts, gpu }: Demand, sign: 1 | -1): void {
    this.running += sign;
    this.#usedGpu += sign * gpu;
    for (let at = 0; at < dimensions.length; at += 1) {
      const dimension = dimensions[at] ?? 0;
      while (this.#used.length <= dimension) this.#used.push(0);
      this.#used[dimension] = (this.#used[dimension] ?? 0) + sign * (amounts[at] ?? 0);
    }
  }
}

interface Owned {
  readonly shape: { readonly demand: Demand; readonly tenant: Tenant | undefined };
}

/** Do the quotas leave room for all of these at once? */
export function admitTogether(tasks: readonly Owned[]): boolean {
  const moved: Owned[] = [];
  for (const task of tasks) {
    const { demand, tenant } = task.shape;
    if (tenant?.admits(demand) === false) break;
    tenant?.move(demand, 1);
    moved.push(task);
  }
  for (const { shape } of moved) shape.tenant?.move(shape.demand, -1);
  return moved.length === tasks.length;
}

/** Whose quota could never hold its part of these at once. */
export function neverAdmitsTogether(tasks: readonly Owned[]): Tenant | undefined {
  const alone = new Map<Tenant, Tenant>();
  for (const { shape: { demand, tenant } } of tasks) {
    if (tenant === undefined) continue;
    const anew = alone.get(tenant) ?? tenant.anew();
    if (!anew.admits(demand)) return tenant;
    anew.move(demand, 1);
    alone.set(tenant, anew);
  }
  return undefined;
}

/** The tenants seen, where they count: those given, and whoever else comes, with weight 1 and no quota. */
export class Tenants {
  readonly #cluster: Cluster;
  readonly #byName = new Map<string, Tenant>();
  readonly #options: Readonly<Record<string, TenantOptions>> | undefined;

  constructor(options: Readonly<Record<string, TenantOptions>> | undefined, cluster: Cluster) {
    this.#options = options;
    this.#cluster = cluster;
  }

  /** `undefined` where tenants don't count. */
  of(name = ''): Tenant | undefined {
    if (this.#options === undefined) return undefined;
    let tenant = this.#byName.get(name);
    if (tenant === undefined) {
      tenant = new Tenant(name, Object.hasOwn(this.#options, name) ? (this.#options[name] ?? {}) : {}, this.#cluster);
      this.#byName.set(name, tenant);
    }
    return tenant;
  }

  reading(): Record<string, TenantReading> {
    return Object.fromEntries([...this.#byName.values()].map(({ name, queued, running, dominantShare }) => [name, { queued, running, dominantShareRatio: dominantShare }]));
  }
}

/** Throws `ERR_SCHEDULER_INVALID_OPTION` for what no tenant can be. */
export function checkTenants(tenants: Readonly<Record<string, TenantOptions>> | undefined): void {
  if (tenants === undefined) return;
  if (typeof tenants !== 'object' || tenants === null || Array.isArray(tenants)) throw invalidOption('tenants', tenants, 'an object of tenants by name');
  for (const [name, options] of Object.entries(tenants)) {
    const option = `tenants.${name}`;
    if (typeof options !== 'object' || options === null) throw invalidOption(option, options, 'an object with weight, quota or maxQueued');
    const { weight, quota, maxQueued, ...unknown } = options;
    for (const key of Object.keys(unknown)) throw invalidOption(`${option}.${key}`, 'given', 'one of weight, quota, maxQueued');
    if (weight !== undefined && !(Number.isFinite(weight) && weight > 0)) throw invalidOption(`${option}.weight`, weight, 'a number above 0');
    if (maxQueued !== undefined && maxQueued !== Infinity && !(Number.isInteger(maxQueued) && maxQueued >= 1)) throw invalidOption(`${option}.maxQueued`, maxQueued, 'an integer ≥ 1 or Infinity');
    if (quota === undefined) continue;
    if (typeof quota !== 'object' || quota === null) throw invalidOption(`${option}.quota`, quota, 'an object of amounts');
    for (const [resource, amount] of Object.entries(quota)) checkNeed(resource, amount, `${option}.quota`);
  }
}
