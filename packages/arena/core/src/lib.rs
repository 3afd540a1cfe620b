//! The allocator of `@fog/arena`: divides a region into blocks, over offsets, with its records apart from the memory.
//!
//! `src/javascript-allocator.ts` is its twin; a test holds the two to the same offsets for the same requests.

#![deny(unsafe_code)]

mod allocator;
mod free_list;
mod records;
#[allow(unsafe_code, reason = "the one module that touches memory")]
mod region;
mod size_class;

pub use allocator::{Allocator, Block, NotInUse, Survey, TooLarge};
pub use region::{Outside, Region};
pub use size_class::{GRANULE_BYTES, MAX_CAPACITY};
