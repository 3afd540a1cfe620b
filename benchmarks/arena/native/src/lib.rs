//! The same TLSF as the arena's, entered by one Node-API call for each operation: how a native allocator is usually bound.

#![allow(missing_docs, reason = "rivals.ts documents what TypeScript sees")]

use fog_arena_core::{Central, format, words_for};
use napi::bindgen_prelude::External;
use napi_derive::napi;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{LazyLock, Mutex};

const ROW: u32 = 3;
const GRANULES: u32 = 1 << 26;
const RECORDS: u32 = 1 << 18;

pub struct Allocator(Vec<AtomicU32>);

impl Allocator {
    fn new() -> Self {
        let words: Vec<_> = (0..words_for(RECORDS)).map(|_| AtomicU32::new(0)).collect();
        format(&words);
        Central::new(&words, ROW, false)
            .grow(GRANULES)
            .expect("nobody else has the lock");
        Self(words)
    }

    fn alloc(&self, bytes: u32) -> u32 {
        let central = Central::new(&self.0, ROW, false);
        match central.allocate(bytes.div_ceil(16), 1, 1, ROW) {
            Ok(1) => central.exchange(0).load(Relaxed),
            _ => 0,
        }
    }

    fn free(&self, slot: u32) -> bool {
        let central = Central::new(&self.0, ROW, false);
        central.exchange(0).store(slot, Relaxed);
        central.free(1).is_ok()
    }
}

static SHARED: LazyLock<Mutex<Allocator>> = LazyLock::new(|| Mutex::new(Allocator::new()));

#[napi]
pub fn create() -> External<Allocator> {
    External::new(Allocator::new())
}

#[napi]
pub fn alloc(allocator: &External<Allocator>, bytes: u32) -> u32 {
    allocator.alloc(bytes)
}

#[napi]
pub fn free(allocator: &External<Allocator>, slot: u32) -> bool {
    allocator.free(slot)
}

/// Of the one allocator that all threads share, behind a mutex.
#[napi]
pub fn alloc_shared(bytes: u32) -> u32 {
    SHARED.lock().map_or(0, |allocator| allocator.alloc(bytes))
}

#[napi]
pub fn free_shared(slot: u32) -> bool {
    SHARED.lock().is_ok_and(|allocator| allocator.free(slot))
}
