//! Threads that allocate and free at the same time: no granule has two owners, and none is lost.

use fog_arena_core::{Central, format, words_for};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::thread;

const CAPACITY: u32 = 20_000;
const THREADS: u32 = 4;
const TURNS: u32 = if cfg!(miri) { 50 } else { 250_000 };

/// The same numbers for the same seed: xorshift (G. Marsaglia, 2003).
fn random(state: &mut u32) -> u32 {
    *state ^= *state << 13;
    *state ^= *state >> 17;
    *state ^= *state << 5;
    *state
}

fn insist<T>(mut call: impl FnMut() -> Result<T, fog_arena_core::Refusal>) -> T {
    loop {
        match call() {
            Ok(value) => return value,
            Err(fog_arena_core::Refusal::Busy) => thread::yield_now(),
            Err(refusal) => panic!("{refusal:?}"),
        }
    }
}

#[test]
fn never_share_a_granule_and_lose_none() {
    let words: Vec<_> = (0..words_for(CAPACITY)).map(|_| AtomicU32::new(0)).collect();
    format(&words);
    Central::new(&words, 3, false).grow(CAPACITY).unwrap();
    let owners: Vec<_> = (0..CAPACITY).map(|_| AtomicU32::new(0)).collect();

    thread::scope(|scope| {
        for row in 3..3 + THREADS {
            let (words, owners) = (&words, &owners);
            scope.spawn(move || {
                let central = Central::new(words, row, row % 2 == 0);
                let own = |slot, from, to| {
                    for granule in central.span(slot) {
                        let owner = owners[granule as usize].swap(to, Relaxed);
                        assert_eq!(owner, from, "granule {granule}");
                    }
                };
                let give = |slot| {
                    own(slot, row, 0);
                    central.exchange(0).store(slot, Relaxed);
                    insist(|| central.free(1));
                };
                let mut seed = row;
                let mut held = vec![];
                for _ in 0..TURNS {
                    if held.len() < 30 && random(&mut seed).is_multiple_of(2) {
                        let (size, count) = (1 + random(&mut seed) % 60, 1 + random(&mut seed) % 4);
                        for index in 0..insist(|| central.allocate(size, 1, count, row)) {
                            let slot = central.exchange(index).load(Relaxed);
                            own(slot, 0, row);
                            held.push(slot);
                        }
                    } else if !held.is_empty() {
                        give(held.swap_remove(random(&mut seed) as usize % held.len()));
                    }
                }
                held.into_iter().for_each(give);
            });
        }
    });
    let mut spans = vec![];
    Central::new(&words, 3, false).visit_free(|span| spans.push(span)).unwrap();
    assert!(spans.into_iter().eq(std::iter::once(0..CAPACITY)));
}

#[test]
fn that_ended_leave_what_others_can_take_back() {
    let words: Vec<_> = (0..words_for(100)).map(|_| AtomicU32::new(0)).collect();
    format(&words);
    let [gone, here] = [3, 4].map(|row| Central::new(&words, row, false));
    gone.grow(1_000).unwrap();
    assert_eq!(gone.allocate(10, 1, 20, 3), Ok(20));
    assert_eq!(here.allocate(10, 1, 20, 4), Ok(20));
    let reclaimed = here.reclaim(|owner| owner == 3).unwrap();
    assert_eq!(reclaimed, fog_arena_core::Reclaimed::default());
    assert_eq!(here.survey().unwrap().free_size, 1_000 - 200);
}
