import diagnostics from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import { alreadyRecording } from '../errors.js';
import { markOwn } from '../own-frames.js';
import { StackTree, type ValueType } from '../samples.js';
import type { IoProfile, IoSlice, IoTarget, IoTotals } from './io-profile.js';
import { LatencyHistogram } from './latency.js';
import type { Api, IoKind, IoObserver, Operation, Site } from './operation.js';
import { readProcessIo, since } from './process-io.js';
import { Row } from './row.js';
import { SiteSampler } from './site-sampler.js';
import { watchIo } from './watch.js';

const MOST_TARGETS = 1_000;
const MOST_SLICES = 600;
/** Less time than these slices take has no rate. */
const LEAST_SLICES = 3;

const SITE_VALUES: readonly ValueType[] = [
  { type: 'samples', unit: 'count' },
  { type: 'waited', unit: 'microseconds' },
  { type: 'transferred', unit: 'bytes' },
];

/** There is one `node:fs` a thread, and so one that changes it. */
let recording = false;

export interface IoRecorder {
  start(): void;
  stop(): IoProfile;
}

/** Records what this thread reads and writes. `random` decides which operations' sites are looked up. */
export function ioRecorder(random: () => number = Math.random): IoRecorder {
  const tally = new Tally(new SiteSampler(random));
  let unwatch: () => void = () => undefined;
  let before: ReturnType<typeof readProcessIo>;
  const request = (message: unknown): void => tally.request((message as { readonly socket: Socket }).socket.localPort ?? 0);
  return {
    start() {
      if (recording) throw alreadyRecording('another profiler of this thread records I/O');
      recording = true;
      before = readProcessIo();
      diagnostics.subscribe('http.server.request.start', request);
      tally.begin();
      unwatch = watchIo(tally);
    },
    stop() {
      unwatch();
      tally.end();
      diagnostics.unsubscribe('http.server.request.start', request);
      recording = false;
      return tally.read(since(before, readProcessIo()));
    },
  };
}

/** Adds up operations by what they were done to, and sampled ones by who asked for them. */
class Tally implements IoObserver {
  readonly #requests = new Map<number, number>();
  readonly #sampler: SiteSampler;
  readonly #targets = new Map<string, TargetTally>();
  readonly #kinds = { disk: new KindTally(), network: new KindTally() };
  readonly #tree = new StackTree();
  readonly #siteValues: [number, number, number][] = [];
  #beganMs = 0;
  #active = false;

  constructor(sampler: SiteSampler) {
    this.#sampler = sampler;
  }

  begin(): void {
    this.#beganMs = performance.now();
    this.#active = true;
  }

  end(): void {
    this.#active = false;
  }

  site(bytes: number, api: Api): Site | undefined {
    return this.#active ? this.#sampler.choose(bytes, api) : undefined;
  }

  done(operation: Operation): void {
    if (!this.#active) return;
    const { kind, target, readBytes, writtenBytes, latencyMs, site } = operation;
    this.#targetOf(kind, target).add(operation);
    this.#kinds[kind].add(operation, performance.now() - this.#beganMs);
    if (site !== undefined) this.#addSite(site, readBytes + writtenBytes, latencyMs ?? 0);
  }

  moved(kind: IoKind, target: string, readBytes: number, writtenBytes: number): void {
    if (!this.#active) return;
    this.#targetOf(kind, target).move(readBytes, writtenBytes);
    this.#kinds[kind].move(readBytes, writtenBytes, performance.now() - this.#beganMs);
  }

  request(port: number): void {
    this.#requests.set(port, (this.#requests.get(port) ?? 0) + 1);
  }

  read(process: ReturnType<typeof readProcessIo>): IoProfile {
    const targets = [...this.#targets.values()].map((target) => target.read());
    const { disk, network } = { disk: this.#kinds.disk.read(), network: this.#kinds.network.read() };
    const seen = disk.readBytes + disk.writtenBytes + network.readBytes + network.writtenBytes;
    const counted = process && process.readBytes + process.writtenBytes;
    const length = Math.max(this.#kinds.disk.slices.length, this.#kinds.network.slices.length);
    const { sliceMs } = this.#align();
    return {
      disk,
      network,
      targets: targets.toSorted((a, b) => b.readBytes + b.writtenBytes - (a.readBytes + a.writtenBytes) || b.operations - a.operations),
      sites: markOwn({
        valueTypes: SITE_VALUES,
        ...this.#tree.columns(),
        values: SITE_VALUES.map((_, column) => Float64Array.from({ length: this.#tree.nodeCount }, (_, node) => this.#siteValues[node]?.[column] ?? 0)),
      }),
      sliceMs,
      slices: Array.from({ length }, (_, index): IoSlice => ({ diskBytes: this.#kinds.disk.slices[index] ?? 0, networkBytes: this.#kinds.network.slices[index] ?? 0 })),
      requests: Array.from(this.#requests, ([port, count]) => ({ port, count })),
      process,
      unattributedRatio: counted === undefined || counted === 0 ? undefined : Math.max(0, 1 - seen / counted),
    };
  }

  /** Both kinds in slices of the same length, the longer of theirs. */
  #align(): { readonly sliceMs: number } {
    const { disk, network } = this.#kinds;
    while (disk.sliceMs < network.sliceMs) disk.halve();
    while (network.sliceMs < disk.sliceMs) network.halve();
    return disk;
  }

  #addSite({ stack, weight }: Site, bytes: number, latencyMs: number): void {
    let node = -1;
    for (const frame of stack) node = this.#tree.node(node, frame);
    if (node < 0) return;
    const values = (this.#siteValues[node] ??= [0, 0, 0]);
    values[0] += 1;
    values[1] += latencyMs * 1e3 * weight;
    values[2] += bytes * weight;
  }

  #targetOf(kind: IoKind, name: string): TargetTally {
    const key = `${kind} ${name}`;
    const known = this.#targets.get(key);
    if (known !== undefined) return known;
    if (this.#targets.size >= MOST_TARGETS && name !== OTHERS) return this.#targetOf(kind, OTHERS);
    const made = new TargetTally(kind, name);
    this.#targets.set(key, made);
    return made;
  }
}

const OTHERS = '(others)';

class TargetTally {
  readonly #kind: IoKind;
  readonly #name: string;
  readonly #latency = new LatencyHistogram();
  #operations = 0;
  #readBytes = 0;
  #writtenBytes = 0;
  #syncOperations = 0;
  #syncMs = 0;
  readonly #row = new Row();

  constructor(kind: IoKind, name: string) {
    this.#kind = kind;
    this.#name = name;
  }

  add({ readBytes, writtenBytes, beganMs, latencyMs, sync }: Operation): void {
    this.#operations += 1;
    this.move(readBytes, writtenBytes);
    if (latencyMs === undefined) return;
    this.#latency.record(latencyMs);
    if (sync) {
      this.#syncOperations += 1;
      this.#syncMs += latencyMs;
    } else this.#row.add(beganMs, beganMs + latencyMs);
  }

  move(readBytes: number, writtenBytes: number): void {
    this.#readBytes += readBytes;
    this.#writtenBytes += writtenBytes;
  }

  read(): IoTarget {
    return {
      kind: this.#kind,
      name: this.#name,
      operations: this.#operations,
      readBytes: this.#readBytes,
      writtenBytes: this.#writtenBytes,
      syncOperations: this.#syncOperations,
      syncMs: this.#syncMs,
      latency: this.#latency.read(),
      longestRow: this.#row.longest,
      longestRowMs: this.#row.longestMs,
    };
  }
}

class KindTally {
  readonly #latency = new LatencyHistogram();
  readonly #row = new Row();
  #operations = 0;
  #readBytes = 0;
  #writtenBytes = 0;
  #syncMs = 0;
  slices: number[] = [];
  sliceMs = 100;

  add({ readBytes, writtenBytes, beganMs, latencyMs, sync }: Operation, atMs: number): void {
    this.#operations += 1;
    if (latencyMs !== undefined) {
      this.#latency.record(latencyMs);
      if (sync) this.#syncMs += latencyMs;
      else this.#row.add(beganMs, beganMs + latencyMs);
    }
    this.move(readBytes, writtenBytes, atMs);
  }

  move(readBytes: number, writtenBytes: number, atMs: number): void {
    this.#readBytes += readBytes;
    this.#writtenBytes += writtenBytes;
    while (atMs >= this.sliceMs * MOST_SLICES) this.halve();
    const slice = Math.floor(atMs / this.sliceMs);
    for (let missing = this.slices.length; missing <= slice; missing += 1) this.slices.push(0);
    this.slices[slice] = (this.slices[slice] ?? 0) + readBytes + writtenBytes;
  }

  /** Half as many slices, each twice as long. */
  halve(): void {
    this.slices = Array.from({ length: Math.ceil(this.slices.length / 2) }, (_, index) => (this.slices[2 * index] ?? 0) + (this.slices[2 * index + 1] ?? 0));
    this.sliceMs *= 2;
  }

  read(): IoTotals {
    return {
      operations: this.#operations,
      readBytes: this.#readBytes,
      writtenBytes: this.#writtenBytes,
      syncMs: this.#syncMs,
      latency: this.#latency.read(),
      peakBytesPerSecond: this.#peak(),
      longestRow: this.#row.longest,
      longestRowMs: this.#row.longestMs,
    };
  }

  /** Over a second, or all of a shorter recording, so that one short burst is not taken for a rate. */
  #peak(): number {
    const width = Math.max(LEAST_SLICES, Math.min(this.slices.length, Math.round(1_000 / this.sliceMs)));
    let [sum, peak] = [0, 0];
    for (const [index, bytes] of this.slices.entries()) {
      sum += bytes - (this.slices[index - width] ?? 0);
      peak = Math.max(peak, sum);
    }
    return peak / ((width * this.sliceMs) / 1e3);
  }
}
