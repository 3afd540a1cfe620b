import { expect, it } from '@jest/globals';
import fc from 'fast-check';
import { costsOf, walk } from '../src/call-tree.js';
import { costsUs, plainSamples, samplesFrom } from './arbitrary-samples.js';

const key = (frame: object) => JSON.stringify(frame);

it('gives every function the self and total that adding up sample by sample gives', () => {
  fc.assert(
    fc.property(plainSamples, (plain) => {
      const self = new Map<string, number>();
      const total = new Map<string, number>();
      const byKind = new Map<string, number>();
      for (const [index, { stack }] of plain.entries()) {
        const cost = costsUs(plain)[index] ?? 0;
        const leaf = stack.at(-1);
        if (leaf) self.set(key(leaf), (self.get(key(leaf)) ?? 0) + cost);
        if (leaf) byKind.set(leaf.kind, (byKind.get(leaf.kind) ?? 0) + cost);
        for (const frame of new Set(stack)) total.set(key(frame), (total.get(key(frame)) ?? 0) + cost);
      }
      const costs = costsOf(samplesFrom(plain));
      for (const { self: own, total: all, selfRatio, totalRatio, ...frame } of costs.functions) {
        expect(own).toBe(self.get(key(frame)) ?? 0);
        expect(all).toBe(total.get(key(frame)));
        expect(selfRatio).toBeCloseTo(costs.busy === 0 ? 0 : own / costs.busy);
        expect(totalRatio).toBeCloseTo(costs.busy === 0 ? 0 : all / costs.busy);
      }
      const seen = [...total].filter(([frame, cost]) => cost > 0 && /"kind":"(?:script|node|native)"/.test(frame));
      expect(costs.functions).toHaveLength(seen.length);
      expect(costs).toMatchObject({ idle: byKind.get('idle') ?? 0, gc: byKind.get('gc') ?? 0, program: byKind.get('program') ?? 0 });
      expect(costs.total).toBe(costsUs(plain).reduce((sum, cost) => sum + cost, 0));
      expect(costs.busy).toBe(costs.total - costs.idle);
    }),
    { seed: 1, numRuns: 200 },
  );
});

it('walks every node once, callers before callees, siblings in the order asked for', () => {
  fc.assert(
    fc.property(plainSamples, (plain) => {
      const samples = samplesFrom(plain);
      const path: number[] = [];
      const visited: number[] = [];
      walk(samples, {
        order: (a, b) => b - a,
        enter: (node, depth) => {
          expect(samples.nodeParents[node]).toBe(path.at(-1) ?? -1);
          expect(depth).toBe(path.length);
          const elder = visited.filter((other) => samples.nodeParents[other] === samples.nodeParents[node]).at(-1);
          expect(node).toBeLessThan(elder ?? Infinity);
          path.push(node);
          visited.push(node);
        },
        leave: (node) => expect(path.pop()).toBe(node),
      });
      expect(path).toEqual([]);
      expect(new Set(visited).size).toBe(samples.nodeFrames.length);
      expect(visited).toHaveLength(samples.nodeFrames.length);
    }),
    { seed: 2, numRuns: 100 },
  );
});
