//! From the committed checkpoint to the published one: the tiles first, the checkpoint last, and all of it again after a crash.
use super::{Sequencer, SequencerError, Standing, views::Committed};
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_eventlog::fault;
use holdfast_translog::{
    CHECKPOINT_PATH, Checkpoint, CheckpointError, EMPTY_ROOT, Frontier, Growth, Sequence, SignedCheckpoint,
    TileFile, TileSource, TileStore, VERIFIER_KEY_PATH, VerifierKey, fetch,
};

/// Files that are stored at the same time.
const PUTS_AT_ONCE: usize = 8;

impl Sequencer {
    /// Where the log stands by its tables; what was committed and not published is published now, as it would have been.
    pub(super) async fn resume(&mut self) -> Result<Standing, SequencerError> {
        // Before the tables, which are never behind it unless somebody has set them back.
        let published = self.published().await?;
        let Committed { size, note, published_size, heads } = self.committed(published.as_ref()).await?;
        let key = self.key.verifier();
        let signed = match size {
            0 => None,
            _ => Some(SignedCheckpoint::open(note.as_bytes(), key).map_err(SequencerError::Checkpoint)?),
        };
        let root = signed.as_ref().map_or(EMPTY_ROOT, |signed| signed.checkpoint().root);
        if let Some(Checkpoint { size: seen, root: of_seen, .. }) = published
            && (seen > size || (seen == size && of_seen != root))
        {
            return Err(SequencerError::SetBack { published: seen, committed: size });
        }
        self.shelf.put(VERIFIER_KEY_PATH, format!("{key}\n").into_bytes()).await?;
        let Some(signed) = signed else {
            let sequence = Sequence::new(key.name().to_owned());
            return Ok(Standing { sequence, checkpoint: (0, EMPTY_ROOT), since: None });
        };
        let checkpoint = signed.checkpoint();
        let frontier = self.roll_forward(published_size, checkpoint).await?;
        self.is_whole = true;
        fault::point("sequencer.rolled_forward");
        self.publish_checkpoint(&signed).await?;
        fault::point("sequencer.resumed");
        let last = self.tables.entries(size - 1, size).await?.into_iter().next().unwrap_or_default();
        let sequence = Sequence::resume(checkpoint, frontier, &last, heads)?;
        Ok(Standing { sequence, checkpoint: (checkpoint.size, checkpoint.root), since: None })
    }

    /// What others have seen last. A file that is no checkpoint of this key's is made again.
    async fn published(&self) -> Result<Option<Checkpoint>, SequencerError> {
        let Some(note) = self.shelf.get(CHECKPOINT_PATH).await? else { return Ok(None) };
        match SignedCheckpoint::open(&note, self.key.verifier()) {
            Ok(signed) => Ok(Some(signed.checkpoint().clone())),
            Err(CheckpointError::OtherLog { expected: origin, found }) => {
                Err(SequencerError::OtherLog { origin, found })
            }
            Err(error) => {
                let error = &error as &dyn std::error::Error;
                tracing::warn!(error, "the published checkpoint cannot be read and is published again");
                Ok(None)
            }
        }
    }

    /// Under another name than that of the committed checkpoint another log begins, with everything that was ever heard: unless there
    /// is one of that name already.
    async fn committed(&self, published: Option<&Checkpoint>) -> Result<Committed, SequencerError> {
        let committed = self.tables.committed().await?;
        let key = self.key.verifier();
        let of_its_own =
            |ended: VerifierKey| SignedCheckpoint::open(committed.note.as_bytes(), &ended).is_ok();
        let origin = committed.note.lines().next().filter(|origin| *origin != key.name());
        if !origin.and_then(|origin| key.named(origin).ok()).is_some_and(of_its_own) {
            return Ok(committed);
        }
        if let Some(ended) = published {
            return Err(SequencerError::SetBack { published: ended.size, committed: 0 });
        }
        if !self.tables.begin_another(&committed).await? {
            return Err(SequencerError::Lost);
        }
        tracing::warn!(
            log = key.name(),
            entries = committed.size,
            "another log begins, as HOLDFAST_AUDIT_LOG_ORIGIN says"
        );
        Ok(self.tables.committed().await?)
    }

    /// Tiles that are absent or not what they were are made again, all of them.
    async fn roll_forward(&self, published: u64, to: &Checkpoint) -> Result<Frontier, SequencerError> {
        let tiles = fetch(&self.shelf, Frontier::tiles(published)).await?;
        if let Ok(frontier) = Frontier::of(published, &tiles)
            && (self.is_whole || self.shelf.is_whole(published).await?)
            && self.grown(frontier.clone(), to.size, false).await?.root() == to.root
        {
            return self.grown(frontier, to.size, true).await;
        }
        tracing::warn!("the published tiles are not those of the log: all are made again");
        if self.grown(Frontier::default(), to.size, false).await?.root() != to.root {
            return Err(SequencerError::Altered);
        }
        self.grown(Frontier::default(), to.size, true).await
    }

    /// By the committed entries up to that size; what is written depends on them alone.
    async fn grown(&self, mut from: Frontier, size: u64, write: bool) -> Result<Frontier, SequencerError> {
        while from.size() < size {
            let entries = self.tables.entries(from.size(), size).await?;
            let growth = from.grow(entries).map_err(SequencerError::Frontier)?;
            if write {
                let (half, rest) = growth.files.split_at(growth.files.len() / 2);
                self.put_all(half).await?;
                fault::point("sequencer.half_rolled_forward");
                self.put_all(rest).await?;
            }
        }
        Ok(from)
    }

    pub(super) async fn publish(
        &self,
        growth: &Growth,
        signed: &SignedCheckpoint,
    ) -> Result<(), SequencerError> {
        let (half, rest) = growth.files.split_at(growth.files.len() / 2);
        self.put_all(half).await?;
        fault::point("sequencer.half_published");
        self.put_all(rest).await?;
        fault::point("sequencer.tiles_published");
        self.publish_checkpoint(signed).await?;
        fault::point("sequencer.published");
        for file in growth.files.iter().filter(|file| file.tile.is_full()) {
            if let Err(error) = self.shelf.tidy(file.tile).await {
                tracing::debug!(error = &error as &dyn std::error::Error, "narrower tiles stay");
            }
            fault::point("sequencer.tidied");
        }
        Ok(())
    }

    /// Under the lock of the committed one, so that no older one comes after a newer.
    async fn publish_checkpoint(&self, signed: &SignedCheckpoint) -> Result<(), SequencerError> {
        let turn = self.tables.turn(signed.checkpoint().size).await?.ok_or(SequencerError::Lost)?;
        self.shelf.put(CHECKPOINT_PATH, signed.to_text().into_bytes()).await?;
        fault::point("sequencer.checkpoint_published");
        turn.published().await?;
        self.newest.send_replace(Some(signed.clone()));
        Ok(())
    }

    async fn put_all(&self, files: &[TileFile]) -> Result<(), SequencerError> {
        let puts = files.iter().cloned().map(|TileFile { tile, bytes }| {
            let shelf = self.shelf.clone();
            async move { shelf.put(&tile.path(), bytes).await }
        });
        let puts: Vec<_> = puts.collect();
        stream::iter(puts).buffer_unordered(PUTS_AT_ONCE).try_collect::<Vec<()>>().await?;
        Ok(())
    }
}
