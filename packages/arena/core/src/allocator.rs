//! TLSF, two-level segregated fit, with immediate coalescing, over offsets.
//!
//! Source: M. Masmano, I. Ripoll, A. Crespo and J. Real, "TLSF: a new dynamic memory allocator for real-time systems",
//! 2004. For reading beside it: github.com/mattconte/tlsf. Unlike those, the records of blocks live apart from the
//! memory: whatever a user writes there cannot break the allocator, and memory that is free is never touched.
//!
//! How it works:
//! - Free blocks are kept in lists by size class, two bitmaps tell which lists hold a block. `allocate` rounds the size
//!   up to the next class, so that any block of any list from there on fits, finds the first such list with two bit
//!   scans, takes its head and gives the rest of the block back to the lists.
//! - All blocks, free or not, know their neighbours in the region. `free` makes a block one with those neighbours that
//!   are free, at once; two free blocks never lie side by side.
//!
//! Bounds:
//! - `allocate` and `free` take constant time: no more than three list operations, whatever is allocated. The one
//!   exception: when no list is sure to fit, the lists that *may* fit are read through before the caller has to grow
//!   the region or to fail. So `None` means that no free block can hold the request.
//! - A block is larger than asked for by less than a granule. Good fit takes a block from the next class where best fit
//!   would take a closer one, which costs less than 1/32 of a block (`size_class.rs`); J. M. Robson's bound of external
//!   fragmentation, about log2(largest/smallest)/2 times the live bytes, holds as for any allocator that cannot move.

use crate::free_list::FreeLists;
use crate::records::{END, Records, State};
use crate::size_class::{MAX_CAPACITY, class_fitting, class_of};
use std::ops::Range;

/// A block that was allocated. Its slot names it until it is freed; then another may get it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Block {
    /// An index above 0, low as a rule.
    pub slot: u32,
    /// In granules.
    pub offset: u32,
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

/// The slot given is not that of a block in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NotInUse(pub u32);

/// A region of more than [`MAX_CAPACITY`] granules was asked for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooLarge(pub u32);

/// Divides a region of `capacity` granules into blocks.
pub struct Allocator {
    records: Records,
    free: FreeLists,
    capacity: u32,
}

impl Allocator {
    /// An allocator of one free block.
    pub fn new(capacity: u32) -> Result<Self, TooLarge> {
        let mut allocator = Self { records: Records::new(), free: FreeLists::new(), capacity: 0 };
        allocator.grow(capacity)?;
        Ok(allocator)
    }

    /// A block of `size` granules whose offset is a multiple of `align`, a power of two. `None` if no free block can
    /// hold it, or if there is no such size or alignment.
    pub fn allocate(&mut self, size: u32, align: u32) -> Option<Block> {
        if size == 0 || size > self.capacity || !align.is_power_of_two() || align > MAX_CAPACITY {
            return None;
        }
        let slot = self.find(size, align)?;
        self.free.unlink(&mut self.records, slot);
        let front = padding(self.records[slot].offset, align);
        if front > 0 {
            self.split_front(slot, front);
        }
        if self.records[slot].size > size {
            self.split_back(slot, size);
        }
        Some(Block { slot, offset: self.records[slot].offset })
    }

    /// Frees a block, making it one with free neighbours.
    pub fn free(&mut self, slot: u32) -> Result<(), NotInUse> {
        self.records.used(slot).ok_or(NotInUse(slot))?;
        self.coalesce_and_link(slot);
        Ok(())
    }

    /// Adds the granules up to `capacity`, as free ones; does nothing if there are as many.
    pub fn grow(&mut self, capacity: u32) -> Result<(), TooLarge> {
        if capacity > MAX_CAPACITY {
            return Err(TooLarge(capacity));
        }
        if capacity > self.capacity {
            let last = self.records[END].previous;
            let slot = self.records.insert(self.capacity, capacity - self.capacity, last, END);
            self.capacity = capacity;
            self.coalesce_and_link(slot);
        }
        Ok(())
    }

    /// Makes the whole region one free block again.
    pub fn reset(&mut self) {
        let capacity = self.capacity;
        self.records.clear();
        self.free = FreeLists::new();
        self.capacity = 0;
        self.grow(capacity).expect("it was no larger before");
    }

    /// What is free; takes time in proportion to the blocks of the largest class.
    pub fn survey(&self) -> Survey {
        Survey {
            free_size: self.free.free_size,
            free_blocks: self.free.free_blocks,
            largest_size: self.free.largest(&self.records),
        }
    }

    /// Where the free blocks lie, in granules, the smallest class first.
    pub fn free_spans(&self) -> impl Iterator<Item = Range<u32>> + '_ {
        let classes = std::iter::successors(self.free.class_from(0), |&class| self.free.class_from(class + 1));
        classes.flat_map(|class| self.free.blocks(&self.records, class)).map(|slot| {
            let record = self.records[slot];
            record.offset..record.offset + record.size
        })
    }

    fn find(&self, size: u32, align: u32) -> Option<u32> {
        let fitting = class_fitting(size + align - 1);
        if let Some(class) = self.free.class_from(fitting) {
            return self.free.blocks(&self.records, class).next();
        }
        // No list is sure to fit. Before more memory is taken, those that may fit are searched block by block.
        let classes =
            std::iter::successors(self.free.class_from(class_of(size)), |&class| self.free.class_from(class + 1));
        classes.flat_map(|class| self.free.blocks(&self.records, class)).find(|&slot| {
            let record = self.records[slot];
            padding(record.offset, align) + size <= record.size
        })
    }

    /// Cuts `front` granules off an unlinked block's beginning. Its predecessor is in use, or they would be one block.
    fn split_front(&mut self, slot: u32, front: u32) {
        let record = self.records[slot];
        let cut = self.records.insert(record.offset, front, record.previous, slot);
        self.free.link(&mut self.records, cut);
        self.records[slot].offset += front;
        self.records[slot].size -= front;
    }

    /// Cuts off what an unlinked block has beyond `size`.
    fn split_back(&mut self, slot: u32, size: u32) {
        let record = self.records[slot];
        self.records[slot].size = size;
        let rest = self.records.insert(record.offset + size, record.size - size, slot, record.next);
        self.free.link(&mut self.records, rest);
    }

    fn coalesce_and_link(&mut self, slot: u32) {
        let next = self.records[slot].next;
        if self.records[next].state == State::Free {
            self.free.unlink(&mut self.records, next);
            self.records.join(slot, next);
        }
        let previous = self.records[slot].previous;
        let whole = if self.records[previous].state == State::Free {
            self.free.unlink(&mut self.records, previous);
            self.records.join(previous, slot);
            previous
        } else {
            slot
        };
        self.free.link(&mut self.records, whole);
    }
}

fn padding(offset: u32, align: u32) -> u32 {
    offset.wrapping_neg() & (align - 1)
}
