//! What touches memory: the records as words, and pages of the region. The only file with `unsafe` in this workspace.
//!
//! Both are of SharedArrayBuffers, which JavaScript in other threads reads and writes at any time. So the records are only
//! seen as atomics, and the bytes of the region are not looked at at all: only the system is told what to do with its pages.

#![allow(unsafe_code, reason = "see above")]

use std::ops::Range;
use std::ptr::NonNull;
use std::sync::atomic::AtomicU32;

/// Words that JavaScript shares, kept alive by `owner`.
pub struct SharedWords<Owner> {
    base: NonNull<AtomicU32>,
    /// Dropped last of all, so that the words outlive every use of them.
    _owner: Owner,
}

impl<Owner: AsRef<[u32]>> SharedWords<Owner> {
    /// Of a view over records from their beginning. Their buffer may grow later, which moves nothing.
    pub fn of(owner: Owner) -> Self {
        let base = NonNull::from(owner.as_ref()).cast();
        Self { base, _owner: owner }
    }

    /// The first `len` words; `len` may be more than the view had, once the buffer has grown by that.
    pub fn first(&self, len: usize) -> &[AtomicU32] {
        // SAFETY: `base` is aligned, as a view of u32 has it, and stays mapped as long as `owner` keeps the buffer. `len` is
        // what a thread noted in the records after it had grown the buffer by it (`fog_arena_core::capacity_of`), or the
        // header, which is there from the beginning. AtomicU32 has the layout of u32, and nobody in Rust holds a plain
        // reference to these words: `of` lets go of the one it was handed before any atomic is touched.
        unsafe { std::slice::from_raw_parts(self.base.as_ptr(), len) }
    }
}

/// The region, of a growable SharedArrayBuffer, which V8 backs by private anonymous pages.
#[derive(Clone, Copy)]
pub struct Region {
    base: NonNull<u8>,
    len: usize,
}

/// The span is not one of the region.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outside(pub Range<usize>);

impl Region {
    /// Of the whole region, which its caller keeps mapped for as long as this lives: in the binding an argument of the call.
    pub fn of(memory: &[u8]) -> Self {
        Self { base: NonNull::from(memory).cast(), len: memory.len() }
    }

    /// Gives the whole pages of `span`, in bytes, back to the system, which gives zeroed ones when they are touched
    /// again. Returns how many bytes of them were resident; 0 on systems other than Linux, where nothing is done.
    pub fn purge(self, span: Range<usize>) -> Result<usize, Outside> {
        let pages = self.whole_pages(span)?;
        Ok(system::purge(self.at(pages.start), pages.len()))
    }

    /// How many bytes of the whole pages of `span` are resident; 0 where the system does not tell.
    pub fn resident(self, span: Range<usize>) -> Result<usize, Outside> {
        let pages = self.whole_pages(span)?;
        Ok(system::resident(self.at(pages.start), pages.len()))
    }

    /// Asks for huge pages from now on. Returns whether the system promised to try.
    pub fn advise_huge(self) -> bool {
        system::advise_huge(self.base, self.len)
    }

    /// Puts the file open as `descriptor` in the place of the whole pages of `span`; what is written there stays private.
    pub fn map_file(self, span: Range<usize>, descriptor: i32) -> Result<bool, Outside> {
        let pages = self.whole_pages(span)?;
        Ok(system::map_file(self.at(pages.start), pages.len(), descriptor))
    }

    /// Puts plain, zeroed memory back in the place of a file.
    pub fn unmap_file(self, span: Range<usize>) -> Result<bool, Outside> {
        let pages = self.whole_pages(span)?;
        Ok(system::map_nothing(self.at(pages.start), pages.len()))
    }

    fn whole_pages(self, span: Range<usize>) -> Result<Range<usize>, Outside> {
        if span.start > span.end || span.end > self.len {
            return Err(Outside(span));
        }
        let page = system::page_bytes();
        let base = self.base.addr().get();
        let start = (base + span.start).next_multiple_of(page) - base;
        let end = ((base + span.end) / page * page).saturating_sub(base);
        Ok(start..end.max(start))
    }

    /// Within the region, or one past it: `whole_pages` has narrowed a span that was.
    fn at(self, offset: usize) -> NonNull<u8> {
        // SAFETY: `offset` is at most `len` rounded up to a page, and V8 reserves whole pages.
        unsafe { self.base.add(offset) }
    }
}

#[cfg(target_os = "linux")]
mod system {
    use std::ptr::NonNull;

    /// Pages to ask about in one call.
    const AT_A_TIME: usize = 1_024;

    pub fn purge(base: NonNull<u8>, len: usize) -> usize {
        let mut purged = 0;
        each_piece(base, len, |at, len, resident| {
            // SAFETY: pages of the region, which is private and anonymous, so that discarded ones read as zeros. They are
            // free, so nobody relies on what is in them.
            if resident > 0 && unsafe { libc::madvise(at.as_ptr().cast(), len, libc::MADV_DONTNEED) } == 0 {
                purged += resident;
            }
        });
        purged
    }

    pub fn resident(base: NonNull<u8>, len: usize) -> usize {
        let mut total = 0;
        each_piece(base, len, |_, _, resident| total += resident);
        total
    }

    pub fn advise_huge(base: NonNull<u8>, len: usize) -> bool {
        // SAFETY: advice about mapped pages changes nothing that a program can see.
        unsafe { libc::madvise(base.as_ptr().cast(), len, libc::MADV_HUGEPAGE) == 0 }
    }

    pub fn map_file(base: NonNull<u8>, len: usize, descriptor: i32) -> bool {
        map(base, len, libc::MAP_PRIVATE, descriptor)
    }

    pub fn map_nothing(base: NonNull<u8>, len: usize) -> bool {
        map(base, len, libc::MAP_PRIVATE | libc::MAP_ANONYMOUS, -1)
    }

    fn map(base: NonNull<u8>, len: usize, flags: i32, descriptor: i32) -> bool {
        if len == 0 {
            return true;
        }
        let access = libc::PROT_READ | libc::PROT_WRITE;
        // SAFETY: replaces whole pages of the region by others of the same access, so whoever touches them finds memory
        // before and after; V8 unmaps the whole range at the end, whatever it is made of. The block there belongs to the
        // caller, who knows that its contents change.
        unsafe {
            libc::mmap(base.as_ptr().cast(), len, access, flags | libc::MAP_FIXED, descriptor, 0) != libc::MAP_FAILED
        }
    }

    /// Hands pieces of whole pages to `visit`, each with the bytes of it that are resident.
    fn each_piece(base: NonNull<u8>, len: usize, mut visit: impl FnMut(NonNull<u8>, usize, usize)) {
        let page = page_bytes();
        let mut residency = [0_u8; AT_A_TIME];
        let mut from = 0;
        while from < len {
            let piece = (len - from).min(AT_A_TIME * page);
            // SAFETY: within the pages that the caller gave, which are mapped; `residency` has a byte for each of them.
            let (at, status) = unsafe {
                let at = base.add(from);
                (at, libc::mincore(at.as_ptr().cast(), piece, residency.as_mut_ptr()))
            };
            let pages = if status == 0 { &residency[..piece / page] } else { &[] };
            visit(at, piece, pages.iter().filter(|&&page| page & 1 == 1).count() * page);
            from += piece;
        }
    }

    pub fn page_bytes() -> usize {
        // SAFETY: sysconf only reads.
        usize::try_from(unsafe { libc::sysconf(libc::_SC_PAGESIZE) }).expect("Linux has a page size")
    }
}

/// Elsewhere nothing is done yet, and says so.
#[cfg(not(target_os = "linux"))]
mod system {
    use std::ptr::NonNull;

    pub fn purge(_: NonNull<u8>, _: usize) -> usize {
        0
    }
    pub fn resident(_: NonNull<u8>, _: usize) -> usize {
        0
    }
    pub fn advise_huge(_: NonNull<u8>, _: usize) -> bool {
        false
    }
    pub fn map_file(_: NonNull<u8>, _: usize, _: i32) -> bool {
        false
    }
    pub fn map_nothing(_: NonNull<u8>, _: usize) -> bool {
        false
    }
    pub fn page_bytes() -> usize {
        4_096
    }
}
