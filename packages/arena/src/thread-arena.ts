import { allocBatch, move, type BlockSource } from './block-source.js';
import { ArenaBlock, whyNoBlock, type Block, type Home } from './block.js';
import type { NativeBinding } from './binding.js';
import type { Backend, Central, Fit } from './central/central.js';
import type { Clock } from './clock.js';
import { createChannel, openChannel, type Channel, type ChannelHandle, type ChannelOptions } from './channel.js';
import { closed, exhausted, invalidArgument, invalidOption, notTransferred, overflow, tooManyThreads, waitTimeout } from './errors.js';
import { blockCollected, blockLeaked, blockOverwritten, overflowUnheard, regionGrown, regionPurged } from './events.js';
import { noteExhaustion } from './exhaustion.js';
import { checkBlock, FallbackBlock } from './fallback-block.js';
import { createGcSampler } from './gc.js';
import type { ArenaHandle } from './handle.js';
import { COLLECTED, FALLBACKS } from './records/counters.js';
import { Heap } from './heap.js';
import { CLOSED, RESETS, WAITING } from './records/layout.js';
import { LazyObjects, type Lazy, type LazyOptions, type LazySource } from './lazy.js';
import { NONE } from './cache/magazines.js';
import { MappedFiles } from './mapped-files.js';
import { mapOf, sizeClassesOf, type RegionMap, type SizeClass } from './map.js';
import { POST_ITS_HANDLE } from './not-cloneable.js';
import { openCentral } from './central/open-central.js';
import { checkBytes, resolveRequest, resolveWaitingRequest, type AllocOptions, type ArenaOptions, type DebugLevel, type WaitingRequest, type WaitOptions } from './options.js';
import { CANARY_BYTES, Poison } from './debug/poison.js';
import { watchPressure, type PressureListener, type PressureOptions, type PressureWatch } from './pressure/pressure-watch.js';
import { PurgeTimer } from './purge-timer.js';
import { markEscapedOwn, receive, takeBackSent } from './records/ownership.js';
import { generationOf, liveState, type Records } from './records/records.js';
import { enterForEnded } from './reclaim.js';
import { Scopes, type Scope } from './scope.js';
import { GRANULE_BYTES } from './central/size-class.js';
import { residentBytesOf, statsOf, type ArenaStats } from './stats.js';
import { BudgetedArena, type Parent, type SubArena, type SubArenaOptions } from './sub-arena.js';
import { enter } from './records/threads.js';
import { checkHandle, checkToken, generationOfHandle, handleOf, slotOf, type BlockHandle, type BlockToken } from './token.js';
import { LOOK_FOR_MEMORY_MS, WaitQueue } from './wait-queue.js';
import { stackHere, Watch, type Leak } from './debug/watch.js';

export type Settings = Pick<Required<ArenaOptions>, 'clock'> & Omit<ArenaHandle, 'records' | 'backend'>;

/** The arena as one thread has it. */
export class ThreadArena implements BlockSource, Home, Parent {
  readonly inMessages: symbol = POST_ITS_HANDLE;
  readonly id: number;
  readonly name: string;
  readonly backend: Backend;
  readonly debug: DebugLevel;
  readonly fit: Fit;
  readonly heap: Heap;
  readonly checked: boolean;
  readonly canaryBytes: number;
  readonly #settings: Omit<Settings, 'memory'>;
  readonly #native: NativeBinding | undefined;
  /** Where memory can be given back. */
  readonly #purgeTimer: PurgeTimer | undefined;
  readonly #isCreator: boolean;
  /** Whether blocks are given out as they come, neither watched nor poisoned. */
  readonly #plain: boolean;
  readonly #watch: Watch | undefined;
  readonly #poison: Poison | undefined;
  readonly #waiting: WaitQueue<Block>;
  readonly #lazy: LazyObjects;
  readonly #pressure = new Set<PressureWatch>();
  readonly #gc = createGcSampler();
  #scopes: Scopes | undefined = undefined;
  #finalStats: ArenaStats | undefined = undefined;
  /** When what is free was last purged. */
  #movedBytes = 0;

  constructor({ memory, ...settings }: Settings, records: Records, native: NativeBinding | undefined, isCreator: boolean) {
    const { id, name, fit, debug, hugePages, clock, lazyBudgetBytes } = settings;
    const canaryBytes = debug === 'paranoid' ? CANARY_BYTES : 0;
    const files = new MappedFiles(records, native);
    const openFor = (row: number): Central => openCentral(native, records, row, fit);
    const row = enter(records) || enterForEnded(records, openFor, canaryBytes, (rows) => files.unmapAll(memory, rows));
    if (row === 0) throw tooManyThreads(name);
    const central = openFor(row);
    this.#settings = settings;
    this.#native = native;
    this.#purgeTimer = native === undefined ? undefined : new PurgeTimer(clock, settings.purgeAfterMs, () => this.#purgeIfOpen());
    this.#isCreator = isCreator;
    this.id = id;
    this.name = name;
    this.fit = fit;
    this.debug = debug;
    this.backend = central.backend;
    this.checked = debug !== 'off';
    this.canaryBytes = canaryBytes;
    this.heap = new Heap(memory, records, row, central, files, canaryBytes, {
      onGrown: (fromBytes, toBytes) => {
        if (hugePages) this.#adviseHuge();
        regionGrown(name, fromBytes, toBytes);
      },
      onMoved: () => this.#purgeTimer?.start(),
      onShortage: () => this.#poison?.release(),
      onReset: () => this.#poison?.clear(),
      whenClosed: () => closed(name),
    });
    if (isCreator) central.grow(memory.byteLength / GRANULE_BYTES);
    if (isCreator && hugePages) this.#adviseHuge();
    this.#plain = debug === 'off' || debug === 'guard';
    this.#watch = debug === 'sample' || debug === 'paranoid' ? new Watch(debug, (slot) => records.stateOf(slot), (leak, slot, generation) => this.#onCollected(leak, slot, generation)) : undefined;
    this.#poison = debug === 'paranoid' ? new Poison(this.heap, (offset, byteLength) => blockOverwritten(name, offset, byteLength)) : undefined;
    this.#waiting = new WaitQueue(clock, LOOK_FOR_MEMORY_MS, () => this.heap.announceWaiting(1), () => this.heap.announceWaiting(-1));
    this.#lazy = new LazyObjects(this, lazyBudgetBytes);
  }

  /** What sub-arenas come from. */
  get home(): Home {
    return this;
  }

  get clock(): Clock {
    return this.#settings.clock;
  }

  get canMapFiles(): boolean {
    return this.#native !== undefined;
  }

  get isClosed(): boolean {
    return this.#finalStats !== undefined || this.heap.records.closed;
  }

  alloc(bytes: number, options?: AllocOptions): Block {
    return this.#note(this.allocFor(this, bytes, options));
  }

  tryAlloc(bytes: number, options?: AllocOptions): Block | undefined {
    const block = this.tryAllocFor(this, bytes, options);
    return block === undefined ? undefined : this.#note(block);
  }

  async allocAsync(bytes: number, options?: WaitOptions): Promise<Block> {
    this.#checkOpen();
    return this.#note(await this.allocAsyncFor(this, bytes, resolveWaitingRequest(bytes, options)));
  }

  allocBatch(bytes: number, count: number, options?: AllocOptions): Block[] {
    return allocBatch(this, bytes, count, options);
  }

  allocHandle(bytes: number): BlockHandle {
    const cached = this.#plain ? this.heap.takeCached(bytes) : NONE;
    const slot = cached === NONE ? this.#takeOrThrow(bytes, undefined) : cached;
    markEscapedOwn(this.heap.records, slot);
    return handleOf(slot, generationOf(this.heap.records.stateOf(slot)));
  }

  freeHandle(handle: BlockHandle): void {
    checkHandle(handle);
    const slot = slotOf(handle);
    const generation = generationOfHandle(handle);
    if (!this.heap.records.has(slot) || !this.release(slot, generation)) throw whyNoBlock(this, slot, generation);
  }

  realloc(block: Block, bytes: number): Block {
    this.#checkOpen();
    checkBytes(bytes);
    checkBlock(block, this);
    // Only as the arena's own: what is watched, poisoned or on a budget elsewhere moves.
    const sameHome = block instanceof ArenaBlock && block.isOf(this) && this.#watch === undefined;
    if (sameHome && block.isLive && bytes <= this.#grantedBytes(block) && bytes * 2 > this.#grantedBytes(block)) {
      const slot = slotOf(block.key);
      if (this.heap.resize(slot, generationOfHandle(block.key), bytes)) return this.#note(this.#wrap(this, slot));
    }
    return move(this, block, bytes);
  }

  open(token: BlockToken): Block {
    const { slot, generation } = this.#checkToken(token);
    return this.#open(slot, generation);
  }

  openHandle(handle: BlockHandle): Block {
    checkHandle(handle);
    return this.#open(slotOf(handle), generationOfHandle(handle));
  }

  receive(token: BlockToken): Block {
    const { slot, generation } = this.#checkToken(token);
    const block = this.receiveLive(slot, generation);
    if (block === undefined) throw notTransferred(this.name, slot);
    return block;
  }

  receiveLive(slot: number, generation: number): Block | undefined {
    this.#checkOpen();
    const { records, row } = this.heap;
    return records.has(slot) && receive(records, row, slot, generation) ? this.#wrap(this, slot) : undefined;
  }

  takeBack({ slot, generation }: BlockToken): void {
    takeBackSent(this.heap.records, slot, generation);
  }

  owns(block: Block): boolean {
    return block instanceof ArenaBlock && block.arenaId === this.id;
  }

  scope<T>(work: (scope: Scope) => T): T {
    this.#checkOpen();
    return (this.#scopes ??= new Scopes()).run(this, work);
  }

  subArena(options: SubArenaOptions): SubArena {
    this.#checkOpen();
    if (typeof options !== 'object' || options === null) throw invalidOption('options', options, '{ maxBytes }');
    return new BudgetedArena(this, options);
  }

  release(slot: number, generation: number): boolean {
    if (this.#poison !== undefined) return this.#releasePoisoned(this.#poison, slot, generation);
    if (this.checked) {
      if (!this.heap.give(slot, generation)) return false;
    } else this.heap.giveUnchecked(slot, generation);
    if (this.#waiting.size > 0) this.#waiting.serve();
    return true;
  }

  get endings(): number {
    return this.heap.endings;
  }

  reset(): void {
    this.#checkOpen();
    this.heap.catchUp();
    this.#poison?.release(); // To find out what was written there.
    this.#lazy.forgetAll();
    this.heap.reset();
    this.heap.records.words[RESETS] = (this.heap.records.words[RESETS] as number) + 1;
    this.#waiting.serve();
  }

  purge(): number {
    this.#checkOpen();
    const purgedBytes = this.heap.purge();
    this.#movedBytes = this.heap.counters.movedBytes;
    this.#awaitPurge(); // Afterwards, as what was cached goes back first, which asks for a timer.
    if (purgedBytes > 0) regionPurged(this.name, purgedBytes);
    return purgedBytes;
  }

  share(): ArenaHandle {
    this.#checkOpen();
    const { id, name, fit, debug, hugePages, purgeAfterMs, onExhausted, lazyBudgetBytes } = this.#settings;
    const { memory, records } = this.heap;
    return { id, name, memory, records: records.buffer, backend: this.backend, fit, debug, hugePages, purgeAfterMs, onExhausted, lazyBudgetBytes };
  }

  channel(options: ChannelOptions | ChannelHandle = {}): Channel {
    this.#checkOpen();
    return typeof options === 'object' && options !== null && 'ring' in options ? openChannel(this, options, this.#settings.clock) : createChannel(this, options, this.#settings.clock);
  }

  lazy(source: LazySource, options: LazyOptions = {}): Lazy {
    this.#checkOpen();
    return this.#lazy.add(source, options);
  }

  evict(bytes: number = Infinity): number {
    this.#checkOpen();
    if (!(typeof bytes === 'number' && bytes >= 0)) throw invalidArgument('bytes', bytes, 'a number ≥ 0');
    return this.#lazy.evict(bytes);
  }

  onPressure(options: PressureOptions = {}, listener: PressureListener = () => undefined): PressureWatch {
    this.#checkOpen();
    const watch = watchPressure(this, options, listener, this.#settings.clock, () => this.#pressure.delete(watch));
    this.#pressure.add(watch);
    return watch;
  }

  reclaim(): number {
    this.#checkOpen();
    return this.heap.reclaim();
  }

  stats(): ArenaStats {
    return this.#finalStats ?? statsOf(this.heap, this.#gc, residentBytesOf(this.heap.memory, this.#native));
  }

  sizeClasses(): SizeClass[] {
    this.#checkOpen();
    return sizeClassesOf(this.heap.records, this.canaryBytes);
  }

  map(): RegionMap {
    this.#checkOpen();
    return mapOf(this.name, this.heap.records, this.heap.memory.byteLength);
  }

  leaks(): Leak[] {
    return this.#watch?.leaks() ?? [];
  }

  close(): Promise<void> {
    if (this.#finalStats === undefined) {
      const { records } = this.heap;
      for (const watch of this.#pressure) watch.close();
      if (this.#waiting.size > 0) this.#waiting.rejectAll(closed(this.name));
      this.#reportLeaks();
      this.#lazy.close();
      if (!records.closed) this.#leave(records);
      // Of a region that was given back whole nothing is resident: the system need not be asked.
      const residentBytes = this.#isCreator && this.#native !== undefined ? 0 : residentBytesOf(this.heap.memory, this.#native);
      this.#finalStats = statsOf(this.heap, this.#gc, residentBytes);
      this.#gc.close();
      this.#purgeTimer?.stop();
      this.heap.letGo();
    }
    return Promise.resolve();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  allocFor(home: Home, bytes: number, options: AllocOptions | undefined): Block {
    const cached = options === undefined && this.#plain ? this.heap.takeCached(bytes) : NONE;
    if (cached !== NONE) return new ArenaBlock(home, cached, generationOf(this.heap.records.stateOf(cached)));
    const align = this.#checkRequest(bytes, options);
    const slot = this.#take(bytes, align);
    if (slot !== NONE) return this.#hold(home, slot);
    return this.#fallBack(bytes, options) ?? this.#refuse(bytes, align);
  }

  tryAllocFor(home: Home, bytes: number, options: AllocOptions | undefined): Block | undefined {
    const align = this.#checkRequest(bytes, options);
    const slot = this.#take(bytes, align);
    if (slot !== NONE) return this.#hold(home, slot);
    noteExhaustion(this.heap, this.name, bytes, align);
    return undefined;
  }

  allocOwn(bytes: number, alignBytes: number): ArenaBlock {
    const align = this.#checkRequest(bytes, { align: alignBytes });
    const slot = this.#take(bytes, align);
    if (slot === NONE) return this.#refuse(bytes, align);
    this.#poison?.prepare(slot);
    return new ArenaBlock(this, slot, generationOf(this.heap.records.stateOf(slot)));
  }

  async allocAsyncFor(home: Home, bytes: number, request: WaitingRequest): Promise<Block> {
    const { align, timeoutMs, signal } = request;
    signal?.throwIfAborted();
    let stack: string | undefined;
    const tryNow = (): Block | undefined => {
      this.#checkOpen();
      const slot = this.#take(bytes, align);
      return slot === NONE ? undefined : this.#hold(home, slot, stack);
    };
    const block = this.#waiting.size === 0 ? tryNow() : undefined;
    if (block !== undefined) return block;
    if (bytes > this.heap.memory.maxByteLength) return this.#refuse(bytes, align);
    if (this.#watch !== undefined) stack = stackHere();
    return this.#waiting.wait(tryNow, { timeoutMs, signal }, () => {
      throw waitTimeout(this.name, bytes, timeoutMs, noteExhaustion(this.heap, this.name, bytes, align));
    });
  }

  #note(block: Block): Block {
    return this.#scopes === undefined ? block : this.#scopes.note(block);
  }

  #open(slot: number, generation: number): Block {
    this.#checkOpen();
    const { records } = this.heap;
    if (!records.has(slot) || records.stateOf(slot) !== liveState(generation)) throw whyNoBlock(this, slot, generation);
    return new ArenaBlock(this, slot, generation);
  }

  /** @returns the alignment in granules */
  #checkRequest(bytes: number, options: AllocOptions | undefined): number {
    this.#checkOpen();
    return resolveRequest(bytes, options);
  }

  #checkOpen(): void {
    if (this.isClosed) throw closed(this.name);
  }

  #checkToken(token: BlockToken): BlockToken {
    checkToken(token, this);
    return token;
  }

  #takeOrThrow(bytes: number, options: AllocOptions | undefined): number {
    const align = this.#checkRequest(bytes, options);
    const slot = this.#take(bytes, align);
    if (slot === NONE) return this.#refuse(bytes, align);
    this.#poison?.prepare(slot);
    return slot;
  }

  #take(bytes: number, align: number): number {
    const wholeBytes = bytes + this.canaryBytes;
    if (wholeBytes > this.heap.memory.maxByteLength) return NONE;
    const slot = this.heap.take(wholeBytes, align);
    if (slot !== NONE || !this.#makeRoom(wholeBytes)) return slot;
    return this.heap.take(wholeBytes, align);
  }

  /** @returns whether there is a chance now */
  #makeRoom(bytes: number): boolean {
    const evicted = this.#lazy.evict(bytes) > 0;
    return (this.#poison?.release() ?? false) || evicted;
  }

  #hold(home: Home, slot: number, stack?: string): Block {
    this.#poison?.prepare(slot);
    return this.#wrap(home, slot, stack);
  }

  #wrap(home: Home, slot: number, stack?: string): Block {
    const generation = generationOf(this.heap.records.stateOf(slot));
    return this.#watch === undefined ? new ArenaBlock(home, slot, generation) : this.#watch.wrap(home, slot, generation, stack);
  }

  #releasePoisoned(poison: Poison, slot: number, generation: number): boolean {
    const { records } = this.heap;
    if (records.stateOf(slot) !== liveState(generation)) return false;
    const intact = poison.isIntact(slot);
    if (!this.heap.end(slot, generation)) return false;
    const [offset, byteLength] = [records.offsetBytesOf(slot), records.byteLengthOf(slot) - this.canaryBytes];
    poison.admit(slot);
    // Whoever waits, in whichever thread.
    if (records.words[WAITING] !== 0) poison.release();
    if (this.#waiting.size > 0) this.#waiting.serve();
    if (!intact) throw overflow(this.name, offset, byteLength, this.#watch?.stackOf(handleOf(slot, generation)) ?? '');
    return true;
  }

  #grantedBytes(block: ArenaBlock): number {
    return this.heap.records.grantedBytesOf(slotOf(block.key));
  }

  #fallBack(bytes: number, options: AllocOptions | undefined): Block | undefined {
    if ((options?.onExhausted ?? this.#settings.onExhausted) !== 'buffer') return undefined;
    let block: FallbackBlock;
    try {
      block = new FallbackBlock(this.name, bytes);
    } catch {
      return undefined; // There is no memory outside either.
    }
    noteExhaustion(this.heap, this.name, bytes, 1);
    this.heap.count(FALLBACKS, 1);
    return block;
  }

  #refuse(bytes: number, align: number): never {
    throw exhausted(this.name, noteExhaustion(this.heap, this.name, bytes, align), this.heap.growFailure);
  }

  /** The arena may have been closed in another thread meanwhile. */
  #purgeIfOpen(): void {
    if (this.isClosed) return;
    if (this.heap.counters.movedBytes === this.#movedBytes) this.#awaitPurge();
    else this.purge();
  }

  /** As long as something is live, it may be freed to where only a look finds it. */
  #awaitPurge(): void {
    this.#purgeTimer?.stop();
    if (this.heap.counters.liveBytes > 0) this.#purgeTimer?.start();
  }

  #adviseHuge(): void {
    const { memory } = this.heap;
    this.#native?.adviseHuge(new Uint8Array(memory, 0, memory.byteLength));
  }

  #onCollected(leak: Leak, slot: number, generation: number): void {
    if (this.isClosed) return;
    this.heap.count(COLLECTED, 1);
    blockCollected(this.name, leak);
    try {
      this.release(slot, generation);
    } catch (error) {
      overflowUnheard(error);
    }
  }

  #leave(records: Records): void {
    this.heap.catchUp();
    this.#poison?.release();
    if (!this.#isCreator) return this.heap.leave();
    records.words[CLOSED] = 1;
    this.heap.reset();
    this.heap.purgeFree();
  }

  #reportLeaks(): void {
    for (const leak of this.leaks()) blockLeaked(this.name, leak);
  }
}
