//! Size ↔ class of the free lists. Sizes count granules of 16 bytes.
//!
//! Two levels, as in TLSF: a first-level class is a power of two, cut into 32 second-level classes of equal width. Up to
//! 64 granules (1 KiB) a class holds one size. Above, the sizes of one class differ by less than 1/32 of the smallest,
//! so a search for a list that is *sure* to fit passes over blocks that are larger than needed by less than 1/32: that
//! is what good fit may waste against best fit.

/// What sizes and offsets are counted in.
pub const GRANULE_BYTES: usize = 16;
/// Granules of the largest region, 4 GiB.
pub const MAX_CAPACITY: u32 = 1 << 28;

const SECOND_LEVEL_BITS: u32 = 5;
/// Lists a first-level class.
pub(crate) const SECOND_LEVEL: u32 = 1 << SECOND_LEVEL_BITS;
/// Enough for a block of `MAX_CAPACITY`.
pub(crate) const FIRST_LEVEL: u32 = MAX_CAPACITY.ilog2() - SECOND_LEVEL_BITS + 2;
/// Below it a class holds one size.
pub(crate) const EXACT: u32 = 2 * SECOND_LEVEL;

/// The class whose list a free block of `size` granules is in.
pub(crate) fn class_of(size: u32) -> u32 {
    if size < SECOND_LEVEL {
        return size;
    }
    let shift = size.ilog2() - SECOND_LEVEL_BITS;
    // The leading bit of `size >> shift` adds 1 to the first level, which is why none is added here.
    (shift << SECOND_LEVEL_BITS) + (size >> shift)
}

/// The first class all of whose blocks have at least `size` granules.
pub(crate) fn class_fitting(size: u32) -> u32 {
    if size < EXACT {
        return class_of(size);
    }
    class_of(size + (1 << (size.ilog2() - SECOND_LEVEL_BITS)) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_ascend_without_a_gap() {
        let mut last = class_of(1);
        for size in 2..100_000 {
            let class = class_of(size);
            assert!(class == last || class == last + 1, "size {size}");
            last = class;
        }
    }

    #[test]
    fn a_fitting_class_holds_no_block_too_small() {
        for size in (1..100_000).chain(MAX_CAPACITY - 1_000..=MAX_CAPACITY) {
            let fitting = class_fitting(size);
            assert!(class_of(size) == fitting || class_of(size) + 1 == fitting, "size {size}");
            // The class before may hold a smaller block, or the search would pass over blocks that fit.
            assert!(class_of(size - 1) < fitting, "size {size}");
        }
    }

    #[test]
    fn the_largest_block_has_a_list() {
        assert!(class_of(MAX_CAPACITY) < FIRST_LEVEL * SECOND_LEVEL);
    }
}
