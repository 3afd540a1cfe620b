//! The lock of the records. JavaScript takes it in the same way, in `src/central/lock.ts`.

use crate::sync::{
    AtomicU32,
    Ordering::{Acquire, Relaxed, Release},
    pause,
};

/// Looks at the lock so often before giving up; whoever holds it holds it for microseconds, unless it was terminated.
const SPINS: u32 = if cfg!(loom) { 2 } else { 2_000 };

/// Held until it is dropped.
pub(crate) struct Held<'a>(&'a AtomicU32);

/// Takes the lock for `row`, which is not 0. `None` if another thread kept it all the while: the caller, who can find out
/// whether that thread still lives, decides what to do.
pub(crate) fn acquire(word: &AtomicU32, row: u32) -> Option<Held<'_>> {
    for _ in 0..SPINS {
        if word.compare_exchange_weak(0, row, Acquire, Relaxed).is_ok() {
            return Some(Held(word));
        }
        pause();
    }
    None
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        self.0.store(0, Release);
    }
}

#[cfg(all(test, loom))]
mod tests {
    use super::*;
    use loom::sync::Arc;
    use loom::thread;

    /// Loom runs this in every order that two threads' accesses can have, with every value that a relaxed read may give:
    /// unless the lock orders them, the second thread adds to a count that the first has overwritten.
    #[test]
    fn one_thread_at_a_time_sees_what_the_one_before_wrote() {
        loom::model(|| {
            let shared = Arc::new((AtomicU32::new(0), AtomicU32::new(0)));
            let add = |(lock, count): &(AtomicU32, AtomicU32), row| {
                let Some(_held) = acquire(lock, row) else { return 0 };
                count.store(count.load(Relaxed) + 1, Relaxed);
                1
            };
            let other = thread::spawn({
                let shared = Arc::clone(&shared);
                move || add(&shared, 4)
            });
            let mine = add(&shared, 3);
            let both = mine + other.join().unwrap();
            assert_eq!(shared.1.load(Relaxed), both);
            assert_eq!(shared.0.load(Relaxed), 0);
        });
    }
}
