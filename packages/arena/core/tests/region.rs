//! What `purge` gives back and what it leaves alone.

#![cfg(target_os = "linux")]

use fog_arena_core::{Outside, Region};
use std::ptr::NonNull;

const PAGE: usize = 65_536; // A multiple of every page size Linux has.

struct Mapping(NonNull<u8>, usize);

impl Mapping {
    fn new(len: usize) -> Self {
        // SAFETY: a new mapping, where the system has room.
        let base = unsafe {
            libc::mmap(
                std::ptr::null_mut(),
                len,
                libc::PROT_READ | libc::PROT_WRITE,
                libc::MAP_PRIVATE | libc::MAP_ANONYMOUS,
                -1,
                0,
            )
        };
        assert_ne!(base, libc::MAP_FAILED);
        Self(NonNull::new(base.cast()).expect("not the zero page"), len)
    }

    fn fill(&self, byte: u8) {
        // SAFETY: the mapping is of this length, and no reference to it exists.
        unsafe { self.0.write_bytes(byte, self.1) };
    }

    fn read(&self, at: usize) -> u8 {
        assert!(at < self.1);
        // SAFETY: in bounds, and initialised by the system if by nobody else.
        unsafe { self.0.add(at).read() }
    }

    fn region(&self) -> Region {
        // SAFETY: mapped for the whole test, and never referred to.
        unsafe { Region::new(self.0, self.1) }
    }
}

impl Drop for Mapping {
    fn drop(&mut self) {
        // SAFETY: of this length since `new`; nothing refers to it any more.
        unsafe { libc::munmap(self.0.as_ptr().cast(), self.1) };
    }
}

#[test]
fn purge_gives_back_whole_pages_of_the_span_and_only_what_is_resident() {
    let memory = Mapping::new(8 * PAGE);
    memory.fill(7);
    let span = PAGE + 100..5 * PAGE + 100;
    let purged = memory.region().purge(span.clone()).unwrap();
    assert!((3 * PAGE..4 * PAGE + 200).contains(&purged), "{purged}");
    assert_eq!(memory.read(2 * PAGE), 0);
    assert_eq!(memory.read(4 * PAGE), 0);
    for outside in [0, PAGE + 99, PAGE + 100, 5 * PAGE + 99, 5 * PAGE + 100, 8 * PAGE - 1] {
        assert_eq!(memory.read(outside), 7, "{outside}");
    }
    // Of what was read above, two pages are resident again, as zeros.
    assert!(memory.region().purge(span).unwrap() <= 2 * PAGE);
}

#[test]
fn purge_of_less_than_a_page_gives_nothing_back() {
    let memory = Mapping::new(PAGE);
    memory.fill(7);
    assert_eq!(memory.region().purge(1..4_095), Ok(0));
    assert_eq!(memory.region().purge(10..10), Ok(0));
    assert_eq!(memory.read(2_000), 7);
}

#[test]
fn purge_refuses_spans_outside_of_the_region() {
    let memory = Mapping::new(PAGE);
    assert_eq!(memory.region().purge(0..PAGE + 1), Err(Outside(0..PAGE + 1)));
    #[allow(clippy::reversed_empty_ranges, reason = "the point of the test")]
    let backwards = 2..1;
    assert_eq!(memory.region().purge(backwards.clone()), Err(Outside(backwards)));
}
