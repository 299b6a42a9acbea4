//! Many entries in one file (C2SP tlog-tiles, entry bundles): each with its length before it, 16 bits, big-endian.

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    #[error("it ends inside its entry {position}")]
    Truncated { position: usize },
    #[error("it holds {found} entries instead of {expected}")]
    Count { expected: u16, found: usize },
}

/// An entry is at most 65,535 bytes long by its form; ours are far below.
pub fn encode_bundle<'a>(entries: impl IntoIterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in entries {
        let length = u16::try_from(entry.len()).unwrap_or(u16::MAX);
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend(entry.iter().take(usize::from(length)));
    }
    bytes
}

pub fn decode_bundle(mut bytes: &[u8], width: u16) -> Result<Vec<Vec<u8>>, BundleError> {
    let mut entries = Vec::with_capacity(usize::from(width));
    while !bytes.is_empty() {
        let truncated = || BundleError::Truncated { position: entries.len() };
        let (length, rest) = bytes.split_first_chunk::<2>().ok_or_else(truncated)?;
        let (entry, rest) =
            rest.split_at_checked(usize::from(u16::from_be_bytes(*length))).ok_or_else(truncated)?;
        entries.push(entry.to_vec());
        bytes = rest;
    }
    if entries.len() == usize::from(width) {
        Ok(entries)
    } else {
        Err(BundleError::Count { expected: width, found: entries.len() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_reads_back_and_says_where_it_is_cut() {
        let entries = [b"one".to_vec(), Vec::new(), b"three".to_vec()];
        let bytes = encode_bundle(entries.iter().map(Vec::as_slice));
        assert_eq!(decode_bundle(&bytes, 3).unwrap(), entries);
        assert_eq!(decode_bundle(&bytes, 4), Err(BundleError::Count { expected: 4, found: 3 }));
        assert_eq!(decode_bundle(&bytes[..bytes.len() - 1], 3), Err(BundleError::Truncated { position: 2 }));
        assert_eq!(decode_bundle(&bytes[..6], 3), Err(BundleError::Truncated { position: 1 }));
    }
}
