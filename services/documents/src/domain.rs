//! Documents and uploads as rules: pure.
pub mod document;
#[cfg(test)]
mod golden;
pub mod media_type;
pub mod parts;
pub mod upload;
