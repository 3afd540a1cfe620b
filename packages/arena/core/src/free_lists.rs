//! TLSF, two-level segregated fit, with immediate coalescing, over offsets.
//!
//! Source: M. Masmano, I. Ripoll, A. Crespo and J. Real, "TLSF: a new dynamic memory allocator for real-time systems",
//! 2004. For reading beside it: github.com/mattconte/tlsf. Unlike those, the records of blocks live apart from the
//! memory: whatever a user writes there cannot break the allocator, and memory that is free is never touched. And of the
//! list that is found, the smallest of the first 16 blocks that fit is taken instead of the first: nearly a best fit.
//!
//! How it works:
//! - Free blocks are kept in lists by size class, two bitmaps tell which lists hold a block. `take` looks at the list of the
//!   request's own class, then at the first list all of whose blocks fit, which two bit scans find; it takes the best of up
//!   to 16 blocks there and gives the rest of the block back to the lists.
//! - All blocks, free or not, know their neighbours in the region. `give` makes a block one with those neighbours that
//!   are free, at once; two free blocks never lie side by side.
//!
//! Bounds:
//! - `take` and `give` take constant time: three list operations and 32 looks at most. The one exception: when no list is
//!   sure to fit, the lists that *may* fit are read through before the caller has to grow the region or to fail. So END
//!   means that no free block can hold the request. With `exhaustive`, best fit, lists are always read through.
//! - A block is larger than asked for by less than a granule. Good fit takes a block from the next class where best fit
//!   would take a closer one, which costs less than 1/32 of a block (`size_class.rs`); `nx bench arena --only=footprint`
//!   shows both. J. M. Robson's bound of external fragmentation, about log2(largest/smallest)/2 times the live bytes, holds
//!   as for any allocator that cannot move.

use crate::layout::{
    CAPACITY, END, FIRST_LEVEL_MAP, FIRST_VACANT, FREE, FREE_BLOCKS, FREE_SIZE, HEADS, LINK, NEXT, OFFSET, OWNER,
    PREVIOUS, PREVIOUS_FREE, RECORD_COUNT, SECOND_LEVEL_MAPS, SIZE, VACANT,
};
use crate::size_class::{EXACT, FIRST_LEVEL, MAX_CAPACITY, SECOND_LEVEL, class_fitting, class_of};
use crate::words::Words;
use std::iter::successors;

/// Blocks of one list that a good fit looks at.
const LOOKS: usize = 16;

/// The lists, for as long as the lock is held.
#[derive(Clone, Copy)]
pub(crate) struct FreeLists<'a> {
    pub words: Words<'a>,
    /// Whether a search looks at all blocks of a list: best fit.
    pub exhaustive: bool,
}

impl FreeLists<'_> {
    /// A block of `size` granules whose offset is a multiple of `align`, in no list; END if no free block can hold it.
    pub fn take(self, size: u32, align: u32) -> u32 {
        let Some(slot) = self.find(size, align) else { return END };
        self.unlink(slot);
        let front = padding(self.words.get(slot, OFFSET), align);
        if front > 0 {
            self.split_front(slot, front);
        }
        if self.words.get(slot, SIZE) > size {
            self.split_back(slot, size);
        }
        slot
    }

    /// Frees a block, making it one with free neighbours.
    pub fn give(self, slot: u32) {
        self.link(self.coalesce(slot));
    }

    /// Adds the granules up to `capacity`, as free ones; does nothing if there are as many.
    pub fn grow(self, capacity: u32) {
        let known = self.words.read(CAPACITY);
        if capacity > known {
            let slot = self.insert(known, capacity - known, self.words.get(END, PREVIOUS), END);
            self.words.write(CAPACITY, capacity);
            self.give(slot);
        }
    }

    /// Forgets all blocks: the region is without records, as before the first `grow`.
    pub fn clear(self) {
        for index in 0..FIRST_LEVEL {
            self.words.write(SECOND_LEVEL_MAPS + index, 0);
        }
        for index in 0..FIRST_LEVEL * SECOND_LEVEL {
            self.words.write(HEADS + index, END);
        }
        for index in [FIRST_LEVEL_MAP, FREE_SIZE, FREE_BLOCKS, CAPACITY] {
            self.words.write(index, 0);
        }
        self.words.write(FIRST_VACANT, END);
        self.words.set(END, PREVIOUS, END);
        self.words.set(END, NEXT, END);
    }

    /// The slots of all free blocks, the smallest class first.
    pub fn slots(self) -> impl Iterator<Item = u32> {
        self.lists_from(0).flat_map(move |list| self.blocks(list))
    }

    /// The size of the largest block, 0 if there is none; reads the largest class through.
    pub fn largest_size(self) -> u32 {
        let Some(first) = self.words.read(FIRST_LEVEL_MAP).checked_ilog2() else { return 0 };
        let list = first * SECOND_LEVEL + self.words.read(SECOND_LEVEL_MAPS + first).ilog2();
        self.blocks(list).map(|slot| self.words.get(slot, SIZE)).max().unwrap_or(0)
    }

    fn find(self, size: u32, align: u32) -> Option<u32> {
        if size == 0 || !align.is_power_of_two() || align > MAX_CAPACITY || size > self.words.read(CAPACITY) {
            return None;
        }
        let looks = if self.exhaustive { usize::MAX } else { LOOKS };
        let near = class_of(size);
        // Below, the blocks of a class are of one size, and whichever is first is the best.
        let own =
            if size >= EXACT || align > 1 || self.exhaustive { self.best_of(near, size, align, looks) } else { None };
        own.or_else(|| {
            let list = self.list_from(if self.exhaustive { near + 1 } else { class_fitting(size + align - 1) })?;
            self.best_of(list, size, align, looks)
        })
        .or_else(|| {
            // No list is sure to fit. Before more memory is taken, those that may fit are searched block by block.
            self.lists_from(near).find_map(|list| self.best_of(list, size, align, usize::MAX))
        })
    }

    /// Of the first `looks` blocks of a list the smallest that can hold the request.
    fn best_of(self, list: u32, size: u32, align: u32, looks: usize) -> Option<u32> {
        let mut best = None;
        let mut best_size = u32::MAX;
        for slot in self.blocks(list).take(looks) {
            let block_size = self.words.get(slot, SIZE);
            if block_size < best_size && padding(self.words.get(slot, OFFSET), align) + size <= block_size {
                best = Some(slot);
                best_size = block_size;
                if block_size == size {
                    break;
                }
            }
        }
        best
    }

    /// The blocks of one list, the last freed first.
    fn blocks(self, list: u32) -> impl Iterator<Item = u32> {
        successors(Some(self.words.read(HEADS + list)), move |&slot| Some(self.words.get(slot, LINK)))
            .take_while(|&slot| slot != END)
    }

    fn lists_from(self, list: u32) -> impl Iterator<Item = u32> {
        successors(self.list_from(list), move |&list| self.list_from(list + 1))
    }

    /// The first list from `list` on that holds a block.
    fn list_from(self, list: u32) -> Option<u32> {
        let first = list / SECOND_LEVEL;
        if first >= FIRST_LEVEL {
            return None;
        }
        let second = self.words.read(SECOND_LEVEL_MAPS + first) & (u32::MAX << (list % SECOND_LEVEL));
        if second != 0 {
            return Some(first * SECOND_LEVEL + second.trailing_zeros());
        }
        let larger = self.words.read(FIRST_LEVEL_MAP) & (u32::MAX << 1 << first);
        if larger == 0 {
            return None;
        }
        let first = larger.trailing_zeros();
        Some(first * SECOND_LEVEL + self.words.read(SECOND_LEVEL_MAPS + first).trailing_zeros())
    }

    /// Cuts `front` granules off an unlinked block's beginning. Its predecessor is in use, or they would be one block.
    fn split_front(self, slot: u32, front: u32) {
        let offset = self.words.get(slot, OFFSET);
        self.link(self.insert(offset, front, self.words.get(slot, PREVIOUS), slot));
        self.words.set(slot, OFFSET, offset + front);
        self.words.set(slot, SIZE, self.words.get(slot, SIZE) - front);
    }

    /// Cuts off what an unlinked block has beyond `size`.
    fn split_back(self, slot: u32, size: u32) {
        let rest = self.words.get(slot, SIZE) - size;
        self.words.set(slot, SIZE, size);
        self.link(self.insert(self.words.get(slot, OFFSET) + size, rest, slot, self.words.get(slot, NEXT)));
    }

    /// Makes an unlinked block one with its free neighbours; gives the block that holds them all.
    fn coalesce(self, slot: u32) -> u32 {
        let next = self.words.get(slot, NEXT);
        if self.words.get(next, OWNER) == FREE {
            self.unlink(next);
            self.join(slot, next);
        }
        let previous = self.words.get(slot, PREVIOUS);
        if self.words.get(previous, OWNER) != FREE {
            return slot;
        }
        self.unlink(previous);
        self.join(previous, slot);
        previous
    }

    /// Adds unlinked `next` to unlinked `slot` before it.
    fn join(self, slot: u32, next: u32) {
        let after = self.words.get(next, NEXT);
        self.words.set(slot, SIZE, self.words.get(slot, SIZE) + self.words.get(next, SIZE));
        self.words.set(slot, NEXT, after);
        self.words.set(after, PREVIOUS, slot);
        self.words.set(next, OWNER, VACANT);
        self.words.set(next, LINK, self.words.read(FIRST_VACANT));
        self.words.write(FIRST_VACANT, next);
    }

    /// Puts a block at the head of its free list: what was freed last is the likeliest to be cached still.
    fn link(self, slot: u32) {
        let size = self.words.get(slot, SIZE);
        let list = class_of(size);
        let head = self.words.read(HEADS + list);
        self.words.set(slot, PREVIOUS_FREE, END);
        self.words.set(slot, LINK, head);
        self.words.set(slot, OWNER, FREE);
        if head == END {
            let (first, second) = (list / SECOND_LEVEL, list % SECOND_LEVEL);
            self.words.write(FIRST_LEVEL_MAP, self.words.read(FIRST_LEVEL_MAP) | 1 << first);
            self.words.write(SECOND_LEVEL_MAPS + first, self.words.read(SECOND_LEVEL_MAPS + first) | 1 << second);
        } else {
            self.words.set(head, PREVIOUS_FREE, slot);
        }
        self.words.write(HEADS + list, slot);
        self.words.write(FREE_SIZE, self.words.read(FREE_SIZE) + size);
        self.words.write(FREE_BLOCKS, self.words.read(FREE_BLOCKS) + 1);
    }

    fn unlink(self, slot: u32) {
        let size = self.words.get(slot, SIZE);
        let list = class_of(size);
        let (previous, next) = (self.words.get(slot, PREVIOUS_FREE), self.words.get(slot, LINK));
        if next != END {
            self.words.set(next, PREVIOUS_FREE, previous);
        }
        if previous != END {
            self.words.set(previous, LINK, next);
        } else {
            self.words.write(HEADS + list, next);
            if next == END {
                self.clear_bit(list);
            }
        }
        self.words.set(slot, OWNER, VACANT);
        self.words.write(FREE_SIZE, self.words.read(FREE_SIZE) - size);
        self.words.write(FREE_BLOCKS, self.words.read(FREE_BLOCKS) - 1);
    }

    fn clear_bit(self, list: u32) {
        let (first, second) = (list / SECOND_LEVEL, list % SECOND_LEVEL);
        let map = self.words.read(SECOND_LEVEL_MAPS + first) & !(1 << second);
        self.words.write(SECOND_LEVEL_MAPS + first, map);
        if map == 0 {
            self.words.write(FIRST_LEVEL_MAP, self.words.read(FIRST_LEVEL_MAP) & !(1 << first));
        }
    }

    /// A record for a new block between two neighbours; its generation goes on from the last block that had it.
    fn insert(self, offset: u32, size: u32, previous: u32, next: u32) -> u32 {
        let mut slot = self.words.read(FIRST_VACANT);
        if slot == END {
            slot = self.words.read(RECORD_COUNT);
            self.words.write(RECORD_COUNT, slot + 1);
        } else {
            self.words.write(FIRST_VACANT, self.words.get(slot, LINK));
        }
        self.words.set(slot, OFFSET, offset);
        self.words.set(slot, SIZE, size);
        self.words.set(slot, PREVIOUS, previous);
        self.words.set(slot, NEXT, next);
        self.words.set(previous, NEXT, slot);
        self.words.set(next, PREVIOUS, slot);
        slot
    }
}

fn padding(offset: u32, align: u32) -> u32 {
    offset.wrapping_neg() & (align - 1)
}
