//! Node-API surface of `fog-arena-core`: converts arguments and errors, decides nothing.
//!
//! Shaped for cheap calls: functions over an External, as finding the object behind `this` of a class takes longer than
//! the whole call otherwise, and numbers through one array that both sides keep, as each argument takes as long as
//! allocating a block. `pnpm bench arena` has the figures.

#![allow(missing_docs, reason = "src/binding.ts documents what TypeScript sees")]

use fog_arena_core::{Allocator, Block, GRANULE_BYTES, NotInUse, Outside, Region, Survey, TooLarge};
use napi::bindgen_prelude::{Error, External, Int32Array, Result, Status, Uint8ArraySlice};
use napi_derive::napi;
use std::ptr::NonNull;

/// The exchange array: `PAIRS` pairs of slot and offset, then the numbers a call takes and gives.
const PAIRS: usize = 64;
const REQUEST: usize = 2 * PAIRS;
const EXCHANGE: usize = REQUEST + 3;

pub struct Core {
    allocator: Allocator,
    /// Held, so that it lives as long as this. Signed only because V8 is quickest with it; all numbers are below 2^31.
    exchange: Int32Array,
}

impl Core {
    fn split(&mut self) -> (&mut Allocator, &mut [i32]) {
        // SAFETY: the array is private to one thread, which waits for this call; nothing else here refers to it.
        (&mut self.allocator, unsafe { self.exchange.as_mut() })
    }
}

#[napi]
pub fn create(capacity: u32, exchange: Int32Array) -> Result<External<Core>> {
    if exchange.len() != EXCHANGE {
        return Err(Error::new(Status::InvalidArg, format!("the exchange array has {EXCHANGE} numbers")));
    }
    let allocator = Allocator::new(capacity).map_err(too_large)?;
    Ok(External::new(Core { allocator, exchange }))
}

/// Takes size, alignment and count; gives as many pairs as there was room for, and their number in place of the count.
#[napi]
pub fn allocate(core: &mut External<Core>) {
    let (allocator, exchange) = core.split();
    let (pairs, request) = exchange.split_at_mut(REQUEST);
    let &mut [size, align, ref mut count] = request else { unreachable!("`create` checks the length") };
    let mut placed = 0;
    for pair in pairs.chunks_exact_mut(2).take(usize::try_from(*count).unwrap_or(0)) {
        let Some(Block { slot, offset }) = allocator.allocate(size.cast_unsigned(), align.cast_unsigned()) else {
            break;
        };
        pair.copy_from_slice(&[slot.cast_signed(), offset.cast_signed()]);
        placed += 1;
    }
    *count = placed;
}

/// Takes slots, one after the other.
#[napi]
pub fn free(core: &mut External<Core>, count: u32) -> Result<()> {
    let (allocator, exchange) = core.split();
    let mut slots = exchange.iter().take(count as usize).map(|slot| slot.cast_unsigned());
    slots.try_for_each(|slot| allocator.free(slot)).map_err(not_in_use)
}

#[napi]
pub fn grow(core: &mut External<Core>, capacity: u32) -> Result<()> {
    core.allocator.grow(capacity).map_err(too_large)
}

#[napi]
pub fn reset(core: &mut External<Core>) {
    core.allocator.reset();
}

/// Gives the granules that are free, the blocks they are in and the granules of the largest.
#[napi]
pub fn survey(core: &mut External<Core>) {
    let (allocator, exchange) = core.split();
    let Survey { free_size, free_blocks, largest_size } = allocator.survey();
    exchange[REQUEST..].copy_from_slice(&[free_size, free_blocks, largest_size].map(u32::cast_signed));
}

/// Gives the free pages of `memory`, the whole region, back to the system; returns the bytes that were resident.
#[napi]
pub fn purge(core: &External<Core>, memory: Uint8ArraySlice) -> Result<f64> {
    let (base, len) = (NonNull::from(memory.as_ref()).cast(), memory.len());
    // SAFETY: `memory` is an argument, so its buffer stays mapped to the end of this call, which the region does not
    // outlive. V8 backs a growable SharedArrayBuffer by private anonymous pages. No reference is kept.
    let region = unsafe { Region::new(base, len) };
    let spans = core.allocator.free_spans();
    let bytes = spans.map(|span| span.start as usize * GRANULE_BYTES..span.end as usize * GRANULE_BYTES);
    let purged: usize = bytes.map(|span| region.purge(span)).sum::<std::result::Result<_, _>>().map_err(outside)?;
    #[allow(clippy::cast_precision_loss, reason = "a region has at most 2^32 bytes")]
    Ok(purged as f64)
}

fn too_large(TooLarge(capacity): TooLarge) -> Error {
    Error::new(Status::InvalidArg, format!("a region of {capacity} granules is too large"))
}

fn not_in_use(NotInUse(slot): NotInUse) -> Error {
    Error::new(Status::InvalidArg, format!("slot {slot} is not in use"))
}

fn outside(Outside(span): Outside) -> Error {
    Error::new(Status::InvalidArg, format!("bytes {span:?} lie outside of the memory given"))
}
