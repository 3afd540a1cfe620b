import { promiseHooks } from 'node:v8';
import { stackAbove } from '../io/site-sampler.js';
import { markOwn } from '../own-frames.js';
import { type Samples, StackTree, type ValueType } from '../samples.js';
import type { Collector } from './collector.js';

/** How many promises there were. */
export interface PromiseFacts {
  readonly created: number;
  /** Most that were open at once, of those created meanwhile. */
  readonly peakPending: number;
  /** Who created them, from one in a thousand. */
  readonly sites: Samples;
}

const SITE_EVERY = 1_000;
const VALUES: readonly ValueType[] = [{ type: 'samples', unit: 'count' }];

/** Counts promises by V8's hooks, which cost some 100 ns a promise: https://nodejs.org/api/v8.html#promise-hooks */
export function promiseCollector(): Collector<PromiseFacts> {
  const tree = new StackTree();
  const counts: number[] = [];
  let [created, pending, peakPending] = [0, 0, 0];
  let stopHooks: () => void = () => undefined;
  const sample = (): void => {
    let node = -1;
    for (const frame of stackAbove(init)) node = tree.node(node, frame);
    if (node >= 0) counts[node] = (counts[node] ?? 0) + 1;
  };
  function init(): void {
    created += 1;
    pending += 1;
    if (pending > peakPending) peakPending = pending;
    if (created % SITE_EVERY === 0) sample();
  }
  return {
    start() {
      stopHooks = promiseHooks.createHook({
        init,
        settled: () => {
          if (pending > 0) pending -= 1; // It may have been created before.
        },
      }) as () => void;
    },
    stop() {
      stopHooks();
      const values = Float64Array.from({ length: tree.nodeCount }, (_, node) => counts[node] ?? 0);
      return { created, peakPending, sites: markOwn({ valueTypes: VALUES, ...tree.columns(), values: [values] }) };
    },
  };
}
