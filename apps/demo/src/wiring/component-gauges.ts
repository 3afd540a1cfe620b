import type { Monitor } from '@fog/monitor';

/**
 * Puts some of a component's `stats()` under the monitor, as series `<component>.<name>`: what alerts, trends and the
 * dashboard are about. Neither package has heard of the other.
 */
export function watchComponent<Stats extends object>(monitor: Monitor, component: string, stats: () => Stats, names: readonly (keyof Stats & string)[]): void {
  for (const name of names) monitor.gauge(`${component}.${name}`, () => Number(stats()[name]));
}
