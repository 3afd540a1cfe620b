import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createBufferPool, type BufferLease } from '../../src/adapters/buffer.js';
import { bytesOf, classOf } from '../../src/buffers/size-classes.js';

describe('size classes', () => {
  it('hold what is asked for, with at most a quarter more, and grow', () => {
    fc.assert(
      fc.property(fc.integer({ min: 65, max: 2 ** 30 }), (bytes) => {
        const index = classOf(bytes);
        expect(bytesOf(index)).toBeGreaterThanOrEqual(bytes);
        expect(bytesOf(index)).toBeLessThanOrEqual(bytes * 1.25);
        expect(bytesOf(index - 1)).toBeLessThan(bytes);
        expect(classOf(bytesOf(index))).toBe(index);
      }),
    );
    expect([0, 1, 64, 65, 80, 81, 128, 129].map(classOf)).toEqual([0, 0, 0, 1, 1, 2, 4, 5]);
  });
});

type Step = { readonly take: number } | { readonly giveBack: number } | 'trim';
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ take: fc.integer({ min: 0, max: 40_000 }) }) },
  { weight: 4, arbitrary: fc.record({ giveBack: fc.nat(30) }) },
  { weight: 1, arbitrary: fc.constant('trim' as const) },
);

describe('a pool of buffers, of Node or of an allocator', () => {
  it('never lends memory twice, keeps its limits, and its stats add up', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { maxLength: 120 }), (own, steps) => {
        let allocated = 0;
        const allocator = {
          alloc: (bytes: number) => {
            allocated += bytes;
            return { u8: new Uint8Array(bytes), free: () => void (allocated -= bytes) };
          },
        };
        const pool = createBufferPool({ maxLeasedBytes: 100_000, maxIdleBytes: 50_000, maxPooledBytes: 20_000, ...(own && { allocator }) });
        const held: { readonly lease: BufferLease; readonly mark: number; readonly bytes: number }[] = [];
        let marks = 0;
        let leasedBytes = 0;
        for (const step of steps) {
          if (step === 'trim') pool.trim();
          else if ('take' in step) {
            const capacity = step.take > 20_000 ? step.take : bytesOf(classOf(step.take));
            const lease = pool.tryAcquire(step.take);
            expect(lease === undefined).toBe(leasedBytes + capacity > 100_000);
            if (lease !== undefined) {
              marks = (marks + 1) % 256;
              leasedBytes += capacity;
              expect(lease.buffer).toHaveLength(step.take);
              lease.buffer.fill(marks);
              held.push({ lease, mark: marks, bytes: capacity });
            }
          } else {
            const [loan] = held.splice(step.giveBack % Math.max(held.length, 1), 1);
            if (loan !== undefined) {
              expect(loan.lease.buffer.every((byte) => byte === loan.mark)).toBe(true);
              loan.lease.release();
              leasedBytes -= loan.bytes;
            }
          }
          const stats = pool.stats();
          expect(stats).toMatchObject({ leased: held.length, leasedBytes });
          expect(stats.idleBytes).toBeLessThanOrEqual(50_000);
          if (own) expect(allocated).toBe(stats.leasedBytes + stats.idleBytes);
        }
        void pool.close();
        for (const { lease } of held) lease.release();
        expect(pool.stats()).toMatchObject({ leased: 0, leasedBytes: 0, idle: 0, idleBytes: 0 });
        expect(allocated).toBe(0);
      }),
      { seed: 5 },
    );
  });
});
