//! Where things are in the shared records; `src/records/layout.ts` explains it and has the same numbers.

pub(crate) const RECORD_LOG2: u32 = 3;

pub(crate) const STATE: u32 = 0;
pub(crate) const OWNER: u32 = 1;
pub(crate) const OFFSET: u32 = 2;
pub(crate) const SIZE: u32 = 3;
pub(crate) const LENGTH: u32 = 4;
pub(crate) const PREVIOUS_FREE: u32 = 4;
pub(crate) const PREVIOUS: u32 = 5;
pub(crate) const NEXT: u32 = 6;
pub(crate) const LINK: u32 = 7;

pub(crate) const KIND_MASK: u32 = 3;
pub(crate) const DEAD: u32 = 0;
pub(crate) const GENERATION_MASK: u32 = (1 << 26) - 1;

pub(crate) const VACANT: u32 = 0;
pub(crate) const FREE: u32 = 1;
pub(crate) const OWNER_MASK: u32 = 255;
pub(crate) const ESCAPED: u32 = 1 << 30;

pub(crate) const LAYOUT: u32 = 8;
pub(crate) const EPOCH: u32 = 9;
pub(crate) const LOCK: u32 = 11;
pub(crate) const NOTICES: u32 = 12;
pub(crate) const RECORD_COUNT: u32 = 16;
pub(crate) const RECORD_CAPACITY: u32 = 17;
pub(crate) const FIRST_VACANT: u32 = 18;
pub(crate) const CAPACITY: u32 = 19;
pub(crate) const FREE_SIZE: u32 = 20;
pub(crate) const FREE_BLOCKS: u32 = 21;
pub(crate) const FIRST_LEVEL_MAP: u32 = 22;
pub(crate) const USED_BLOCKS: u32 = 26;
pub(crate) const SECOND_LEVEL_MAPS: u32 = 32;
pub(crate) const HEADS: u32 = 64;
pub(crate) const DEPOT_CELLS: u32 = 1_024;
const ROWS_AT: u32 = 2_048;
const ROW_LOG2: u32 = 5;
const MOST_ROWS: u32 = OWNER_MASK + 1;
const EXCHANGES_AT: u32 = ROWS_AT + (MOST_ROWS << ROW_LOG2);
const EXCHANGE_WORDS: u32 = 72;
const MAGAZINES_AT: u32 = EXCHANGES_AT + MOST_ROWS * EXCHANGE_WORDS;
const MAGAZINE_WORDS: u32 = 128;

/// One crossing from JavaScript serves this many blocks.
pub const EXCHANGE_SLOTS: u32 = 64;
/// The first record of a block.
pub const FIRST_SLOT: u32 = (MAGAZINES_AT + MOST_ROWS * MAGAZINE_WORDS) >> RECORD_LOG2;
/// "fog" and the version of this layout.
pub const LAYOUT_VERSION: u32 = 0x66_6f_67_02;
pub(crate) const END: u32 = 0;
pub(crate) const DEPOT_END: u32 = ROWS_AT;

/// The first word of a row's exchange: 64 slots, then what a call takes and gives.
pub(crate) fn exchange_of(row: u32) -> u32 {
    EXCHANGES_AT + row * EXCHANGE_WORDS
}
