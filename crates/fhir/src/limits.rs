//! How much a bundle may hold.

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub size_bytes_max: usize,
    pub entries_max: usize,
    /// Objects and lists inside each other, the bundle itself counted.
    pub depth_max: usize,
    /// Different warnings kept; further ones are only counted.
    pub warnings_max: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self { size_bytes_max: 32 * 1024 * 1024, entries_max: 20_000, depth_max: 64, warnings_max: 200 }
    }
}
