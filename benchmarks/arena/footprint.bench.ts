import { createArena } from '@fog/arena';
import { defineBench, type Bench, type Subject } from '../harness/bench.js';
import { churn, mixed, pages, replacing, small, type Churn } from './churns.js';

interface Placed {
  readonly offset: number;
  readonly size: number;
}

/** Something that hands out blocks of a region, and how far into the region they have reached. */
interface Allocator<B> {
  readonly alloc: (bytes: number) => B;
  readonly free: (block: B) => void;
  readonly reachedBytes: () => number;
}

/**
 * So many replacements the figure is read after, with an allocator that did nothing else: how far blocks reach goes on growing
 * slowly, and the timed runs of a quicker allocator have many more of them.
 */
const REPLACEMENTS = 2 ** 18;

/** Replaces blocks for a while; the figure is how far the region reached, over what was live at the most. */
function reaching<B>(given: Churn, create: () => Allocator<B>): Subject {
  const { alloc, free } = create();
  const timed = replacing(given, alloc, free);
  return {
    run: (iterations) => timed.run(iterations),
    figures: () => {
      const { alloc, free, reachedBytes } = create();
      const { live, bytes, places } = given;
      const sizes = Array.from({ length: live }, (_, index) => bytes[index % bytes.length] as number);
      const blocks = sizes.map((size) => alloc(size));
      let liveBytes = sizes.reduce((sum, size) => sum + size, 0);
      let peakBytes = liveBytes;
      for (let index = 0; index < REPLACEMENTS; index += 1) {
        const place = places[index % places.length] as number;
        const size = bytes[(index + live) % bytes.length] as number;
        free(blocks[place] as B);
        blocks[place] = alloc(size);
        liveBytes += size - (sizes[place] as number);
        sizes[place] = size;
        peakBytes = Math.max(peakBytes, liveBytes);
      }
      return { 'reached / live': reachedBytes() / peakBytes, 'live MB': peakBytes / 2 ** 20 };
    },
  };
}

function inArena(options: { readonly fit: 'good' | 'best' }, cached: boolean): (given: Churn) => Subject {
  const create = (): Allocator<number> => {
    const arena = createArena({ ...options, initialBytes: 4_096, maxBytes: 2 ** 31 });
    let reached = 0;
    return {
      alloc: (bytes) => {
        // Aligned to 32, a block passes the magazines by, which shows the central allocator alone.
        const handle = cached ? arena.allocHandle(bytes) : arena.alloc(bytes, { align: 32 }).handle;
        const { offset } = arena.openHandle(handle);
        reached = Math.max(reached, offset + bytes);
        return handle;
      },
      free: (handle) => arena.freeHandle(handle),
      reachedBytes: () => reached,
    };
  };
  return (given) => reaching(given, create);
}

/** The smallest gap that holds the block, of all there are, sizes rounded as in the arena; slow, and as tight as it gets. */
function exactBestFit(): Allocator<Placed> {
  const gaps: { offset: number; size: number }[] = [{ offset: 0, size: 2 ** 31 }];
  let reached = 0;
  const alloc = (bytes: number): Placed => {
    const size = Math.ceil(bytes / 32) * 32;
    let best = -1;
    gaps.forEach((gap, index) => {
      if (gap.size >= size && (best < 0 || gap.size < (gaps[best]?.size ?? 0))) best = index;
    });
    const gap = gaps[best];
    if (gap === undefined) throw new Error('2 GiB are enough for all that this does');
    const { offset } = gap;
    if (gap.size === size) gaps.splice(best, 1);
    else {
      gap.offset += size;
      gap.size -= size;
    }
    reached = Math.max(reached, offset + bytes);
    return { offset, size };
  };
  const free = ({ offset, size }: Placed): void => {
    let at = gaps.findIndex((gap) => gap.offset > offset);
    if (at < 0) at = gaps.length;
    const [before, after] = [gaps[at - 1], gaps[at]];
    if (before !== undefined && before.offset + before.size === offset) {
      before.size += size;
      if (after !== undefined && before.offset + before.size === after.offset) {
        before.size += after.size;
        gaps.splice(at, 1);
      }
    } else if (after !== undefined && offset + size === after.offset) {
      after.offset = offset;
      after.size += size;
    } else gaps.splice(at, 0, { offset, size });
  };
  return { alloc, free, reachedBytes: () => reached };
}

const MANY_SMALL = 'small, 98,304 live';

const bench: Bench<Churn> = defineBench({
  name: 'arena/footprint',
  title: 'How much more memory than is live does the region take, after blocks were replaced for a while?',
  operation: 'free + alloc',
  cases: {
    'small, 4,096 live': churn(4_096, small),
    'mixed, 4,096 live': churn(4_096, mixed),
    'pages, 4,096 live': churn(4_096, pages),
    [MANY_SMALL]: churn(98_304, small),
  },
  contenders: {
    arena: inArena({ fit: 'good' }, true),
    'central allocator': inArena({ fit: 'good' }, false),
    "central allocator, fit: 'best'": inArena({ fit: 'best' }, false),
    'exact best fit': (given) => reaching(given, exactBestFit),
  },
  reference: 'exact best fit',
  checkIterations: 200,
  rounds: 1,
  targets: (readings) => [
    ...['small, 4,096 live', 'mixed, 4,096 live', 'pages, 4,096 live'].map((given) => ({
      id: `central allocator over exact best fit, ${given}`,
      reach: '<= 1.02' as const,
      value: readings.figure('reached / live', 'central allocator', given) / readings.figure('reached / live', 'exact best fit', given),
    })),
    { id: `arena over live, ${MANY_SMALL}`, reach: '<= 1.1', value: readings.figure('reached / live', 'arena', MANY_SMALL) },
  ],
});

export default bench;
