//! The memory; the only module with `unsafe`.

use std::ops::Range;
use std::ptr::NonNull;

/// Memory of somebody else, known by its address alone: nothing here reads or writes its bytes.
pub struct Region {
    base: NonNull<u8>,
    len: usize,
}

/// The span is not one of the region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outside(pub Range<usize>);

impl Region {
    /// # Safety
    /// As long as this lives, `len` bytes from `base` on are mapped, private and anonymous, and no reference to them
    /// exists in Rust: `purge` makes bytes 0.
    pub unsafe fn new(base: NonNull<u8>, len: usize) -> Self {
        Self { base, len }
    }

    /// Gives the whole pages of `span`, in bytes, back to the system, which gives zeroed ones when they are touched
    /// again. Returns how many bytes of them were resident; 0 on systems other than Linux, where nothing is done.
    pub fn purge(&self, span: Range<usize>) -> Result<usize, Outside> {
        if span.start > span.end || span.end > self.len {
            return Err(Outside(span));
        }
        Ok(self.purge_pages(span))
    }

    #[cfg(target_os = "linux")]
    fn purge_pages(&self, span: Range<usize>) -> usize {
        let page = page_bytes();
        let base = self.base.addr().get();
        let start = (base + span.start).next_multiple_of(page) - base;
        let end = ((base + span.end) / page * page).saturating_sub(base);
        let mut purged = 0;
        let mut residency = [0_u8; 1_024];
        let mut from = start;
        while from < end {
            let len = (end - from).min(residency.len() * page);
            let resident = self.resident_pages(from, len, &mut residency) * page;
            if resident > 0 && self.discard(from, len) {
                purged += resident;
            }
            from += len;
        }
        purged
    }

    #[cfg(not(target_os = "linux"))]
    fn purge_pages(&self, _span: Range<usize>) -> usize {
        0
    }

    /// Of `len` bytes from `from` on, at most as many pages as `residency` has bytes.
    #[cfg(target_os = "linux")]
    fn resident_pages(&self, from: usize, len: usize, residency: &mut [u8]) -> usize {
        let pages = len / page_bytes();
        assert!(pages <= residency.len());
        // SAFETY: `from + len` lies within the region (`purge` checks the span, `purge_pages` only narrows it), which
        // is mapped as long as `self` lives; `residency` has room for one byte a page.
        let status = unsafe { libc::mincore(self.base.as_ptr().add(from).cast(), len, residency.as_mut_ptr()) };
        if status != 0 { 0 } else { residency[..pages].iter().filter(|&&page| page & 1 == 1).count() }
    }

    #[cfg(target_os = "linux")]
    fn discard(&self, from: usize, len: usize) -> bool {
        // SAFETY: `from + len` lies within the region (as above), which is private and anonymous, so that discarded
        // pages read as zeros; no reference in Rust sees its bytes change (`new`).
        unsafe { libc::madvise(self.base.as_ptr().add(from).cast(), len, libc::MADV_DONTNEED) == 0 }
    }
}

#[cfg(target_os = "linux")]
fn page_bytes() -> usize {
    // SAFETY: sysconf only reads.
    usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).expect("Linux has a page size")
}
