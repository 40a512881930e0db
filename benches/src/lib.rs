//! Benchmarks only; see `benches/`. Run with `cargo bench -p aivc-benches`.
