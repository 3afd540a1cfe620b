import * as at from './records/layout.js';
import type { Records } from './records/records.js';
import { GRANULE_BYTES } from './central/size-class.js';

export type SpanKind = 'live' | 'cached' | 'free';

/** A stretch of the region of one kind; neighbours of one kind are one span. */
export interface MapSpan {
  readonly offset: number;
  readonly byteLength: number;
  readonly kind: SpanKind;
  readonly blocks: number;
}

export interface RegionMap {
  readonly arena: string;
  readonly committedBytes: number;
  /** In the order of their offsets, without gaps. */
  readonly spans: readonly MapSpan[];
}

/** Blocks of one size, rounding included. */
export interface SizeClass {
  readonly blockBytes: number;
  readonly liveBlocks: number;
  readonly liveBytes: number;
  readonly cachedBlocks: number;
}

interface Placed {
  readonly offset: number;
  readonly byteLength: number;
  readonly kind: SpanKind;
}

export function mapOf(arena: string, records: Records, committedBytes: number): RegionMap {
  const spans: MapSpan[] = [];
  for (const { offset, byteLength, kind } of [...placed(records)].sort((a, b) => a.offset - b.offset)) {
    const last = spans.at(-1);
    if (last?.kind === kind) spans[spans.length - 1] = { ...last, byteLength: last.byteLength + byteLength, blocks: last.blocks + 1 };
    else spans.push({ offset, byteLength, kind, blocks: 1 });
  }
  return { arena, committedBytes, spans };
}

/** @param canaryBytes bytes of each block that its user does not know of */
export function sizeClassesOf(records: Records, canaryBytes: number): SizeClass[] {
  const classes = new Map<number, { liveBlocks: number; liveBytes: number; cachedBlocks: number }>();
  records.refresh();
  for (let slot = at.FIRST_SLOT; slot < records.slotsEnd; slot += 1) {
    const kind = kindOf(records, slot);
    if (kind === undefined || kind === 'free') continue;
    const blockBytes = records.grantedBytesOf(slot);
    let figures = classes.get(blockBytes);
    if (figures === undefined) classes.set(blockBytes, (figures = { liveBlocks: 0, liveBytes: 0, cachedBlocks: 0 }));
    if (kind === 'cached') figures.cachedBlocks += 1;
    else {
      figures.liveBlocks += 1;
      figures.liveBytes += records.byteLengthOf(slot) - canaryBytes;
    }
  }
  return [...classes].sort(([a], [b]) => a - b).map(([blockBytes, figures]) => ({ blockBytes, ...figures }));
}

function* placed(records: Records): Generator<Placed> {
  records.refresh();
  for (let slot = at.FIRST_SLOT; slot < records.slotsEnd; slot += 1) {
    const kind = kindOf(records, slot);
    if (kind !== undefined) yield { offset: records.get(slot, at.OFFSET) * GRANULE_BYTES, byteLength: records.grantedBytesOf(slot), kind };
  }
}

/** `undefined` of a record of no block. */
function kindOf(records: Records, slot: number): SpanKind | undefined {
  const owner = records.get(slot, at.OWNER) & at.OWNER_MASK;
  if (owner === at.VACANT) return undefined;
  if (owner === at.FREE) return 'free';
  return (records.stateOf(slot) & at.KIND_MASK) === at.DEAD ? 'cached' : 'live';
}
