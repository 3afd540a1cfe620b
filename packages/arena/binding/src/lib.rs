//! Node-API surface of `fog-arena-core`: converts arguments and errors, decides nothing.
//!
//! Shaped for cheap calls: functions over an External, as finding the object behind `this` of a class takes longer than
//! the whole call otherwise, and numbers through words of the records, as each argument takes as long as allocating a
//! block. `nx bench arena` has the figures. Where a call answers with a number, -1 says that the lock was not to be had.

#![deny(unsafe_code)]
#![allow(missing_docs, reason = "src/binding.ts documents what TypeScript sees")]

mod memory;

use fog_arena_core::{Central, EXCHANGE_SLOTS, FIRST_SLOT, GRANULE_BYTES, Refusal, Survey, capacity_of};
use memory::{Outside, Region, SharedWords};
use napi::bindgen_prelude::{Error, External, Result, Status, Uint8ArraySlice, Uint32Array};
use napi_derive::napi;
use std::ops::Range;
use std::sync::atomic::Ordering::Relaxed;

/// In the exchange, after the slots: what `allocate` takes, what `survey` and `reclaim` give.
const REQUEST: u32 = EXCHANGE_SLOTS;
const HEADER_WORDS: usize = (FIRST_SLOT as usize) << 3;
const BUSY: i32 = -1;

pub struct Core {
    words: SharedWords<Uint32Array>,
    row: u32,
    exhaustive: bool,
}

impl Core {
    fn central(&self) -> Central<'_> {
        let words = self.words.first(capacity_of(self.words.first(HEADER_WORDS)));
        Central::new(words, self.row, self.exhaustive)
    }
}

#[napi]
pub fn attach(records: Uint32Array, row: u32, exhaustive: bool) -> Result<External<Core>> {
    if records.len() < HEADER_WORDS || row == 0 || row > 254 {
        return Err(Error::new(Status::InvalidArg, "these are no records of an arena, or this is no row of theirs"));
    }
    Ok(External::new(Core { words: SharedWords::of(records), row, exhaustive }))
}

/// Takes size, alignment, count and owner.
#[napi]
pub fn allocate(core: &External<Core>) -> Result<i32> {
    let central = core.central();
    let [size, align, count, owner] = [0, 1, 2, 3].map(|index| central.exchange(REQUEST + index).load(Relaxed));
    answer(central.allocate(size, align, count, owner).map(u32::cast_signed))
}

#[napi]
pub fn free(core: &External<Core>, count: u32) -> Result<i32> {
    answer(core.central().free(count).map(|()| 0))
}

#[napi]
pub fn grow(core: &External<Core>, capacity: u32) -> Result<i32> {
    answer(core.central().grow(capacity).map(|()| 0))
}

#[napi]
pub fn reset(core: &External<Core>) -> Result<i32> {
    answer(core.central().reset().map(|()| 0))
}

/// Gives the granules that are free, the blocks they are in and the granules of the largest.
#[napi]
pub fn survey(core: &External<Core>) -> Result<i32> {
    let central = core.central();
    let survey = central.survey().map(|Survey { free_size, free_blocks, largest_size }| {
        for (index, value) in (REQUEST..).zip([free_size, free_blocks, largest_size]) {
            central.exchange(index).store(value, Relaxed);
        }
        0
    });
    answer(survey)
}

/// Takes a byte for each owner, 1 if that one is lost. Gives live blocks and bytes; nothing if the lock was not to be had.
#[napi]
pub fn reclaim(core: &External<Core>, owners: Uint8ArraySlice) -> Result<Option<Vec<f64>>> {
    let is_lost = |owner: u32| owners.as_ref().get(owner as usize) == Some(&1);
    match core.central().reclaim(is_lost) {
        Ok(reclaimed) => Ok(Some(vec![f64::from(reclaimed.live_blocks), number(reclaimed.live_bytes)])),
        Err(Refusal::Busy) => Ok(None),
        Err(refusal) => Err(refused(refusal)),
    }
}

/// Gives the free pages of `memory`, the whole region, back to the system; returns the bytes that were resident.
#[napi]
pub fn purge(core: &External<Core>, memory: Uint8ArraySlice) -> Result<f64> {
    let region = Region::of(memory.as_ref());
    let mut purged = Ok(0);
    let visited = core.central().visit_free(|span| {
        // Another thread may have grown the region since `memory` was made of it.
        let [start, end] = [span.start, span.end].map(|granule| (granule as usize * GRANULE_BYTES).min(memory.len()));
        purged = purged.clone().and_then(|sum| region.purge(start..end).map(|purged| sum + purged));
    });
    match visited {
        Ok(()) => purged.map(|bytes| number(bytes as u64)).map_err(outside),
        Err(Refusal::Busy) => Ok(f64::from(BUSY)),
        Err(refusal) => Err(refused(refusal)),
    }
}

/// How many bytes of `memory` are resident.
#[napi]
pub fn resident(memory: Uint8ArraySlice) -> Result<f64> {
    let bytes = Region::of(memory.as_ref()).resident(0..memory.len());
    bytes.map(|bytes| number(bytes as u64)).map_err(outside)
}

#[napi]
pub fn advise_huge(memory: Uint8ArraySlice) -> bool {
    Region::of(memory.as_ref()).advise_huge()
}

/// Maps an open file over a block of whole pages of `memory`; returns whether the system did so.
#[napi]
pub fn map_file(memory: Uint8ArraySlice, offset: f64, bytes: f64, descriptor: i32) -> Result<bool> {
    Region::of(memory.as_ref()).map_file(span(offset, bytes), descriptor).map_err(outside)
}

#[napi]
pub fn unmap_file(memory: Uint8ArraySlice, offset: f64, bytes: f64) -> Result<bool> {
    Region::of(memory.as_ref()).unmap_file(span(offset, bytes)).map_err(outside)
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "offsets are below 2^33; others are outside"
)]
fn span(offset: f64, bytes: f64) -> Range<usize> {
    offset as usize..(offset + bytes) as usize
}

#[allow(clippy::cast_precision_loss, reason = "a region has at most 2^32 bytes")]
fn number(value: u64) -> f64 {
    value as f64
}

fn answer(result: std::result::Result<i32, Refusal>) -> Result<i32> {
    result.or_else(|refusal| if refusal == Refusal::Busy { Ok(BUSY) } else { Err(refused(refusal)) })
}

fn refused(refusal: Refusal) -> Error {
    let reason = match refusal {
        Refusal::Busy => "another thread holds the lock".to_owned(),
        Refusal::NotInUse(slot) => format!("slot {slot} is not in use"),
        Refusal::TooLarge(capacity) => format!("a region of {capacity} granules is too large"),
    };
    Error::new(Status::InvalidArg, reason)
}

fn outside(Outside(span): Outside) -> Error {
    Error::new(Status::InvalidArg, format!("bytes {span:?} lie outside of the memory given"))
}
