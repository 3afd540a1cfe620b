import { ArenaBlock, type Block, type Home, type ViewConstructor } from '../block.js';
import { liveState } from '../records/records.js';
import { handleOf, type BlockHandle, type BlockToken } from '../token.js';

/** Of the 'sample' level: one block in so many keeps its stacks. */
const SAMPLE_EVERY = 128;
const USES_KEPT = 4;

/** A watched block that was not freed. */
export interface Leak {
  readonly offset: number;
  readonly byteLength: number;
  /** Where it was allocated. */
  readonly stack: string;
  /** Where it was used last, the latest first, at most 4. */
  readonly lastUses: readonly string[];
}

/** What is kept of a watched block; not the block itself, so that it can be collected. */
interface Sighting {
  readonly slot: number;
  readonly generation: number;
  readonly leak: Leak & { readonly lastUses: string[] };
}

/** Keeps the stacks of blocks, all or a sample, and notices when one is collected that was not freed. */
export class Watch {
  readonly #every: number;
  #turn = 0;
  readonly #sightings = new Map<BlockHandle, Sighting>();
  readonly #collected: FinalizationRegistry<Sighting>;
  readonly #stateOf: (slot: number) => number;

  /** @param onCollected is told of a block that nobody can free any more, since nothing in this thread refers to it */
  constructor(level: 'sample' | 'paranoid', stateOf: (slot: number) => number, onCollected: (leak: Leak, slot: number, generation: number) => void) {
    this.#every = level === 'sample' ? SAMPLE_EVERY : 1;
    this.#stateOf = stateOf;
    this.#collected = new FinalizationRegistry((sighting) => {
      const { slot, generation, leak } = sighting;
      if (this.#stateOf(slot) === liveState(generation)) onCollected(leak, slot, generation);
      const handle = handleOf(slot, generation);
      if (this.#sightings.get(handle) === sighting) this.#sightings.delete(handle);
    });
  }

  /**
   * The block of a slot just allocated, watched or not.
   * @param stack of who asked for it, where that is not who calls now
   */
  wrap(home: Home, slot: number, generation: number, stack?: string): ArenaBlock {
    this.#turn = (this.#turn + 1) % this.#every;
    if (this.#turn !== 0) return new ArenaBlock(home, slot, generation);
    const lastUses: string[] = [];
    const block = new WatchedBlock(home, slot, generation, lastUses, () => this.#forget(block));
    const sighting = { slot, generation, leak: { offset: block.offset, byteLength: block.byteLength, stack: stack ?? stackHere(), lastUses } };
    this.#sightings.set(block.key, sighting);
    this.#collected.register(block, sighting, block);
    return block;
  }

  /** Where a block was allocated, for messages. */
  stackOf(handle: BlockHandle): string {
    const stack = this.#sightings.get(handle)?.leak.stack;
    return stack === undefined ? ' where nobody watched' : `\n${stack}`;
  }

  /** The watched blocks that are live. */
  leaks(): Leak[] {
    const leaks: Leak[] = [];
    for (const [handle, { slot, generation, leak }] of this.#sightings)
      if (this.#stateOf(slot) === liveState(generation)) leaks.push(leak);
      else this.#sightings.delete(handle);
    return leaks;
  }

  #forget(block: ArenaBlock): void {
    this.#sightings.delete(block.key);
    this.#collected.unregister(block);
  }
}

/** Views hold their block, so that it is not collected while one of them is in use. A `subarray` of a view does not. */
const blockOf = new WeakMap<object, Block>();

class WatchedBlock extends ArenaBlock {
  readonly #uses: string[];
  readonly #forget: () => void;

  constructor(home: Home, slot: number, generation: number, uses: string[], forget: () => void) {
    super(home, slot, generation);
    this.#uses = uses;
    this.#forget = forget;
  }

  override get u8(): Uint8Array<SharedArrayBuffer> {
    return this.#used(super.u8);
  }

  override get buffer(): Buffer<SharedArrayBuffer> {
    return this.#used(super.buffer);
  }

  override view<View>(type: ViewConstructor<View>): View {
    return this.#used(super.view(type));
  }

  /** Others may know of the block now, so that its end here says nothing. */
  override get token(): BlockToken {
    const token = super.token;
    this.#forget();
    return token;
  }

  override get handle(): BlockHandle {
    const handle = super.handle;
    this.#forget();
    return handle;
  }

  override transfer(): BlockToken {
    const token = super.transfer();
    this.#forget();
    return token;
  }

  override free(): void {
    try {
      super.free();
    } finally {
      if (!this.isLive) this.#forget();
    }
  }

  #used<View>(view: View): View {
    if (this.#uses.unshift(stackHere()) > USES_KEPT) this.#uses.pop();
    if (typeof view === 'object' && view !== null) blockOf.set(view, this);
    return view;
  }
}

/** Where this package's files lie, as stacks name them; '' where they were bundled into another. */
const OWN_FOLDER = /(?:\(|at )([^()]*)debug[\\/]watch\.(?:js|cjs|ts):/.exec(stackOfHere())?.[1] ?? '';

/** The stack of whoever called this package. */
export function stackHere(): string {
  const lines = stackOfHere().split('\n').slice(1);
  const theirs = OWN_FOLDER === '' ? 0 : lines.findIndex((line) => !line.includes(OWN_FOLDER));
  return lines.slice(Math.max(0, theirs)).join('\n');
}

function stackOfHere(): string {
  const { stack } = new Error('here');
  return typeof stack === 'string' ? stack : ''; // Who prepares stacks may make anything of them.
}
