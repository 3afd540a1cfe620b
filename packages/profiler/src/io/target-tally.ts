import type { IoTarget, IoTotals } from './io-profile.js';
import { LatencyHistogram } from './latency.js';
import type { IoKind, Site, WatchedTarget } from './operation.js';
import { Row } from './row.js';
import type { Slices } from './slices.js';
import type { Succession } from './succession.js';
import { WhoAsked } from './who-asked.js';

/** What all targets of a kind share. */
export interface KindTally {
  readonly slices: Slices;
  readonly row: Row;
  readonly succession: Succession;
  /** Gets who asked, of operations whose site was sampled; gives the node of the function of the program, or -1. */
  readonly asked: (site: Site, bytes: number, waitedMs: number) => number;
}

/** Adds up what is done to one file or host. */
export class TargetTally implements WatchedTarget {
  readonly kind: IoKind;
  readonly latency: LatencyHistogram = new LatencyHistogram();
  operations = 0;
  readBytes = 0;
  writtenBytes = 0;
  syncMs = 0;
  syncOperations = 0;
  followed = 0;
  readonly #name: string;
  readonly #shared: KindTally;
  readonly #row = new Row();
  readonly who: WhoAsked = new WhoAsked();

  constructor(kind: IoKind, name: string, shared: KindTally) {
    this.kind = kind;
    this.#name = name;
    this.#shared = shared;
  }

  answered(readBytes: number, writtenBytes: number, beganMs: number, endedMs: number, sync: boolean, site: Site | undefined): void {
    this.operations += 1;
    this.readBytes += readBytes;
    this.writtenBytes += writtenBytes;
    this.latency.record(endedMs - beganMs);
    if (sync) {
      this.syncOperations += 1;
      this.syncMs += endedMs - beganMs;
    } else {
      this.#row.add(beganMs, endedMs);
      this.#shared.row.add(beganMs, endedMs);
      if (this.#shared.succession.add(beganMs, endedMs)) this.followed += 1;
    }
    this.#shared.slices.add(readBytes + writtenBytes, endedMs);
    if (site !== undefined) this.#asked(site, readBytes + writtenBytes, endedMs - beganMs);
  }

  sent(writtenBytes: number, atMs: number, site: Site | undefined): void {
    this.operations += 1;
    this.writtenBytes += writtenBytes;
    this.#shared.slices.add(writtenBytes, atMs);
    if (site !== undefined) this.#asked(site, writtenBytes, 0);
  }

  received(readBytes: number, atMs: number): void {
    this.readBytes += readBytes;
    this.#shared.slices.add(readBytes, atMs);
  }

  written(bytes: number, atMs: number): void {
    this.writtenBytes += bytes;
    this.#shared.slices.add(bytes, atMs);
  }

  #asked(site: Site, bytes: number, waitedMs: number): void {
    this.who.add(this.#shared.asked(site, bytes, waitedMs), bytes * site.weight, waitedMs * site.weight);
  }

  read(nodeFrames: ArrayLike<number>): IoTarget {
    const { kind, operations, readBytes, writtenBytes, syncOperations, syncMs, followed } = this;
    return {
      kind,
      name: this.#name,
      operations,
      readBytes,
      writtenBytes,
      syncOperations,
      syncMs,
      latency: this.latency.read(),
      followed,
      longestRow: this.#row.longest,
      longestRowMs: this.#row.longestMs,
      ...askersOf(this.who, nodeFrames),
    };
  }
}

function askersOf(who: WhoAsked, nodeFrames: ArrayLike<number>): Pick<IoTarget, 'waitedBy' | 'movedBy'> {
  const [waitedBy, movedBy] = [who.most('waitedMs', nodeFrames), who.most('bytes', nodeFrames)];
  return { ...(waitedBy !== undefined && { waitedBy }), ...(movedBy !== undefined && { movedBy }) };
}

/** All targets of a kind together. */
export function totalsOf(targets: readonly TargetTally[], { slices, row }: KindTally, nodeFrames: ArrayLike<number>): IoTotals {
  const latency = new LatencyHistogram();
  const who = new WhoAsked();
  for (const target of targets) {
    latency.add(target.latency);
    who.addAll(target.who);
  }
  const sum = (of: 'operations' | 'readBytes' | 'writtenBytes' | 'syncMs'): number => targets.reduce((all, target) => all + target[of], 0);
  return {
    operations: sum('operations'),
    readBytes: sum('readBytes'),
    writtenBytes: sum('writtenBytes'),
    syncMs: sum('syncMs'),
    latency: latency.read(),
    peakBytesPerSecond: slices.peakBytesPerSecond(),
    longestRow: row.longest,
    longestRowMs: row.longestMs,
    ...askersOf(who, nodeFrames),
  };
}
