//! Parts of the hybrid motion-compensated codec: for now its motion.

pub mod motion;
