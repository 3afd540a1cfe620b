import diagnostics from 'node:diagnostics_channel';
import type { DestroyReason } from './destroy-reason.js';

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
  /** How long it was lent in all. */
  readonly leasedMs: number;
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

/** On `@fog/pool:circuit:opened`: callers are refused at once from now on. */
export interface CircuitOpened {
  readonly pool: string;
  readonly error: unknown;
  /** Failures in a row. */
  readonly failures: number;
}

/** On `@fog/pool:circuit:closed`: a resource that was created has proved good. */
export interface CircuitClosed {
  readonly pool: string;
}

/** On `@fog/pool:lease:acquired`. */
export interface LeaseAcquired {
  readonly pool: string;
  readonly resource: unknown;
  /** 0 if the resource was idle. */
  readonly waitMs: number;
}

/** On `@fog/pool:lease:released`; of leases that began with a subscriber there, and of some others. */
export interface LeaseReleased {
  readonly pool: string;
  readonly resource: unknown;
  /** How long it was lent. */
  readonly useMs: number;
}

/** On `@fog/pool:lease:leaked`: a lease is out for `leakAfterMs`. */
export interface LeaseLeaked {
  readonly pool: string;
  readonly resource: unknown;
  readonly key: string | undefined;
  readonly heldMs: number;
  /** Where it was acquired, of those that `leakStackRatio` chose. */
  readonly stack: string | undefined;
  /** Whether it was ended and its resource destroyed. */
  readonly reclaimed: boolean;
}

/** On `@fog/pool:wait:timed-out`. */
export interface WaitTimedOut {
  readonly pool: string;
  readonly error: Error;
}

/** On `@fog/pool:pool:resized`. */
export interface PoolResized {
  readonly pool: string;
  readonly min: number;
  readonly max: number;
  /** Most resources now: `max`, or less as the pool adapts. */
  readonly limit: number;
}

const created = diagnostics.channel('@fog/pool:resource:created');
const destroyed = diagnostics.channel('@fog/pool:resource:destroyed');
const failed = diagnostics.channel('@fog/pool:create:failed');
const opened = diagnostics.channel('@fog/pool:circuit:opened');
const closed = diagnostics.channel('@fog/pool:circuit:closed');
const acquired = diagnostics.channel('@fog/pool:lease:acquired');
const released = diagnostics.channel('@fog/pool:lease:released');
const leaked = diagnostics.channel('@fog/pool:lease:leaked');
const resized = diagnostics.channel('@fog/pool:pool:resized');
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

export function circuitOpened(pool: string, error: unknown, failures: number): void {
  if (opened.hasSubscribers) opened.publish({ pool, error, failures } satisfies CircuitOpened);
}

export function circuitClosed(pool: string): void {
  if (closed.hasSubscribers) closed.publish({ pool } satisfies CircuitClosed);
}

export function leaseAcquired(pool: string, resource: unknown, waitMs: number): void {
  if (acquired.hasSubscribers) acquired.publish({ pool, resource, waitMs } satisfies LeaseAcquired);
}

/** Whether somebody wants to know of each lease. */
export function wantsLeases(): boolean {
  return acquired.hasSubscribers || released.hasSubscribers;
}

export function leaseReleased(pool: string, resource: unknown, useMs: number): void {
  if (released.hasSubscribers) released.publish({ pool, resource, useMs } satisfies LeaseReleased);
}

export function leaseLeaked(event: LeaseLeaked): void {
  if (leaked.hasSubscribers) leaked.publish(event);
}

export function waitTimedOut(pool: string, error: Error): void {
  if (timedOut.hasSubscribers) timedOut.publish({ pool, error } satisfies WaitTimedOut);
}

export function poolResized(event: PoolResized): void {
  if (resized.hasSubscribers) resized.publish(event);
}
