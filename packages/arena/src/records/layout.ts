/**
 * The records of an arena: one shared array of 32-bit words, apart from the memory, so that no write into a block can
 * break the allocator. `core/src/layout.rs` has the same numbers.
 *
 *     record 0                    END: closes the ring of neighbours and every list
 *     records 1 … FIRST_SLOT - 1  the header: lock, free lists, depot, a row for each thread
 *     from FIRST_SLOT on          one record of 8 words for each block, free or not; its number is the block's slot
 *
 * Who writes: the lock's holder, all but STATE and OWNER of blocks that are handed out; those, who allocates or frees them.
 */
export const RECORD_LOG2 = 3;

/** Generation << 2 | kind. Its change by compare-and-exchange decides who frees a block. */
export const STATE = 0;
/** Whose block it is: VACANT (no block), FREE (in a free list), DEPOT or a thread's row; the class above, ESCAPED and MAPPED on top. */
export const OWNER = 1;
/** In granules. */
export const OFFSET = 2;
/** In granules. */
export const SIZE = 3;
/** While handed out, the bytes asked for, less one. */
export const LENGTH = 4;
/** While in a free list. */
export const PREVIOUS_FREE = 4;
/** Neighbours in the region. */
export const PREVIOUS = 5;
export const NEXT = 6;
/** In a free list, in the list of vacant records, or in a batch of the depot. */
export const LINK = 7;

/** Kinds of STATE. */
export const DEAD = 0;
export const LIVE = 1;
/** Given away and not yet received: live, and nobody's. */
export const IN_TRANSIT = 2;
export const KIND_MASK = 3;
/** 2^26 generations, so that slot and generation make a number below 2^53. */
export const GENERATION_MASK: number = 2 ** 26 - 1;

/** Values of OWNER's low byte; rows of threads follow. */
export const VACANT = 0;
export const FREE = 1;
export const DEPOT = 2;
export const FIRST_ROW = 3;
export const OWNER_MASK = 255;
export const CLASS_SHIFT = 8;
export const CLASS_MASK = 1_023;
/** A token of the block was made, so that others may know of it. */
export const ESCAPED: number = 1 << 30;
/** A file lies in the block. */
export const MAPPED: number = 1 << 29;

/** Words of the header. */
export const LAYOUT = 8;
/** Grows when all blocks end at once, by reset or close: what a thread has cached is void then. */
export const EPOCH = 9;
export const CLOSED = 10;
/** 0, or the row of the thread that holds it. */
export const LOCK = 11;
/** Counts what all threads must notice at their next operation: the end of all blocks, and that memory has run short. */
export const NOTICES = 12;
/** The row that takes back blocks of ended threads just now, or 0; the depot rests meanwhile. */
export const RECLAIMING = 13;
/** One more than the last row ever in use. */
export const ROWS = 14;
/** Those who wait for memory: while there are any, what is freed is cached by nobody. */
export const WAITING = 15;
export const RECORD_COUNT = 16;
export const RECORD_CAPACITY = 17;
export const FIRST_VACANT = 18;
export const CAPACITY = 19;
export const FREE_SIZE = 20;
export const FREE_BLOCKS = 21;
export const FIRST_LEVEL_MAP = 22;
export const RESETS = 23;
/** A double: the most live bytes that were seen. */
export const PEAK_BYTES = 24;
/** Blocks handed out to threads, live and cached. */
export const USED_BLOCKS = 26;
/** Blocks with MAPPED, or a few more. */
export const MAPPED_BLOCKS = 27;
export const SECOND_LEVEL_MAPS = 32;
export const HEADS = 64;
export const DEPOT_CELLS = 1_024;
export const CELLS_PER_CLASS = 4;

/** Rows of threads: 32 words, two cache lines, each. */
export const ROWS_AT = 2_048;
export const ROW_LOG2 = 5;
export const MOST_ROWS: number = OWNER_MASK + 1;
/** Words of a row; from ROW_COUNTERS on, pairs of words hold doubles. */
/** 0, 1, or ROW_ENTERING of one that is taken and still names the thread that had it before, which may have ended. */
export const ROW_IN_USE = 0;
export const ROW_ENTERING = 2;
export const ROW_THREAD = 1;
export const ROW_STARTED = 2;
/** 1 while the thread moves a batch into or out of the depot. */
export const ROW_MOVING = 3;
/** Those of the thread who wait for memory. */
export const ROW_WAITING = 4;
export const ROW_COUNTERS = 8;

/** What goes between a thread and the central allocator: 64 slots, then numbers of a request or an answer. */
export const EXCHANGES_AT: number = ROWS_AT + (MOST_ROWS << ROW_LOG2);
export const EXCHANGE_WORDS = 72;

/** How full each thread's magazines are, by class. */
export const MAGAZINES_AT: number = EXCHANGES_AT + MOST_ROWS * EXCHANGE_WORDS;
export const MAGAZINE_WORDS = 128;

export const FIRST_SLOT: number = (MAGAZINES_AT + MOST_ROWS * MAGAZINE_WORDS) >> RECORD_LOG2;
/** So that slots fit beside generations; a table of them has 4 GiB, the most that Node 20 shares in one buffer. */
export const MOST_RECORDS: number = 2 ** 27;
/** "fog" and the version of this layout: records of another version of this package are refused. */
export const LAYOUT_VERSION = 0x66_6f_67_02;
export const END = 0;
