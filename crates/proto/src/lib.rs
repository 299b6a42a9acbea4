//! The contracts as Rust: generated messages, clients and servers, and their conversions to the shared vocabulary.
mod convert;

pub use convert::{BadTime, Word, time, timestamp};
pub use generated::holdfast::*;

#[allow(clippy::all, unreachable_pub, reason = "the generated code is not ours to style")]
mod generated {
    include!(concat!(env!("OUT_DIR"), "/contracts.rs"));
}

/// Every file of the contracts, for gRPC reflection.
pub const DESCRIPTORS: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/descriptors.bin"));
