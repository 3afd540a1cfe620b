import { createArena } from '@fog/arena';
import { createBufferPool, type BufferAllocator } from '@fog/pool/buffer';
import { seededRandom } from '@fog/testkit';
import { defineBench, type Subject } from '../harness/bench.js';

const OURS = '@fog/pool/buffer';
const ALLOC = 'Buffer.alloc';
const UNSAFE = 'Buffer.allocUnsafe';
/** Requests under way at once, each with its buffer. */
const UNDER_WAY = 32;
const KIB = 1_024;

interface Given {
  readonly fromBytes: number;
  readonly toBytes: number;
}

interface Source<L> {
  take(bytes: number): L;
  bytesOf(loan: L): Uint8Array;
  give(loan: L): void;
  allocatedRatio(): number;
  close?(): unknown;
}

/** Buffers of random sizes, the oldest given back as the next is taken; first and last byte are written. */
function around<L>({ fromBytes, toBytes }: Given, source: Source<L>): Subject {
  return {
    run: (iterations) => {
      const random = seededRandom(1);
      const underWay: (L | undefined)[] = Array.from({ length: UNDER_WAY });
      let sum = 0;
      for (let index = 0; index < iterations; index += 1) {
        const place = index % UNDER_WAY;
        const oldest = underWay[place];
        if (oldest !== undefined) source.give(oldest);
        const bytes = fromBytes + Math.floor(random() * (toBytes - fromBytes));
        const loan = source.take(bytes);
        const buffer = source.bytesOf(loan);
        buffer[0] = index;
        buffer[bytes - 1] = index;
        sum += buffer.length;
        underWay[place] = loan;
      }
      for (const loan of underWay) if (loan !== undefined) source.give(loan);
      return sum;
    },
    figures: () => ({ 'allocations a loan': source.allocatedRatio() }),
    close: () => source.close?.(),
  };
}

function pooled(given: Given, allocator?: BufferAllocator, close?: () => unknown): Subject {
  const pool = createBufferPool(allocator === undefined ? {} : { allocator });
  return around(given, {
    take: (bytes) => {
      const lease = pool.tryAcquire(bytes);
      if (lease === undefined) throw new Error('a pool without a limit lends at once');
      return lease;
    },
    bytesOf: (lease) => lease.buffer,
    give: (lease) => lease.release(),
    allocatedRatio: () => 1 - pool.stats().reuseRatio,
    close: async () => {
      await pool.close();
      await close?.();
    },
  });
}

const fresh = (given: Given, take: (bytes: number) => Buffer): Subject => around(given, { take, bytesOf: (buffer) => buffer, give: () => {}, allocatedRatio: () => 1 });

const LARGE = '16 to 256 KiB';
const SMALL = '256 bytes to 4 KiB';

export default defineBench<Given>({
  name: 'pool/buffer',
  title: 'What does a buffer cost?',
  operation: 'buffer, 32 at once',
  cases: { [LARGE]: { fromBytes: 16 * KIB, toBytes: 256 * KIB }, [SMALL]: { fromBytes: 256, toBytes: 4 * KIB } },
  contenders: {
    [OURS]: (given) => pooled(given),
    [`${OURS} over @fog/arena`]: (given) => {
      const arena = createArena();
      return pooled(given, arena, () => arena.close());
    },
    [ALLOC]: (given) => fresh(given, (bytes) => Buffer.alloc(bytes)),
    [UNSAFE]: (given) => fresh(given, (bytes) => Buffer.allocUnsafe(bytes)),
  },
  reference: UNSAFE,
  rounds: 3,
  targets: (readings) => [
    { id: `CPU over ${UNSAFE}, ${LARGE}`, reach: '<= 0.5', value: readings.cpuNs(OURS, LARGE) / readings.cpuNs(UNSAFE, LARGE) },
    { id: `allocations a loan, ${LARGE}`, reach: '<= 0.2', value: readings.figure('allocations a loan', OURS, LARGE) },
  ],
});
