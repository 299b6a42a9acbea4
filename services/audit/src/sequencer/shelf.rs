//! Where the log's files are published: the object store, as tiles under their paths.
use futures::{StreamExt, TryStreamExt};
use holdfast_objects::{AwsVariables, OpenError};
use holdfast_translog::{StoreError, Tile, TileSource, TileStore};
use object_store::{ObjectStore, ObjectStoreExt, path::Path};
use std::{collections::HashSet, sync::Arc};
use url::Url;

const TILES: &str = "tile";
/// The largest is a bundle of 256 entries, each far below a kilobyte.
const FILE_BYTES_MAX: u64 = 1024 * 1024;

#[derive(Debug, thiserror::Error)]
#[error("the file is larger than any of the log can be")]
struct TooLarge;

#[derive(Clone)]
pub struct Shelf {
    store: Arc<dyn ObjectStore>,
    root: Path,
}

impl Shelf {
    pub fn open(url: &Url, aws: &AwsVariables) -> Result<Self, OpenError> {
        let (store, root) = holdfast_objects::open(url, aws)?;
        Ok(Self { store, root })
    }

    /// Removes the narrower tiles of a place that has its full one, from which they can be read as well.
    pub async fn tidy(&self, full: Tile) -> Result<(), StoreError> {
        let path = format!("{}.p", full.full().path());
        let found = self.store.list(Some(&self.path(&path))).map_ok(|object| object.location).boxed();
        let deleted = self.store.delete_stream(found).try_collect::<Vec<_>>().await;
        match deleted {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(&path, error)),
        }
    }

    /// Whether every full tile of a log of that size is there.
    pub async fn is_whole(&self, size: u64) -> Result<bool, StoreError> {
        let found: HashSet<Path> = self
            .store
            .list(Some(&self.path(TILES)))
            .map_ok(|object| object.location)
            .try_collect()
            .await
            .map_err(|error| failed(TILES, error))?;
        Ok(Tile::all_full(size).all(|tile| found.contains(&self.path(&tile.path()))))
    }

    fn path(&self, path: &str) -> Path {
        self.root.parts().chain(Path::from(path).parts()).collect()
    }
}

#[async_trait::async_trait]
impl TileSource for Shelf {
    async fn get(&self, path: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let found = match self.store.get(&self.path(path)).await {
            Err(object_store::Error::NotFound { .. }) => return Ok(None),
            found => found.map_err(|error| failed(path, error))?,
        };
        if found.meta.size > FILE_BYTES_MAX {
            return Err(failed(path, TooLarge));
        }
        Ok(Some(found.bytes().await.map_err(|error| failed(path, error))?.to_vec()))
    }
}

#[async_trait::async_trait]
impl TileStore for Shelf {
    async fn put(&self, path: &str, bytes: Vec<u8>) -> Result<(), StoreError> {
        self.store.put(&self.path(path), bytes.into()).await.map_err(|error| failed(path, error))?;
        Ok(())
    }
}

fn failed(path: &str, cause: impl std::error::Error + Send + Sync + 'static) -> StoreError {
    StoreError { path: path.to_owned(), cause: Box::new(cause) }
}
