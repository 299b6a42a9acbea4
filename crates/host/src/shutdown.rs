//! Stopping in order: one signal, then stage after stage, each with a limit, the last things that others lean on at the end.
use std::{future::Future, time::Duration};
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Tasks that are told to stop together.
#[derive(Debug, Clone)]
pub struct Stage {
    name: &'static str,
    token: CancellationToken,
    tasks: TaskTracker,
    limit: Duration,
}

impl Stage {
    pub fn new(name: &'static str, limit: Duration) -> Self {
        Self { name, token: CancellationToken::new(), tasks: TaskTracker::new(), limit }
    }

    /// What the stage's tasks watch to know that they are to end.
    pub fn token(&self) -> CancellationToken {
        self.token.clone()
    }

    /// Starts a task of this stage; it gets the stage's token.
    pub fn spawn<F>(&self, task: impl FnOnce(CancellationToken) -> F)
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.tasks.spawn(task(self.token.clone()));
    }

    /// Tells the tasks to end and waits for them; false when the limit passed first.
    pub async fn stop(&self) -> bool {
        self.token.cancel();
        self.tasks.close();
        let ended = tokio::time::timeout(self.limit, self.tasks.wait()).await.is_ok();
        if !ended {
            tracing::warn!(stage = self.name, tasks = self.tasks.len(), "did not end in time");
        }
        ended
    }
}

/// Ends the stages one after another, first to last; false when one did not end in time.
pub async fn stop_in_order(stages: &[Stage]) -> bool {
    let mut all = true;
    for stage in stages {
        all &= stage.stop().await;
    }
    all
}

/// A token that is cancelled by SIGINT or SIGTERM. A second signal ends the process at once.
pub fn on_signal() -> std::io::Result<CancellationToken> {
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let token = CancellationToken::new();
    let cancelled = token.clone();
    tokio::spawn(async move {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        cancelled.cancel();
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
        tracing::warn!("told twice to stop: stopping at once");
        #[expect(clippy::exit, reason = "asked for twice by whoever runs the process")]
        std::process::exit(130);
    });
    Ok(token)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[tokio::test]
    async fn stages_end_one_after_another() {
        let ended = Arc::new(Mutex::new(Vec::new()));
        let stages = [
            Stage::new("server", Duration::from_secs(60)),
            Stage::new("committers", Duration::from_secs(60)),
        ];
        // The later stage is started first, so that the order is not that of starting.
        for stage in stages.iter().rev() {
            let (name, ended) = (stage.name, Arc::clone(&ended));
            stage.spawn(|token| async move {
                token.cancelled().await;
                ended.lock().unwrap().push(name);
            });
        }
        assert!(stop_in_order(&stages).await);
        assert_eq!(*ended.lock().unwrap(), ["server", "committers"]);
    }

    #[tokio::test]
    async fn a_stage_that_does_not_end_is_left_behind() {
        let stuck = Stage::new("stuck", Duration::ZERO);
        stuck.spawn(|_| std::future::pending());
        assert!(!stuck.stop().await);
    }
}
