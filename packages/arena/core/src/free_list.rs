//! The free blocks by size class, with a two-level bitmap of the lists that are not empty: link, unlink and "the first
//! list from this class on" are O(1).

use crate::records::{END, Records, State};
use crate::size_class::{FIRST_LEVEL, SECOND_LEVEL, class_of};

pub(crate) struct FreeLists {
    heads: [u32; (FIRST_LEVEL * SECOND_LEVEL) as usize],
    /// Bit i is set while `second_level_maps[i]` is not 0, whose bits tell which lists hold a block.
    first_level_map: u32,
    second_level_maps: [u32; FIRST_LEVEL as usize],
    pub free_size: u32,
    pub free_blocks: u32,
}

impl FreeLists {
    pub fn new() -> Self {
        Self {
            heads: [END; (FIRST_LEVEL * SECOND_LEVEL) as usize],
            first_level_map: 0,
            second_level_maps: [0; FIRST_LEVEL as usize],
            free_size: 0,
            free_blocks: 0,
        }
    }

    /// Puts a block at the head of its list: what was freed last is the likeliest to be cached still.
    pub fn link(&mut self, records: &mut Records, slot: u32) {
        let size = records[slot].size;
        let class = class_of(size);
        let head = self.heads[class as usize];
        let record = &mut records[slot];
        record.previous_free = END;
        record.next_free = head;
        record.state = State::Free;
        if head == END {
            self.first_level_map |= 1 << (class / SECOND_LEVEL);
            self.second_level_maps[(class / SECOND_LEVEL) as usize] |= 1 << (class % SECOND_LEVEL);
        } else {
            records[head].previous_free = slot;
        }
        self.heads[class as usize] = slot;
        self.free_size += size;
        self.free_blocks += 1;
    }

    pub fn unlink(&mut self, records: &mut Records, slot: u32) {
        let record = records[slot];
        let class = class_of(record.size);
        if record.next_free != END {
            records[record.next_free].previous_free = record.previous_free;
        }
        if record.previous_free != END {
            records[record.previous_free].next_free = record.next_free;
        } else {
            self.heads[class as usize] = record.next_free;
            if record.next_free == END {
                self.clear_bit(class);
            }
        }
        records[slot].state = State::Used;
        self.free_size -= record.size;
        self.free_blocks -= 1;
    }

    /// The first class from `class` on whose list holds a block.
    pub fn class_from(&self, class: u32) -> Option<u32> {
        let first = class / SECOND_LEVEL;
        let second = self.second_level_maps.get(first as usize)? & (u32::MAX << (class % SECOND_LEVEL));
        if second != 0 {
            return Some(first * SECOND_LEVEL + second.trailing_zeros());
        }
        let larger = self.first_level_map & (u32::MAX << 1 << first);
        if larger == 0 {
            return None;
        }
        let first = larger.trailing_zeros();
        Some(first * SECOND_LEVEL + self.second_level_maps[first as usize].trailing_zeros())
    }

    /// The blocks of one class, the last freed first.
    pub fn blocks<'a>(&'a self, records: &'a Records, class: u32) -> impl Iterator<Item = u32> + 'a {
        let head = self.heads[class as usize];
        std::iter::successors(Some(head), |&slot| Some(records[slot].next_free)).take_while(|&slot| slot != END)
    }

    /// The size of the largest block, 0 if there is none; reads the largest class through.
    pub fn largest(&self, records: &Records) -> u32 {
        let Some(first) = self.first_level_map.checked_ilog2() else { return 0 };
        let class = first * SECOND_LEVEL + self.second_level_maps[first as usize].ilog2();
        self.blocks(records, class).map(|slot| records[slot].size).max().unwrap_or(0)
    }

    fn clear_bit(&mut self, class: u32) {
        let map = &mut self.second_level_maps[(class / SECOND_LEVEL) as usize];
        *map &= !(1 << (class % SECOND_LEVEL));
        if *map == 0 {
            self.first_level_map &= !(1 << (class / SECOND_LEVEL));
        }
    }
}
