//! Random operations against a model that is a sorted map of blocks.

use fog_arena_core::{Central, FIRST_SLOT, Refusal, format, words_for};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

#[derive(Clone, Debug)]
enum Operation {
    Allocate { size: u32, align_log2: u32 },
    Free { pick: usize },
    Grow { by: u32 },
    Reset,
}

fn operation() -> impl Strategy<Value = Operation> {
    prop_oneof![
        60 => (1_u32..40, 0_u32..4).prop_map(|(size, align_log2)| Operation::Allocate { size, align_log2 }),
        20 => (1_u32..2_000, 0_u32..9).prop_map(|(size, align_log2)| Operation::Allocate { size, align_log2 }),
        60 => any::<usize>().prop_map(|pick| Operation::Free { pick }),
        3 => (1_u32..500).prop_map(|by| Operation::Grow { by }),
        1 => Just(Operation::Reset),
    ]
}

const ROW: u32 = 3;

/// Records with room for so many blocks.
fn records(blocks: u32) -> Vec<AtomicU32> {
    let words: Vec<_> = (0..words_for(blocks)).map(|_| AtomicU32::new(0)).collect();
    format(&words);
    words
}

fn allocate(central: &Central, size: u32, align: u32) -> Option<u32> {
    (central.allocate(size, align, 1, ROW) == Ok(1)).then(|| central.exchange(0).load(Relaxed))
}

fn free(central: &Central, slot: u32) -> Result<(), Refusal> {
    central.exchange(0).store(slot, Relaxed);
    central.free(1)
}

fn free_spans(central: &Central) -> Vec<Range<u32>> {
    let mut spans = vec![];
    central.visit_free(|span| spans.push(span)).unwrap();
    spans.sort_by_key(|span| span.start);
    spans
}

/// Live blocks by offset, with slot and size.
type Live = BTreeMap<u32, (u32, u32)>;

fn gaps(live: &Live, capacity: u32) -> Vec<Range<u32>> {
    let ends =
        live.iter().map(|(&offset, &(_, size))| offset..offset + size).chain(std::iter::once(capacity..capacity));
    let mut from = 0;
    ends.filter_map(|block| {
        let gap = from..block.start;
        from = block.end;
        (!gap.is_empty()).then_some(gap)
    })
    .collect()
}

fn holds(gap: &Range<u32>, size: u32, align: u32) -> bool {
    gap.start.next_multiple_of(align) + size <= gap.end
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn behaves_as_a_sorted_map_of_blocks(
        first in 1_u32..4_000,
        exhaustive in any::<bool>(),
        operations in prop::collection::vec(operation(), 1..400),
    ) {
        let words = records(2_000);
        let central = Central::new(&words, ROW, exhaustive);
        let mut capacity = first;
        central.grow(capacity).unwrap();
        let mut live = Live::new();
        for operation in operations {
            match operation {
                Operation::Allocate { size, align_log2 } => {
                    let align = 1 << align_log2;
                    let gaps = gaps(&live, capacity);
                    match allocate(&central, size, align) {
                        Some(slot) => {
                            let offset = central.span(slot).start;
                            prop_assert_eq!(offset % align, 0);
                            prop_assert!(gaps.iter().any(|gap| gap.start <= offset && offset + size <= gap.end));
                            prop_assert!(live.values().all(|&(other, _)| other != slot));
                            live.insert(offset, (slot, size));
                        }
                        None => prop_assert!(!gaps.iter().any(|gap| holds(gap, size, align))),
                    }
                }
                Operation::Free { pick } => {
                    let Some((&offset, &(slot, _))) = live.iter().nth(pick % live.len().max(1)) else { continue };
                    prop_assert_eq!(free(&central, slot), Ok(()));
                    prop_assert_eq!(free(&central, slot), Err(Refusal::NotInUse(slot)));
                    live.remove(&offset);
                }
                Operation::Grow { by } => {
                    capacity += by;
                    prop_assert_eq!(central.grow(capacity), Ok(()));
                }
                Operation::Reset => {
                    central.reset().unwrap();
                    live.clear();
                }
            }
            // The free blocks are the gaps, so neighbours are merged and nothing is lost.
            let gaps = gaps(&live, capacity);
            prop_assert_eq!(&free_spans(&central), &gaps);
            let survey = central.survey().unwrap();
            prop_assert_eq!(survey.free_blocks as usize, gaps.len());
            prop_assert_eq!(survey.free_size, gaps.iter().map(|gap| gap.end - gap.start).sum::<u32>());
            prop_assert_eq!(survey.largest_size, gaps.iter().map(|gap| gap.end - gap.start).max().unwrap_or(0));
        }
        for (slot, _) in live.into_values() {
            prop_assert_eq!(free(&central, slot), Ok(()));
        }
        prop_assert!(free_spans(&central).into_iter().eq(std::iter::once(0..capacity)));
    }
}

#[test]
fn refuses_what_is_no_request() {
    let words = records(10);
    let central = Central::new(&words, ROW, false);
    central.grow(100).unwrap();
    for (size, align) in [(0, 1), (1, 0), (1, 3), (u32::MAX, 1), (1, 1 << 31)] {
        assert_eq!(allocate(&central, size, align), None);
    }
}

#[test]
fn refuses_to_free_what_is_not_in_use() {
    let words = records(10);
    let central = Central::new(&words, ROW, false);
    central.grow(100).unwrap();
    let slot = allocate(&central, 10, 1).unwrap();
    for strange in [0, 7, FIRST_SLOT - 1, slot + 1, u32::MAX] {
        assert_eq!(free(&central, strange), Err(Refusal::NotInUse(strange)));
    }
    assert_eq!(free(&central, slot), Ok(()));
    assert_eq!(free(&central, slot), Err(Refusal::NotInUse(slot)));
}

#[test]
fn a_region_of_four_gibibytes_is_the_largest() {
    let words = records(10);
    let central = Central::new(&words, ROW, false);
    central.grow(1 << 28).unwrap();
    assert_eq!(allocate(&central, 1 << 28, 1 << 28).map(|slot| central.span(slot)), Some(0..1 << 28));
    assert_eq!(central.grow((1 << 28) + 1), Err(Refusal::TooLarge((1 << 28) + 1)));
}

#[test]
fn stops_where_records_run_out_and_goes_on_when_blocks_come_back() {
    let words = records(8);
    let central = Central::new(&words, ROW, false);
    central.grow(1_000).unwrap();
    let placed = central.allocate(1, 1, 64, ROW).unwrap();
    assert!((5..8).contains(&placed), "{placed}");
    assert_eq!(central.free(placed), Ok(()));
    assert!(free_spans(&central).into_iter().eq(std::iter::once(0..1_000)));
}
