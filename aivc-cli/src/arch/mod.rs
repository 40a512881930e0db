//! What platforms must be told for the program to be fast; the only `unsafe` code of this crate.

/// Keeps the memory of one layer for the next. By default glibc gives large blocks back to the kernel as soon as
/// they are freed, and the page faults of taking them again are four tenths of the time of decoding a 1280×720
/// frame with `hyperprior-small` (`docs/results.md`).
///
/// For the start of a program that does nothing but run the command: it concerns the whole process. The
/// environment variables that glibc has for it, `MALLOC_TRIM_THRESHOLD_` and `MALLOC_MMAP_THRESHOLD_`, go first.
#[cfg(all(target_os = "linux", target_env = "gnu"))]
pub fn keep_freed_memory() {
    /// Above the largest tensors of 4K frames, nine times the 91 MB of 1280×720.
    const KEPT: libc::c_int = 1 << 30;
    /// The largest that older versions accept as the size from which blocks are mapped on their own.
    const OLDER: libc::c_int = 1 << 25;
    let settings = [
        ("MALLOC_TRIM_THRESHOLD_", libc::M_TRIM_THRESHOLD, KEPT),
        ("MALLOC_MMAP_THRESHOLD_", libc::M_MMAP_THRESHOLD, OLDER),
        ("MALLOC_MMAP_THRESHOLD_", libc::M_MMAP_THRESHOLD, KEPT),
    ];
    for (variable, parameter, value) in settings {
        if std::env::var_os(variable).is_none() {
            // SAFETY: `mallopt` takes any numbers, refuses what it does not know, and locks what it changes.
            unsafe { libc::mallopt(parameter, value) };
        }
    }
}

/// Nothing is known to be gained here.
#[cfg(not(all(target_os = "linux", target_env = "gnu")))]
pub fn keep_freed_memory() {}
