//! What is known of each block, in one vector; a block is known by its slot there.

use std::ops::{Index, IndexMut};

/// Slot 0 is no block: it ends every list, and closes the ring of neighbours as one that is never free.
pub(crate) const END: u32 = 0;

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum State {
    Vacant,
    Used,
    Free,
}

#[derive(Clone, Copy)]
pub(crate) struct Record {
    pub offset: u32,
    pub size: u32,
    /// Neighbours in the region.
    pub previous: u32,
    pub next: u32,
    /// Neighbours in the free list; of vacant records, `next_free` alone.
    pub previous_free: u32,
    pub next_free: u32,
    pub state: State,
}

const RING: Record =
    Record { offset: 0, size: 0, previous: END, next: END, previous_free: END, next_free: END, state: State::Used };

pub(crate) struct Records {
    records: Vec<Record>,
    /// First of the vacant ones.
    vacant: u32,
}

impl Records {
    pub fn new() -> Self {
        Self { records: vec![RING], vacant: END }
    }

    pub fn clear(&mut self) {
        self.records.truncate(1);
        self.records[0] = RING;
        self.vacant = END;
    }

    /// The record of a block in use; `None` for any other number.
    pub fn used(&self, slot: u32) -> Option<&Record> {
        self.records.get(slot as usize).filter(|record| slot != END && record.state == State::Used)
    }

    /// A new block between two neighbours; in use, until it is linked into a free list.
    pub fn insert(&mut self, offset: u32, size: u32, previous: u32, next: u32) -> u32 {
        let record = Record { offset, size, previous, next, previous_free: END, next_free: END, state: State::Used };
        let slot = if self.vacant == END {
            self.records.push(record);
            u32::try_from(self.records.len() - 1).expect("a region has fewer than 2^32 granules")
        } else {
            let slot = self.vacant;
            self.vacant = self[slot].next_free;
            self[slot] = record;
            slot
        };
        self[previous].next = slot;
        self[next].previous = slot;
        slot
    }

    /// Adds `next` to `slot` before it; neither is in a free list.
    pub fn join(&mut self, slot: u32, next: u32) {
        let Record { size, next: after, .. } = self[next];
        self[slot].size += size;
        self[slot].next = after;
        self[after].previous = slot;
        self[next].state = State::Vacant;
        self[next].next_free = self.vacant;
        self.vacant = next;
    }
}

impl Index<u32> for Records {
    type Output = Record;
    fn index(&self, slot: u32) -> &Record {
        &self.records[slot as usize]
    }
}

impl IndexMut<u32> for Records {
    fn index_mut(&mut self, slot: u32) -> &mut Record {
        &mut self.records[slot as usize]
    }
}
