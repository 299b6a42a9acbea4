//! Turns at a stream that many write to at once: in this process one after the other, in the order in which they came.
use crate::StreamName;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{sync::OwnedMutexGuard, time::timeout};

/// How long a caller waits for those who came before.
const PATIENCE: Duration = Duration::from_secs(10);

type Queue = Arc<tokio::sync::Mutex<()>>;

/// Holds the streams for which somebody waits, and no others.
#[derive(Default)]
pub(crate) struct Turns(Mutex<HashMap<StreamName, Queue>>);

/// Those who came before were not done in time.
#[derive(Debug)]
pub(crate) struct Crowded;

/// Whoever comes later waits until it is dropped.
pub(crate) struct Turn {
    /// Let go before the place is given up, so that the queue is counted right.
    _held: OwnedMutexGuard<()>,
    _place: Place,
}

/// A place in a stream's queue; the last one takes the queue away.
struct Place {
    turns: Arc<Turns>,
    stream: StreamName,
    queue: Queue,
}

impl Turns {
    /// At once where nobody waits for the stream: then no turn is needed, and none is given.
    pub(crate) async fn after_others(self: &Arc<Self>, stream: &StreamName) -> Result<Option<Turn>, Crowded> {
        let Some(queue) = self.queues().get(stream).cloned() else { return Ok(None) };
        Place { turns: Arc::clone(self), stream: stream.clone(), queue }.turn().await.map(Some)
    }

    /// Everybody who comes from now on waits, too.
    pub(crate) async fn take(self: &Arc<Self>, stream: &StreamName) -> Result<Turn, Crowded> {
        let queue = Arc::clone(self.queues().entry(stream.clone()).or_default());
        Place { turns: Arc::clone(self), stream: stream.clone(), queue }.turn().await
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<StreamName, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    async fn turn(self) -> Result<Turn, Crowded> {
        let held = timeout(PATIENCE, Arc::clone(&self.queue).lock_owned()).await.map_err(|_| Crowded)?;
        Ok(Turn { _held: held, _place: self })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.turns.queues();
        // The map's own and this one: nobody else stands in the queue.
        if Arc::strong_count(&self.queue) <= 2 {
            queues.remove(&self.stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use uuid::Uuid;

    #[tokio::test]
    async fn who_comes_to_a_quiet_stream_waits_for_nobody_and_who_comes_later_waits_in_order() {
        let turns: Arc<Turns> = Arc::default();
        let stream = StreamName::new("jar", Uuid::from_u128(1));
        assert!(turns.after_others(&stream).await.unwrap().is_none());
        let first = turns.take(&stream).await.unwrap();
        let mut second = Box::pin(turns.take(&stream));
        let mut third = Box::pin(turns.after_others(&stream));
        assert!((&mut second).now_or_never().is_none());
        assert!((&mut third).now_or_never().is_none());
        assert!(turns.after_others(&StreamName::new("jar", Uuid::from_u128(2))).await.unwrap().is_none());
        drop(first);
        assert!((&mut third).now_or_never().is_none(), "no overtaking");
        drop(second.await.unwrap());
        drop(third.await.unwrap().unwrap());
        assert!(turns.queues().is_empty());
    }

    #[tokio::test]
    async fn who_gives_up_waiting_holds_nobody_up() {
        let turns: Arc<Turns> = Arc::default();
        let stream = StreamName::new("jar", Uuid::from_u128(1));
        let first = turns.take(&stream).await.unwrap();
        let mut second = Box::pin(turns.take(&stream));
        assert!((&mut second).now_or_never().is_none());
        drop(first);
        drop(second);
        assert!(turns.queues().is_empty());
    }
}
