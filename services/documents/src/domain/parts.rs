//! How a document's bytes are cut: parts of one size, the last one as long as the rest.

pub const PART_BYTES: u64 = 1024 * 1024;
pub const DOCUMENT_BYTES_MAX: u64 = 100 * PART_BYTES;

/// Parts of a document of that size.
pub const fn count(size_bytes: u64) -> u64 {
    size_bytes.div_ceil(PART_BYTES)
}

/// The part that the byte at `offset` belongs to, from 0.
pub const fn number_at(offset: u64) -> u64 {
    offset / PART_BYTES
}

/// How long a part is when all of it is there.
pub const fn length(size_bytes: u64, number: u64) -> u64 {
    let rest = size_bytes.saturating_sub(number * PART_BYTES);
    if rest < PART_BYTES { rest } else { PART_BYTES }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_are_as_long_together_as_the_document(size in 1..=DOCUMENT_BYTES_MAX) {
            let lengths: Vec<u64> = (0..count(size)).map(|number| length(size, number)).collect();
            prop_assert_eq!(lengths.iter().sum::<u64>(), size);
            prop_assert!(lengths.iter().all(|length| (1..=PART_BYTES).contains(length)));
            prop_assert_eq!(number_at(size - 1), count(size) - 1);
        }
    }
}
