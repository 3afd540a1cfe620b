//! The allocator of `@fog/arena`: divides a region into blocks, over offsets, with its records apart from the memory, in
//! words that all threads share.
//!
//! `src/central/javascript-central.ts` is its twin, over the same words; a test holds the two to the same offsets.

#![forbid(unsafe_code)]

mod central;
mod free_lists;
mod layout;
mod lock;
mod size_class;
mod sync;
mod words;

pub use central::{Central, Reclaimed, Refusal, Survey, capacity_of, format, words_for};
pub use layout::{EXCHANGE_SLOTS, FIRST_SLOT, LAYOUT_VERSION};
pub use size_class::{GRANULE_BYTES, MAX_CAPACITY};
