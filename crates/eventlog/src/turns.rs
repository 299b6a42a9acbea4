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
    /// None once it is given up.
    queue: Option<Queue>,
}

impl Turns {
    /// At once where nobody waits for the stream: then no turn is needed, and none is given.
    pub(crate) async fn after_others(self: &Arc<Self>, stream: &StreamName) -> Result<Option<Turn>, Crowded> {
        let Some(queue) = self.queues().get(stream).cloned() else { return Ok(None) };
        self.place(stream, queue).turn().await.map(Some)
    }

    /// Everybody who comes from now on waits, too.
    pub(crate) async fn take(self: &Arc<Self>, stream: &StreamName) -> Result<Turn, Crowded> {
        let queue = Arc::clone(self.queues().entry(stream.clone()).or_default());
        self.place(stream, queue).turn().await
    }

    fn place(self: &Arc<Self>, stream: &StreamName, queue: Queue) -> Place {
        Place { turns: Arc::clone(self), stream: stream.clone(), queue: Some(queue) }
    }

    fn queues(&self) -> MutexGuard<'_, HashMap<StreamName, Queue>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Place {
    async fn turn(self) -> Result<Turn, Crowded> {
        let Some(queue) = self.queue.clone() else { return Err(Crowded) };
        let held = timeout(PATIENCE, queue.lock_owned()).await.map_err(|_| Crowded)?;
        Ok(Turn { _held: held, _place: self })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut queues = self.turns.queues();
        // Given up under the lock: of two who leave at once the second finds nobody else.
        drop(self.queue.take());
        if queues.get(&self.stream).is_some_and(|queue| Arc::strong_count(queue) == 1) {
            queues.remove(&self.stream);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;
    use std::sync::Barrier;
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

    #[test]
    fn of_those_who_leave_at_once_the_last_takes_the_queue_away() {
        let turns: Arc<Turns> = Arc::default();
        let stream = StreamName::new("jar", Uuid::from_u128(1));
        for _ in 0..500 {
            let queue = Arc::clone(turns.queues().entry(stream.clone()).or_default());
            let places: Vec<Place> = (0..4).map(|_| turns.place(&stream, Arc::clone(&queue))).collect();
            drop(queue);
            let together = Barrier::new(places.len());
            std::thread::scope(|scope| {
                for place in places {
                    scope.spawn(|| {
                        together.wait();
                        drop(place);
                    });
                }
            });
            assert!(turns.queues().is_empty());
        }
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
