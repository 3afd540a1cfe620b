//! What all threads of an arena share: the region divided into blocks, under one lock, asked for several at a time.

use crate::free_lists::FreeLists;
use crate::layout::{
    CAPACITY, DEAD, DEPOT_CELLS, DEPOT_END, EPOCH, ESCAPED, EXCHANGE_SLOTS, FIRST_SLOT, FREE, FREE_BLOCKS, FREE_SIZE,
    GENERATION_MASK, KIND_MASK, LAYOUT, LAYOUT_VERSION, LENGTH, LOCK, NOTICES, OFFSET, OWNER, OWNER_MASK,
    RECORD_CAPACITY, RECORD_COUNT, SIZE, STATE, USED_BLOCKS, exchange_of,
};
use crate::lock::{Held, acquire};
use crate::size_class::MAX_CAPACITY;
use crate::sync::{AtomicU32, Ordering::Relaxed};
use crate::words::Words;
use std::ops::Range;

/// A cut needs a record before a block and one behind it.
const SPARE_RECORDS: u32 = 2;

/// The central allocator of an arena as one thread uses it: over records shared by all, by the exchange of its row.
#[derive(Clone, Copy)]
pub struct Central<'a> {
    words: Words<'a>,
    row: u32,
    exhaustive: bool,
}

/// Why nothing was done.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// Another thread holds the lock, or died with it.
    Busy,
    /// The slot given is not that of a block handed out.
    NotInUse(u32),
    /// A region of more than [`MAX_CAPACITY`] granules was asked for.
    TooLarge(u32),
}

/// What is free, in granules.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Survey {
    /// In all free blocks.
    pub free_size: u32,
    /// How many there are.
    pub free_blocks: u32,
    /// In the largest of them.
    pub largest_size: u32,
}

/// What was live of that which ended threads left behind.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Reclaimed {
    /// How many blocks.
    pub live_blocks: u32,
    /// What was asked for.
    pub live_bytes: u64,
}

/// Number of words that records with room for `records` blocks have.
#[must_use]
pub fn words_for(records: u32) -> usize {
    ((FIRST_SLOT + records) as usize) << 3
}

/// Makes zeroed words the records of an arena without a granule; JavaScript does so in `src/records/records.ts`.
pub fn format(words: &[AtomicU32]) {
    let words = Words(words);
    words.write(LAYOUT, LAYOUT_VERSION);
    words.write(RECORD_COUNT, FIRST_SLOT);
    words.write(RECORD_CAPACITY, words.records());
    words.write(OWNER, OWNER_MASK); // Record 0 is never free.
}

/// How many of the words that follow are records by now: a thread that adds some says so last.
#[must_use]
pub fn capacity_of(words: &[AtomicU32]) -> usize {
    (words[RECORD_CAPACITY as usize].load(crate::sync::Ordering::Acquire) as usize) << 3
}

impl<'a> Central<'a> {
    /// Of words that `format` or JavaScript made records; `row` is the caller's own, not 0.
    #[must_use]
    pub fn new(words: &'a [AtomicU32], row: u32, exhaustive: bool) -> Self {
        Self { words: Words(words), row, exhaustive }
    }

    /// Allocates up to `count` blocks of `size` granules aligned to `align`, notes `owner` in their records and writes
    /// their slots into the exchange. Fewer than `count` only if no free block can hold another, or if records ran out.
    pub fn allocate(&self, size: u32, align: u32, count: u32, owner: u32) -> Result<u32, Refusal> {
        let (lists, _held) = self.lock()?;
        for done in 0..count.min(EXCHANGE_SLOTS) {
            let spare = self.words.read(RECORD_COUNT) + SPARE_RECORDS <= self.words.records();
            let slot = if spare { lists.take(size, align) } else { 0 };
            if slot == 0 {
                return Ok(done);
            }
            self.words.set(slot, OWNER, owner);
            self.count_used(1);
            self.exchange(done).store(slot, Relaxed);
        }
        Ok(count.min(EXCHANGE_SLOTS))
    }

    /// Frees the first `count` slots of the exchange.
    pub fn free(&self, count: u32) -> Result<(), Refusal> {
        let (lists, _held) = self.lock()?;
        for index in 0..count.min(EXCHANGE_SLOTS) {
            let slot = self.exchange(index).load(Relaxed);
            if !(FIRST_SLOT..self.words.read(RECORD_COUNT)).contains(&slot) || self.owner(slot) <= FREE {
                return Err(Refusal::NotInUse(slot));
            }
            lists.give(slot);
            self.count_used(-1);
        }
        Ok(())
    }

    /// Adds the granules up to `capacity`, as free ones; does nothing if there are as many.
    pub fn grow(&self, capacity: u32) -> Result<(), Refusal> {
        if capacity > MAX_CAPACITY {
            return Err(Refusal::TooLarge(capacity));
        }
        let (lists, _held) = self.lock()?;
        lists.grow(capacity);
        Ok(())
    }

    /// Ends all blocks and makes the whole region one free block again.
    pub fn reset(&self) -> Result<(), Refusal> {
        let (lists, _held) = self.lock()?;
        let capacity = self.words.read(CAPACITY);
        for slot in FIRST_SLOT..self.words.read(RECORD_COUNT) {
            self.end(slot);
        }
        for cell in DEPOT_CELLS..DEPOT_END {
            self.words.write(cell, 0);
        }
        lists.clear();
        self.words.write(RECORD_COUNT, FIRST_SLOT);
        self.words.write(USED_BLOCKS, 0);
        lists.grow(capacity);
        for counter in [EPOCH, NOTICES] {
            self.words.atomic(counter).fetch_add(1, crate::sync::Ordering::SeqCst);
        }
        Ok(())
    }

    /// What is free; takes time in proportion to the blocks of the largest class.
    pub fn survey(&self) -> Result<Survey, Refusal> {
        let (lists, _held) = self.lock()?;
        Ok(Survey {
            free_size: self.words.read(FREE_SIZE),
            free_blocks: self.words.read(FREE_BLOCKS),
            largest_size: lists.largest_size(),
        })
    }

    /// Frees all blocks of owners for whom `is_lost`, but for live ones that others may know of.
    pub fn reclaim(&self, is_lost: impl Fn(u32) -> bool) -> Result<Reclaimed, Refusal> {
        let (lists, _held) = self.lock()?;
        let mut reclaimed = Reclaimed::default();
        for slot in FIRST_SLOT..self.words.read(RECORD_COUNT) {
            if !is_lost(self.owner(slot)) {
                continue;
            }
            if self.words.get(slot, STATE) & KIND_MASK != DEAD {
                if self.words.get(slot, OWNER) & ESCAPED != 0 {
                    continue;
                }
                reclaimed.live_blocks += 1;
                reclaimed.live_bytes += u64::from(self.words.get(slot, LENGTH)) + 1;
                self.end(slot);
            }
            lists.give(slot);
            self.count_used(-1);
        }
        Ok(reclaimed)
    }

    /// Hands each free span, in granules, to `visit`, while nobody can allocate from it.
    pub fn visit_free(&self, mut visit: impl FnMut(Range<u32>)) -> Result<(), Refusal> {
        let (lists, _held) = self.lock()?;
        for slot in lists.slots() {
            let offset = self.words.get(slot, OFFSET);
            visit(offset..offset + self.words.get(slot, SIZE));
        }
        Ok(())
    }

    /// Where an allocated block lies, in granules.
    #[must_use]
    pub fn span(&self, slot: u32) -> Range<u32> {
        let offset = self.words.get(slot, OFFSET);
        offset..offset + self.words.get(slot, SIZE)
    }

    /// A word of this row's exchange: below [`EXCHANGE_SLOTS`] a slot, from there on what a call takes and gives.
    #[must_use]
    pub fn exchange(&self, index: u32) -> &'a AtomicU32 {
        self.words.atomic(exchange_of(self.row) + index)
    }

    fn lock(&self) -> Result<(FreeLists<'a>, Held<'a>), Refusal> {
        let held = acquire(self.words.atomic(LOCK), self.row).ok_or(Refusal::Busy)?;
        Ok((FreeLists { words: self.words, exhaustive: self.exhaustive }, held))
    }

    fn count_used(&self, by: i32) {
        self.words.write(USED_BLOCKS, self.words.read(USED_BLOCKS).wrapping_add_signed(by));
    }

    fn owner(&self, slot: u32) -> u32 {
        self.words.get(slot, OWNER) & OWNER_MASK
    }

    fn end(&self, slot: u32) {
        let state = self.words.get(slot, STATE);
        if state & KIND_MASK != DEAD {
            self.words.set(slot, STATE, (((state >> 2) + 1) & GENERATION_MASK) << 2);
        }
    }
}
