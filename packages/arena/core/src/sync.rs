//! Atomics: those of the standard library, or those that loom runs in every order.

#[cfg(loom)]
pub(crate) use loom::{
    sync::atomic::{AtomicU32, Ordering},
    thread::yield_now as pause,
};
#[cfg(not(loom))]
pub(crate) use std::{
    hint::spin_loop as pause,
    sync::atomic::{AtomicU32, Ordering},
};
