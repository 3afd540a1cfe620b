//! Random operations against a model that is a sorted map of blocks.

use fog_arena_core::{Allocator, Block};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::ops::Range;

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
        operations in prop::collection::vec(operation(), 1..400),
    ) {
        let mut capacity = first;
        let mut allocator = Allocator::new(capacity).unwrap();
        let mut live = Live::new();
        for operation in operations {
            match operation {
                Operation::Allocate { size, align_log2 } => {
                    let align = 1 << align_log2;
                    let gaps = gaps(&live, capacity);
                    match allocator.allocate(size, align) {
                        Some(Block { slot, offset }) => {
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
                    prop_assert_eq!(allocator.free(slot), Ok(()));
                    prop_assert!(allocator.free(slot).is_err());
                    live.remove(&offset);
                }
                Operation::Grow { by } => {
                    capacity += by;
                    prop_assert_eq!(allocator.grow(capacity), Ok(()));
                }
                Operation::Reset => {
                    allocator.reset();
                    live.clear();
                }
            }
            // The free blocks are the gaps, so neighbours are merged and nothing is lost.
            let gaps = gaps(&live, capacity);
            let mut spans: Vec<_> = allocator.free_spans().collect();
            spans.sort_by_key(|span| span.start);
            prop_assert_eq!(&spans, &gaps);
            let survey = allocator.survey();
            prop_assert_eq!(survey.free_blocks as usize, gaps.len());
            prop_assert_eq!(survey.free_size, gaps.iter().map(|gap| gap.end - gap.start).sum::<u32>());
            prop_assert_eq!(survey.largest_size, gaps.iter().map(|gap| gap.end - gap.start).max().unwrap_or(0));
        }
        for (slot, _) in live.into_values() {
            prop_assert_eq!(allocator.free(slot), Ok(()));
        }
        prop_assert!(allocator.free_spans().eq(std::iter::once(0..capacity)));
    }
}

#[test]
fn refuses_what_is_no_request() {
    let mut allocator = Allocator::new(100).unwrap();
    assert_eq!(allocator.allocate(0, 1), None);
    assert_eq!(allocator.allocate(1, 0), None);
    assert_eq!(allocator.allocate(1, 3), None);
    assert_eq!(allocator.allocate(u32::MAX, 1), None);
    assert_eq!(allocator.allocate(1, 1 << 31), None);
}

#[test]
fn refuses_to_free_what_is_not_in_use() {
    let mut allocator = Allocator::new(100).unwrap();
    let block = allocator.allocate(10, 1).unwrap();
    assert!(allocator.free(0).is_err());
    assert!(allocator.free(block.slot + 1).is_err());
    assert!(allocator.free(1_000).is_err());
    assert_eq!(allocator.free(block.slot), Ok(()));
    assert!(allocator.free(block.slot).is_err());
}

#[test]
fn a_region_of_four_gibibytes_is_the_largest() {
    let mut allocator = Allocator::new(1 << 28).unwrap();
    assert_eq!(allocator.allocate(1 << 28, 1 << 28).map(|block| block.offset), Some(0));
    assert!(allocator.grow((1 << 28) + 1).is_err());
    assert!(Allocator::new(u32::MAX).is_err());
}
