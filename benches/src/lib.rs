//! Measurements of aivc: speed in `benches/` (`cargo bench -p aivc-benches`), rate and distortion
//! in `src/bin/dev-results.rs`.

/// The README's program compiles.
#[cfg(doctest)]
#[doc = include_str!("../../README.md")]
struct Readme;
