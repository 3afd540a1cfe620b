import type { BatchObservableCallback, Meter, Observable } from '@opentelemetry/api';
import type { Monitor } from '../monitor.js';
import { Readings, type Reading } from './readings.js';

/**
 * Lets an OpenTelemetry meter observe the series of a monitor, under the names of the semantic conventions. Rates are
 * counters, which count from now on. A series that is new takes part from the second collection on.
 * @returns what ends it
 */
export function registerOpenTelemetry(monitor: Monitor, meter: Meter): () => void {
  const readings = new Readings(monitor);
  const instruments = new Map<string, Observable>();
  const observe: BatchObservableCallback = (result) => {
    const now = readings.next();
    for (const { name, attributes, value } of now) {
      const instrument = instruments.get(name);
      if (instrument !== undefined) result.observe(instrument, value, { ...attributes });
    }
    follow(now);
  };
  const follow = (now: readonly Reading[]): void => {
    const added = now.filter(({ name }) => !instruments.has(name));
    if (added.length === 0) return;
    meter.removeBatchObservableCallback(observe, [...instruments.values()]);
    for (const reading of added) if (!instruments.has(reading.name)) instruments.set(reading.name, instrumentOf(meter, reading));
    meter.addBatchObservableCallback(observe, [...instruments.values()]);
  };
  // Known metrics first, so that the first collection has them.
  follow(readings.next());
  return () => meter.removeBatchObservableCallback(observe, [...instruments.values()]);
}

function instrumentOf(meter: Meter, { name, unit, description, isRate }: Reading): Observable {
  return isRate ? meter.createObservableCounter(name, { unit, description }) : meter.createObservableGauge(name, { unit, description });
}
