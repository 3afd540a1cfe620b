import diagnostics from 'node:diagnostics_channel';
import type { Socket } from 'node:net';
import type { Collector } from '../collectors/collector.js';
import { alreadyRecording } from '../errors.js';
import { markOwn } from '../own-frames.js';
import { type Samples, StackTree, type ValueType } from '../samples.js';
import type { IoProfile, IoSlice } from './io-profile.js';
import type { Api, IoKind, IoObserver, Site, WatchedTarget } from './operation.js';
import { type ProcessIo, readProcessIo, since } from './process-io.js';
import { Row } from './row.js';
import { SiteSampler } from './site-sampler.js';
import { Slices } from './slices.js';
import { Succession } from './succession.js';
import { type KindTally, TargetTally, totalsOf } from './target-tally.js';
import { watchIo } from './watch.js';

const MOST_TARGETS = 1_000;
const OTHERS = '(others)';

const SITE_VALUES: readonly ValueType[] = [
  { type: 'samples', unit: 'count' },
  { type: 'waited', unit: 'microseconds' },
  { type: 'transferred', unit: 'bytes' },
];

/** There is one `node:fs` a thread, and so one that changes it. */
let recording = false;

/** Records what this thread reads and writes. `random` decides which operations' sites are looked up. */
export function ioRecorder(random: () => number = Math.random): Collector<IoProfile> {
  const tally = new Tally(new SiteSampler(random));
  let unwatch: () => void = () => undefined;
  let before: ProcessIo | undefined;
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
      diagnostics.unsubscribe('http.server.request.start', request);
      recording = false;
      return tally.end(since(before, readProcessIo()));
    },
  };
}

/** Adds up operations by what they were done to, and sampled ones by who asked for them. */
class Tally implements IoObserver {
  readonly #sampler: SiteSampler;
  readonly #sites = new SiteTree();
  readonly #kinds: Readonly<Record<IoKind, KindTally & { readonly targets: Map<string, TargetTally> }>> = { disk: this.#kind(), network: this.#kind() };
  readonly #requests = new Map<number, number>();
  #beforeRequests: IoProfile['beforeRequests'] = { durationMs: 0, syncOperations: 0, syncMs: 0 };
  #beganMs = 0;
  /** Where a replaced function outlives the recording, as somebody has put theirs over it. */
  #ended = false;

  constructor(sampler: SiteSampler) {
    this.#sampler = sampler;
  }

  begin(): void {
    this.#beganMs = performance.now();
    for (const { slices } of Object.values(this.#kinds)) slices.begin(this.#beganMs);
  }

  site(bytes: number, api: Api): Site | undefined {
    return this.#ended ? undefined : this.#sampler.choose(bytes, api);
  }

  target(kind: IoKind, name: string): WatchedTarget {
    const { targets } = this.#kinds[kind];
    const known = targets.get(name);
    if (known !== undefined) return known;
    if (targets.size >= MOST_TARGETS && name !== OTHERS) return this.target(kind, OTHERS);
    const made = new TargetTally(kind, name, this.#kinds[kind]);
    targets.set(name, made);
    return made;
  }

  request(port: number): void {
    if (this.#requests.size === 0) this.#beforeRequests = { durationMs: performance.now() - this.#beganMs, ...this.#syncSoFar() };
    this.#requests.set(port, (this.#requests.get(port) ?? 0) + 1);
  }

  end(process: ProcessIo | undefined): IoProfile {
    this.#ended = true;
    const { disk, network } = this.#kinds;
    const endedMs = performance.now();
    for (const { slices } of [disk, network]) slices.end(endedMs);
    while (disk.slices.sliceMs < network.slices.sliceMs) disk.slices.halve();
    while (network.slices.sliceMs < disk.slices.sliceMs) network.slices.halve();
    const sites = this.#sites.samples();
    const { nodeFrames } = sites;
    const totals = { disk: totalsOf([...disk.targets.values()], disk, nodeFrames), network: totalsOf([...network.targets.values()], network, nodeFrames) };
    const seen = totals.disk.readBytes + totals.disk.writtenBytes + totals.network.readBytes + totals.network.writtenBytes;
    const counted = process && process.readBytes + process.writtenBytes;
    const targets = [...disk.targets.values(), ...network.targets.values()].map((target) => target.read(nodeFrames));
    const length = Math.max(disk.slices.bytes.length, network.slices.bytes.length);
    return {
      ...totals,
      targets: targets.toSorted((a, b) => b.readBytes + b.writtenBytes - (a.readBytes + a.writtenBytes) || b.operations - a.operations),
      sites: markOwn(sites),
      sliceMs: disk.slices.sliceMs,
      slices: Array.from({ length }, (_, index): IoSlice => ({ diskBytes: disk.slices.bytes[index] ?? 0, networkBytes: network.slices.bytes[index] ?? 0 })),
      requests: Array.from(this.#requests, ([port, count]) => ({ port, count })),
      beforeRequests: this.#beforeRequests,
      process,
      unattributedRatio: counted === undefined || counted === 0 ? undefined : Math.max(0, 1 - seen / counted),
    };
  }

  #syncSoFar(): Pick<TargetTally, 'syncOperations' | 'syncMs'> {
    const before = { syncOperations: 0, syncMs: 0 };
    for (const { syncOperations, syncMs } of this.#kinds.disk.targets.values()) {
      before.syncOperations += syncOperations;
      before.syncMs += syncMs;
    }
    return before;
  }

  #kind(): KindTally & { readonly targets: Map<string, TargetTally> } {
    return { slices: new Slices(), row: new Row(), succession: new Succession(), targets: new Map(), asked: (site, bytes, waitedMs) => this.#sites.add(site, bytes, waitedMs) };
  }
}

/** Stacks that asked for operations, with what these moved and how long they took, estimated from the sampled ones. */
class SiteTree {
  readonly #tree = new StackTree();
  readonly #values: [samples: number, waitedUs: number, bytes: number][] = [];

  /** Gives the node of the function of the program that asked, or -1. */
  add({ stack, weight }: Site, bytes: number, waitedMs: number): number {
    let [node, owner] = [-1, -1];
    for (const frame of stack) {
      node = this.#tree.node(node, frame);
      if (frame.kind === 'script') owner = node;
    }
    if (node < 0) return owner;
    const values = (this.#values[node] ??= [0, 0, 0]);
    values[0] += 1;
    values[1] += waitedMs * 1e3 * weight;
    values[2] += bytes * weight;
    return owner;
  }

  samples(): Samples {
    const columns = SITE_VALUES.map((_, column) => Float64Array.from({ length: this.#tree.nodeCount }, (_, node) => this.#values[node]?.[column] ?? 0));
    return { valueTypes: SITE_VALUES, ...this.#tree.columns(), values: columns };
  }
}
