//! The `.aivc` container.

mod damage;
mod format_example;
mod header;
mod round_trip;
mod seeking;
mod streams;
