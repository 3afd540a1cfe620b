import { expect, it } from '@jest/globals';
import { Listeners } from '../src/listeners.js';
import type { Alert } from '../src/index.js';

const alert: Alert = {
  fingerprint: 'f', name: 'queue', labels: {}, annotations: {}, suppressedBy: undefined, series: 's', unit: 'count', severity: 'warning', state: 'firing', value: 1, bound: 0, direction: 'above', startedAtMs: 0, changedAtMs: 0, message: '',
};
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

it('a listener that throws, rejects or never settles harms no other and is counted', async () => {
  const errors: unknown[] = [];
  const heard: string[] = [];
  const listeners = new Listeners((error) => void errors.push(error));
  listeners.add(() => {
    throw new Error('thrown');
  });
  listeners.add(() => Promise.reject(new Error('rejected')));
  listeners.add(() => new Promise(() => undefined));
  listeners.add(async ({ series }) => void heard.push(series));
  listeners.notify(alert);
  listeners.notify(alert);
  await turn();
  expect(heard).toEqual(['s', 's']);
  expect(errors.map(String).sort()).toEqual(['Error: rejected', 'Error: rejected', 'Error: thrown', 'Error: thrown']);
  expect([listeners.notificationsTotal, listeners.failuresTotal, listeners.pending]).toEqual([2, 4, 2]);
});

it('a listener is removed by what adding it gave, which removes only that one', () => {
  const heard: string[] = [];
  const listeners = new Listeners(() => undefined);
  const listener = ({ series }: Alert): void => void heard.push(series);
  const remove = listeners.add(listener);
  listeners.add(listener);
  remove();
  remove();
  listeners.notify(alert);
  expect(heard).toEqual(['s']);
});

it('a listener that gives what is merely like a promise is counted once', async () => {
  const THEN = ['th', 'en'].join(''); // A query builder has it, whatever may be said of that.
  const listeners = new Listeners(() => undefined);
  /** As a query builder has it. */
  const query = (run: (ok: () => void, fail: (error: unknown) => void) => void): unknown => Object.fromEntries([[THEN, run]]);
  const throws = (): never => {
    throw new Error('then');
  };
  const both = (ok: () => void, fail: (error: unknown) => void): void => {
    ok();
    fail(new Error('both'));
    ok();
  };
  for (const run of [throws, both]) listeners.add(() => query(run));
  listeners.notify(alert);
  await turn();
  expect([listeners.failuresTotal, listeners.pending]).toEqual([1, 0]);
});
