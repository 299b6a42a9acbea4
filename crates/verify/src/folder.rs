//! A log's files in a folder: a copy that somebody keeps.
use holdfast_translog::{StoreError, TileSource};
use std::{fs, io, path::PathBuf};

pub struct Folder {
    root: PathBuf,
}

impl Folder {
    pub const fn at(root: PathBuf) -> Self {
        Self { root }
    }
}

#[async_trait::async_trait]
impl TileSource for Folder {
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        match fs::read(self.root.join(path)) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(cause) if cause.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(cause) => Err(StoreError { path: path.to_owned(), cause: Box::new(cause) }),
        }
    }
}
