import type { TaskFeatures } from './estimator.js';
import type { PriorModel } from './model.js';
import { RunningQuantile } from './running-quantile.js';

/** Natural logarithms of ms throughout. Before anything is known: 100 ms, and as likely as not ten times more or less. */
const UNKNOWN = Math.log(100);
const UNKNOWN_SPREAD = Math.log(10);
/** Most tenants remembered; the one heard of longest ago goes first. */
const TENANTS = 1_000;

/**
 * What to expect of a task whose name was never seen: what its caller says, corrected by what callers' words have been worth; else
 * the usual of its tenant; else the usual of all.
 */
export class Prior {
  #all: RunningQuantile | undefined;
  /** Actual to estimated. */
  readonly #request: RunningQuantile;
  /** How far above and below the prior's median run times were, one in ten beyond. */
  readonly #above: RunningQuantile;
  readonly #below: RunningQuantile;
  readonly #tenants = new Map<string, RunningQuantile>();

  constructor(model?: PriorModel) {
    if (model?.all) this.#all = new RunningQuantile(0.5, ...model.all);
    this.#request = new RunningQuantile(0.5, ...(model?.request ?? [0, 1]));
    this.#above = new RunningQuantile(0.9, ...(model?.above ?? [UNKNOWN_SPREAD, 1]));
    this.#below = new RunningQuantile(0.1, ...(model?.below ?? [-UNKNOWN_SPREAD, 1]));
    for (const [tenant, quantile] of Object.entries(model?.tenants ?? {})) this.#tenants.set(tenant, new RunningQuantile(0.5, ...quantile));
  }

  get spreadAbove(): number {
    return Math.max(0, this.#above.value);
  }

  get spreadBelow(): number {
    return Math.min(0, this.#below.value);
  }

  median({ estimateMs, tenant }: TaskFeatures): number {
    if (estimateMs !== undefined) return Math.log(estimateMs) + this.#request.value;
    const ofTenant = tenant === undefined ? undefined : this.#tenants.get(tenant);
    return (ofTenant ?? this.#all)?.value ?? UNKNOWN;
  }

  observe(task: TaskFeatures, duration: number): void {
    const residual = duration - this.median(task);
    this.#above.add(residual);
    this.#below.add(residual);
    if (task.estimateMs !== undefined) this.#request.add(duration - Math.log(task.estimateMs));
    if (this.#all === undefined) this.#all = new RunningQuantile(0.5, duration);
    else this.#all.add(duration);
    if (task.tenant !== undefined) this.#observeTenant(task.tenant, duration);
  }

  #observeTenant(tenant: string, duration: number): void {
    const known = this.#tenants.get(tenant);
    if (known !== undefined) {
      known.add(duration);
      return;
    }
    const [oldest] = this.#tenants.size >= TENANTS ? this.#tenants.keys() : [];
    if (oldest !== undefined) this.#tenants.delete(oldest);
    this.#tenants.set(tenant, new RunningQuantile(0.5, duration));
  }

  toModel(): PriorModel {
    const pair = ({ value, count }: RunningQuantile) => [value, count] as const;
    return {
      all: this.#all === undefined ? null : pair(this.#all),
      request: pair(this.#request),
      above: pair(this.#above),
      below: pair(this.#below),
      tenants: Object.fromEntries([...this.#tenants].map(([tenant, quantile]) => [tenant, pair(quantile)])),
    };
  }
}
