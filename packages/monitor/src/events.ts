import diagnostics from 'node:diagnostics_channel';
import type { Alert } from './rules/alert.js';

/** `@fog/monitor:alert:fired`: an alert began to fire, or fires with another severity. */
export interface AlertFired {
  readonly monitor: string;
  readonly alert: Alert;
}
/** `@fog/monitor:alert:resolved` */
export interface AlertResolved {
  readonly monitor: string;
  readonly alert: Alert;
}
/** `@fog/monitor:sample:taken` */
export interface SampleTaken {
  readonly monitor: string;
  readonly timeMs: number;
}
/** `@fog/monitor:pressure:exceeded`: the kernel says that work stood still for want of a resource, for a tenth of two seconds. */
export interface PressureExceeded {
  readonly monitor: string;
  readonly resource: 'cpu' | 'memory' | 'io';
}
/** `@fog/monitor:source:failed`: a source, a gauge, a listener or an action threw; nothing else was harmed. */
export interface SourceFailed {
  readonly monitor: string;
  readonly source: string;
  readonly error: unknown;
}

const fired = diagnostics.channel('@fog/monitor:alert:fired');
const resolved = diagnostics.channel('@fog/monitor:alert:resolved');
const taken = diagnostics.channel('@fog/monitor:sample:taken');
const exceeded = diagnostics.channel('@fog/monitor:pressure:exceeded');
const failed = diagnostics.channel('@fog/monitor:source:failed');

export function alertFired(monitor: string, alert: Alert): void {
  if (fired.hasSubscribers) fired.publish({ monitor, alert } satisfies AlertFired);
}
export function alertResolved(monitor: string, alert: Alert): void {
  if (resolved.hasSubscribers) resolved.publish({ monitor, alert } satisfies AlertResolved);
}
export function sampleTaken(monitor: string, timeMs: number): void {
  if (taken.hasSubscribers) taken.publish({ monitor, timeMs } satisfies SampleTaken);
}
export function pressureExceeded(monitor: string, resource: PressureExceeded['resource']): void {
  if (exceeded.hasSubscribers) exceeded.publish({ monitor, resource } satisfies PressureExceeded);
}
export function sourceFailed(monitor: string, source: string, error: unknown): void {
  if (failed.hasSubscribers) failed.publish({ monitor, source, error } satisfies SourceFailed);
}
