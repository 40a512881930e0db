//! The `aivc` command as a user runs it.

mod bench;
mod coding;
mod damage;
mod demo;
mod describing;
mod errors;
mod evaluation;
mod interruption;
mod optimize;
mod refinement;
mod support;
mod training;
