//! Asks the processor to bring a row of an array into its cache before it is needed.
//!
//! An event touches the state of one entity out of a million: a cache miss of a hundred nanoseconds or
//! more. The queue knows the next events, so a world can ask for their rows in time
//! ([`crate::engine::World::prefetch`]). A prefetch is a hint: it reads and writes nothing that a program
//! could see, it cannot fault, and so it cannot change a result.
//!
//! This file is the one exception to `unsafe_code = "deny"`: the instruction is only to be had as an
//! unsafe intrinsic or as assembly. On other processors the function does nothing.

/// Bytes of a cache line.
const LINE: usize = 64;

/// Most lines asked for at once.
const LINES_MOST: usize = 8;

/// Asks for `rows[index]`; does nothing if there is no such row.
#[inline]
pub fn prefetch<T>(rows: &[T], index: usize) {
    let Some(row) = rows.get(index) else {
        return;
    };
    let first = std::ptr::from_ref(row).cast::<u8>();
    line(first);
    // A row that may straddle two lines, or is longer than one.
    if size_of::<T>() > 1 && !LINE.is_multiple_of(size_of::<T>()) {
        line(first.wrapping_add(size_of::<T>() - 1));
    }
}

/// Asks for a whole value, up to the first eight of its cache lines; what it points to is not part of it.
#[inline]
pub fn prefetch_all<T>(value: &T) {
    span(std::ptr::from_ref(value).cast(), size_of::<T>());
}

/// Asks for the first rows of an array, up to eight cache lines.
#[inline]
pub fn prefetch_first<T>(rows: &[T]) {
    span(rows.as_ptr().cast(), size_of_val(rows));
}

/// Asks for the cache lines of so many bytes, eight of them at most.
#[inline]
fn span(first: *const u8, bytes: usize) {
    let offset = first.addr() % LINE;
    let lines = (offset + bytes).div_ceil(LINE).min(LINES_MOST);
    (0..lines).for_each(|number| line(first.wrapping_add(number * LINE)));
}

/// Asks for the cache line of an address.
#[inline]
#[allow(unsafe_code, reason = "a prefetch is an unsafe intrinsic, though it touches nothing")]
fn line(address: *const u8) {
    #[cfg(target_arch = "x86_64")]
    // SAFETY: the instruction is part of every x86-64 processor (SSE) and does not fault, whatever the
    // address.
    unsafe {
        use std::arch::x86_64::{_MM_HINT_T0, _mm_prefetch};
        _mm_prefetch::<_MM_HINT_T0>(address.cast());
    }
    #[cfg(target_arch = "aarch64")]
    // SAFETY: the instruction is part of every AArch64 processor, does not fault, and the options say
    // that nothing is written.
    unsafe {
        std::arch::asm!(
            "prfm pldl1keep, [{address}]",
            address = in(reg) address,
            options(nostack, preserves_flags, readonly)
        );
    }
    #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
    let _ = address;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_index_may_be_asked_for_and_nothing_changes() {
        let rows = [[7u8; 40]; 3];
        for index in [0, 2, 3, usize::MAX] {
            prefetch(&rows, index);
        }
        prefetch(&[(); 3], 1);
        prefetch::<u64>(&[], 0);
        prefetch_all(&rows);
        prefetch_all(&[1u8; 10_000]);
        prefetch_first::<u64>(&[]);
        prefetch_first(&rows);
        assert_eq!(rows, [[7u8; 40]; 3]);
    }
}
