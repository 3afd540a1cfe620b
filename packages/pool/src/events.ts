import diagnostics from 'node:diagnostics_channel';
import type { DestroyReason } from './entry.js';

/** On `@fog/pool:resource:created`. */
export interface ResourceCreated {
  readonly pool: string;
  readonly resource: unknown;
  readonly durationMs: number;
}

/** On `@fog/pool:resource:destroyed`, when `destroy` has settled or was given up on. */
export interface ResourceDestroyed {
  readonly pool: string;
  readonly resource: unknown;
  readonly reason: DestroyReason;
  /** What was wrong with it, if anything. */
  readonly cause: unknown;
  /** What `destroy` threw, or that it took too long. */
  readonly error: unknown;
  readonly ageMs: number;
  /** How often it was lent. */
  readonly uses: number;
}

/** On `@fog/pool:create:failed`. */
export interface CreateFailed {
  readonly pool: string;
  readonly error: unknown;
  /** Failures in a row, those of one burst counted as one. */
  readonly failures: number;
  /** Nothing is created for this long. */
  readonly pauseMs: number;
}

/** On `@fog/pool:lease:acquired`. */
export interface LeaseAcquired {
  readonly pool: string;
  readonly resource: unknown;
  /** 0 if the resource was idle. */
  readonly waitMs: number;
}

/** On `@fog/pool:lease:released`. */
export interface LeaseReleased {
  readonly pool: string;
  readonly resource: unknown;
}

/** On `@fog/pool:wait:timed-out`. */
export interface WaitTimedOut {
  readonly pool: string;
  readonly error: Error;
}

const created = diagnostics.channel('@fog/pool:resource:created');
const destroyed = diagnostics.channel('@fog/pool:resource:destroyed');
const failed = diagnostics.channel('@fog/pool:create:failed');
const acquired = diagnostics.channel('@fog/pool:lease:acquired');
const released = diagnostics.channel('@fog/pool:lease:released');
const timedOut = diagnostics.channel('@fog/pool:wait:timed-out');

export function resourceCreated(pool: string, resource: unknown, durationMs: number): void {
  if (created.hasSubscribers) created.publish({ pool, resource, durationMs } satisfies ResourceCreated);
}

export function resourceDestroyed(event: ResourceDestroyed): void {
  if (destroyed.hasSubscribers) destroyed.publish(event);
}

export function createFailed(pool: string, error: unknown, failures: number, pauseMs: number): void {
  if (failed.hasSubscribers) failed.publish({ pool, error, failures, pauseMs } satisfies CreateFailed);
}

export function leaseAcquired(pool: string, resource: unknown, waitMs: number): void {
  if (acquired.hasSubscribers) acquired.publish({ pool, resource, waitMs } satisfies LeaseAcquired);
}

export function leaseReleased(pool: string, resource: unknown): void {
  if (released.hasSubscribers) released.publish({ pool, resource } satisfies LeaseReleased);
}

export function waitTimedOut(pool: string, error: Error): void {
  if (timedOut.hasSubscribers) timedOut.publish({ pool, error } satisfies WaitTimedOut);
}
