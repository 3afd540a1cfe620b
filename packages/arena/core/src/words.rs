//! The shared records as words. Each is read and written atomically, as other threads, in JavaScript too, may look at any of
//! them; `Relaxed` is enough, since the lock's own word orders what is done under it.

use crate::layout::RECORD_LOG2;
use crate::sync::{AtomicU32, Ordering::Relaxed};

#[derive(Clone, Copy)]
pub(crate) struct Words<'a>(pub &'a [AtomicU32]);

impl<'a> Words<'a> {
    pub fn atomic(self, index: u32) -> &'a AtomicU32 {
        &self.0[index as usize]
    }

    pub fn read(self, index: u32) -> u32 {
        self.atomic(index).load(Relaxed)
    }

    pub fn write(self, index: u32, value: u32) {
        self.atomic(index).store(value, Relaxed);
    }

    pub fn get(self, slot: u32, field: u32) -> u32 {
        self.read((slot << RECORD_LOG2) + field)
    }

    pub fn set(self, slot: u32, field: u32, value: u32) {
        self.write((slot << RECORD_LOG2) + field, value);
    }

    /// Records that have words.
    pub fn records(self) -> u32 {
        u32::try_from(self.0.len() >> RECORD_LOG2).unwrap_or(u32::MAX)
    }
}
