//! From the committed checkpoint to the published one: the tiles first, the checkpoint last, and all of it again after a crash.
use super::{Sequencer, SequencerError, Standing, views::Committed};
use futures::{StreamExt, TryStreamExt, stream};
use holdfast_eventlog::fault;
use holdfast_translog::{
    CHECKPOINT_PATH, Checkpoint, EMPTY_ROOT, Frontier, Growth, Sequence, SignedCheckpoint, TileFile,
    TileStore, VERIFIER_KEY_PATH, fetch,
};

/// Files that are stored at the same time.
const PUTS_AT_ONCE: usize = 8;

impl Sequencer {
    /// Where the log stands by its tables; what was committed and not published is published now, as it would have been.
    pub(super) async fn resume(&self) -> Result<Standing, SequencerError> {
        let key = self.key.verifier();
        self.shelf.put(VERIFIER_KEY_PATH, format!("{key}\n").into_bytes()).await?;
        let Committed { size, note, published_size, heads } = self.tables.committed().await?;
        if size == 0 {
            let sequence = Sequence::new(key.name().to_owned());
            return Ok(Standing { sequence, checkpoint: (0, EMPTY_ROOT), since: None });
        }
        let signed = SignedCheckpoint::open(note.as_bytes(), key).map_err(SequencerError::Checkpoint)?;
        let checkpoint = signed.checkpoint();
        let frontier = self.roll_forward(published_size, checkpoint).await?;
        fault::point("sequencer.rolled_forward");
        self.publish_checkpoint(&signed).await?;
        fault::point("sequencer.resumed");
        let last = self.tables.entries(size - 1, size).await?.into_iter().next().unwrap_or_default();
        let sequence = Sequence::resume(checkpoint, frontier, &last, heads)?;
        Ok(Standing { sequence, checkpoint: (checkpoint.size, checkpoint.root), since: None })
    }

    /// Tiles that are absent or not what they were are made again, all of them.
    async fn roll_forward(&self, published: u64, to: &Checkpoint) -> Result<Frontier, SequencerError> {
        let tiles = fetch(&self.shelf, Frontier::tiles(published)).await?;
        if let Ok(frontier) = Frontier::of(published, &tiles)
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
