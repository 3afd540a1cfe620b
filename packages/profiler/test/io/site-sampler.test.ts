import { describe, expect, it } from '@jest/globals';
import { seededRandom } from '@fog/testkit';
import { SiteSampler, stackAbove } from '../../src/io/site-sampler.js';

describe('a sampler of call sites', () => {
  it('estimates bytes without bias, of small operations and of large ones', () => {
    for (const bytes of [10, 4_096, 65_536, 1_000_000]) {
      const sampler = new SiteSampler(seededRandom(bytes));
      const operations = 20_000;
      let [sampled, estimated] = [0, 0];
      const api = () => {
        const site = sampler.choose(bytes, api);
        if (site === undefined) return;
        sampled += 1;
        estimated += site.weight * bytes;
      };
      for (let operation = 0; operation < operations; operation += 1) api();
      // Four standard errors of a Poisson sample.
      expect(Math.abs(estimated / (operations * bytes) - 1)).toBeLessThan(4 / Math.sqrt(sampled));
    }
  });
});

describe('a stack', () => {
  it('is of who calls, outermost first, and leaves the way of preparing stack traces as it was', () => {
    function api() {
      return stackAbove(api);
    }
    function caller() {
      return api();
    }
    const prepare = () => 'mine';
    Error.prepareStackTrace = prepare;
    const limit = Error.stackTraceLimit;
    const frames = caller();
    expect(Object.getOwnPropertyDescriptor(Error, 'prepareStackTrace')?.value).toBe(prepare);
    expect(Error.stackTraceLimit).toBe(limit);
    Reflect.deleteProperty(Error, 'prepareStackTrace');
    expect(frames.at(-1)).toMatchObject({ name: 'caller', kind: 'script', url: expect.stringMatching(/^file:.*site-sampler\.test\.ts$/) });
    caller();
    expect(Object.hasOwn(Error, 'prepareStackTrace')).toBe(false);
  });
});
