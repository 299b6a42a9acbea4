//! Reads the independent test data beside the project, where it is present.
#![allow(dead_code, reason = "each test binary uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a test may stop where it fails")]
use std::io::{Read as _, Write as _};
use std::path::{Path, PathBuf};

pub(crate) fn data_folder(name: &str) -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data").join(name);
    if folder.is_dir() {
        return Some(folder);
    }
    // Not by `println!`: the test harness shows that of failing tests alone.
    let said = format!("\nskipped: the test data folder `{name}` is not beside this checkout\n");
    std::io::stderr().write_all(said.as_bytes()).unwrap();
    None
}

/// Every file of the folder, unpacked.
pub(crate) fn unpacked(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut paths: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
        .iter()
        .map(|path| (path.file_name().unwrap().to_string_lossy().into_owned(), unpack(path)))
        .collect()
}

pub(crate) fn unpack(path: &Path) -> Vec<u8> {
    let packed = std::fs::read(path).unwrap();
    let mut plain = Vec::new();
    match path.extension().and_then(|extension| extension.to_str()) {
        Some("bz2") => {
            bzip2_rs::DecoderReader::new(packed.as_slice()).read_to_end(&mut plain).unwrap();
        }
        Some("xz") => lzma_rs::xz_decompress(&mut packed.as_slice(), &mut plain).unwrap(),
        _ => plain = packed,
    }
    plain
}
