//! What is told to the system about pages, and what that leaves alone. The binding itself needs Node to be linked, so this
//! takes the one file of it.

#![cfg(target_os = "linux")]

#[path = "../src/memory.rs"]
#[allow(dead_code, reason = "the binding uses the rest")]
mod memory;

use memory::{Outside, Region, SharedWords};
use std::io::Write;
use std::os::fd::AsRawFd;
use std::ptr::NonNull;
use std::sync::atomic::Ordering::Relaxed;

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
        // SAFETY: mapped for the whole test, and initialised by the system; only the address is kept.
        Region::of(unsafe { std::slice::from_raw_parts(self.0.as_ptr(), self.1) })
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

#[test]
fn a_file_takes_the_place_of_pages_and_leaves_zeros_there() {
    let memory = Mapping::new(3 * PAGE);
    memory.fill(7);
    let path = std::env::temp_dir().join(format!("fog-arena-{}", std::process::id()));
    std::fs::File::create(&path).unwrap().write_all(&[5; PAGE]).unwrap();
    let file = std::fs::File::open(&path).unwrap();
    assert_eq!(memory.region().map_file(PAGE..2 * PAGE, file.as_raw_fd()), Ok(true));
    assert_eq!([0, PAGE, 2 * PAGE - 1, 2 * PAGE].map(|at| memory.read(at)), [7, 5, 5, 7]);
    assert_eq!(memory.region().unmap_file(PAGE..2 * PAGE), Ok(true));
    assert_eq!([0, PAGE, 2 * PAGE - 1, 2 * PAGE].map(|at| memory.read(at)), [7, 0, 0, 7]);
    assert_eq!(memory.region().map_file(0..PAGE, -1), Ok(false));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn tells_how_much_is_resident() {
    let memory = Mapping::new(4 * PAGE);
    assert_eq!(memory.region().resident(0..4 * PAGE), Ok(0));
    memory.fill(1);
    assert_eq!(memory.region().resident(0..4 * PAGE), Ok(4 * PAGE));
    assert_eq!(memory.region().purge(0..2 * PAGE), Ok(2 * PAGE));
    assert_eq!(memory.region().resident(0..4 * PAGE), Ok(2 * PAGE));
}

#[test]
fn words_are_shared_with_whoever_else_has_them() {
    let words = SharedWords::of(vec![1_u32, 2, 3]);
    words.first(3)[1].store(9, Relaxed);
    assert_eq!(words.first(2)[1].load(Relaxed), 9);
}
