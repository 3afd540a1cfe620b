import type { Cluster } from './workers/cluster.js';
import { duplicateTask, invalidOption, neverFits, quotaExceeded, tenantQueueFull } from './errors.js';
import type { Gang, GangOptions } from './tasks/gang.js';
import { Gangs } from './tasks/gangs.js';
import { IdempotencyKeys } from './tasks/idempotency.js';
import { compileWishes } from './workers/labels.js';
import type { ResolvedOptions } from './options.js';
import { detail } from './placement/explain.js';
import { labelsMatch } from './placement/filter.js';
import { neverFitTogether } from './placement/gang-reservation.js';
import { isPlaceable } from './placement/plan.js';
import { resolveRetry } from './tasks/retry.js';
import { Shapes, type Shape } from './tasks/shape.js';
import { checkSubmission } from './tasks/submission.js';
import type { TaskOptions } from './tasks/task-options.js';
import { NO_TERMS, Task, type TaskOwner, type TaskTerms } from './tasks/task.js';
import { neverAdmitsTogether, Tenants } from './queue/tenants.js';

/** The door: turns what was submitted into a task, or refuses it with the reason. */
export class Intake {
  readonly #options: ResolvedOptions;
  readonly #cluster: Cluster;
  readonly #owner: TaskOwner;
  readonly #shapes: Shapes<Task>;
  readonly #keys: IdempotencyKeys;
  readonly #gangs = new Gangs();
  /** Tasks with an id of their own, queued or running. */
  readonly #named = new Map<string, Task>();
  readonly tenants: Tenants;
  #sequence = 0;

  constructor(options: ResolvedOptions, cluster: Cluster, owner: TaskOwner) {
    this.#owner = owner;
    this.#options = options;
    this.#cluster = cluster;
    this.#shapes = new Shapes<Task>(cluster.dimensions, options.policy.reorders === true ? 'many' : 'few');
    this.#keys = new IdempotencyKeys(options.idempotencyMs);
    this.tenants = new Tenants(options.tenants, cluster);
  }

  /** The task that was submitted with the same key before; checks the options. */
  known(options: TaskOptions<unknown>, nowMs: number): Task | undefined {
    checkSubmission(options);
    return options.idempotencyKey === undefined ? undefined : this.#keys.find(options.idempotencyKey, options.name, nowMs);
  }

  /** Throws a `SchedulerError`; what it has checked nothing of is whether there is room in the queue. */
  accept(options: TaskOptions<unknown>, nowMs: number): Task {
    const { executor } = this.#options;
    const { id, name, run, gang } = options;
    if (executor.accepts?.(name, run !== undefined) === false) throw invalidOption('run', run, 'a function, as the executor knows no handler of that name');
    if (id !== undefined && this.#named.has(id)) throw duplicateTask(id);
    if (gang !== undefined) this.#gangs.check(gang);
    const tenant = this.tenants.of(options.tenant);
    const shape = this.#shapes.of(options, tenant);
    const terms = isPlain(options) ? NO_TERMS : termsOf(options, nowMs);
    if (options.waitForCapacity !== true && !isPlaceable(shape, this.#cluster)) throw neverFits(name, this.#shortcomings(shape));
    if (tenant !== undefined) {
      if (!tenant.everAdmits(shape.demand)) throw quotaExceeded(name, tenant.name);
      if (tenant.queued >= tenant.maxQueued) throw tenantQueueFull(tenant.name, tenant.maxQueued);
    }
    const task = new Task({ name, sequence: this.#sequence, shape, submittedMs: nowMs, owner: this.#owner, run, priority: options.priority, terms });
    if (gang !== undefined) this.#checkTogether(task, gang, options.waitForCapacity === true);
    return task;
  }

  /** The last member makes it known that a gang is too large: none of it is kept. */
  #checkTogether(task: Task, gang: GangOptions, waitsForCapacity: boolean): void {
    const others = this.#gangs.allButLast(gang);
    if (others === undefined) return;
    const error = this.#whyNeverTogether([...others, task], `gang ${gang.id}`, waitsForCapacity);
    if (error === undefined) return;
    others[0]?.cancel(error);
    throw error;
  }

  #whyNeverTogether(members: Task[], name: string, waitsForCapacity: boolean): Error | undefined {
    const tenant = neverAdmitsTogether(members);
    if (tenant !== undefined) return quotaExceeded(name, tenant.name);
    return waitsForCapacity || !neverFitTogether(members, this.#cluster) ? undefined : neverFits(name, [`its ${members.length} members need more together than there is`]);
  }

  /** The task is in. Its gang, if it has one. */
  enter(task: Task, { id, idempotencyKey, gang }: TaskOptions<unknown>): Gang<Task> | undefined {
    this.#sequence += 1;
    if (id !== undefined) this.#named.set(id, task);
    if (idempotencyKey !== undefined) {
      this.#keys.add(idempotencyKey, task);
      onEnd(task, () => this.#keys.ended(idempotencyKey, task));
    }
    return gang === undefined ? undefined : this.#gangs.join(task, gang);
  }

  /** The task has ended: its id is free again. */
  leave(task: Task): void {
    if (task.givenId !== undefined) this.#named.delete(task.givenId);
    if (task.gang !== undefined) this.#gangs.dissolve(task.gang);
  }

  #shortcomings(shape: Shape): string[] {
    return this.#cluster.workers.slice(0, 5).map((worker) => {
      const obstacle = worker.draining ? 'draining' : labelsMatch(shape, worker) ? 'capacity' : 'label';
      return `${worker.id}: ${detail(obstacle, { shape }, worker, this.#cluster)}`;
    });
  }
}

/** Does the task ask for none of what {@link TaskTerms} has? */
function isPlain({ id, payload, needs, deadlineMs, maxWaitMs, estimateMs, tenant, affinity, antiAffinity, preemptible, serviceClass, retry }: TaskOptions<unknown>): boolean {
  return (
    id === undefined && payload === undefined && needs === undefined && deadlineMs === undefined && maxWaitMs === undefined && estimateMs === undefined &&
    tenant === undefined && affinity === undefined && antiAffinity === undefined && preemptible === undefined && serviceClass === undefined && retry === undefined
  );
}

function termsOf({ id, payload, needs, deadlineMs = Infinity, maxWaitMs = Infinity, estimateMs, tenant, affinity, antiAffinity, preemptible = false, serviceClass = 'default', retry }: TaskOptions<unknown>, nowMs: number): TaskTerms {
  return { id, payload, needs, deadlineAtMs: nowMs + deadlineMs, maxWaitMs, estimateMs, tenant, wishes: compileWishes(affinity, antiAffinity), preemptible, serviceClass, retry: resolveRetry(retry) };
}

/** Adds to what is done when the task ends. */
export function onEnd(task: Task, then: () => void): void {
  const { detach } = task;
  task.detach =
    detach === undefined
      ? then
      : () => {
          detach();
          then();
        };
}
