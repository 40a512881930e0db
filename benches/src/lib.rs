//! Measurements of aivc: speed in `benches/` (`cargo bench -p aivc-benches`), rate and distortion
//! in `src/bin/dev-results.rs`.
