//! Health that is true: each dependency by name, and the whole, which is ready only when everything it needs is.
use std::{collections::BTreeMap, sync::Arc};
use tokio::sync::Mutex;
use tonic_health::{ServingStatus, server::HealthReporter};

/// The name that says only that the process answers: for liveness probes.
pub const LIVE: &str = "live";
/// The whole, as the health protocol has it.
pub const READY: &str = "";

/// Dependencies of a role, e.g. `postgres`, `nats`, `feed/consent`. All are down until said otherwise.
#[derive(Clone)]
pub struct Readiness {
    reporter: HealthReporter,
    state: Arc<Mutex<State>>,
}

struct State {
    /// Whether each is needed, and whether it is up.
    dependencies: BTreeMap<String, (bool, bool)>,
    stopping: bool,
}

impl Readiness {
    /// Those needed decide whether the role is ready; those watched are shown beside.
    pub async fn new<N: Into<String>>(
        needed: impl IntoIterator<Item = N>,
        watched: impl IntoIterator<Item = N>,
    ) -> Self {
        let needed = needed.into_iter().map(|name| (name.into(), (true, false)));
        let watched = watched.into_iter().map(|name| (name.into(), (false, false)));
        let state = State { dependencies: watched.chain(needed).collect(), stopping: false };
        let readiness = Self { reporter: HealthReporter::new(), state: Arc::new(Mutex::new(state)) };
        readiness.reporter.set_service_status(LIVE, ServingStatus::Serving).await;
        let state = readiness.state.lock().await;
        for name in state.dependencies.keys() {
            readiness.reporter.set_service_status(name, ServingStatus::NotServing).await;
        }
        readiness.report(&state).await;
        drop(state);
        readiness
    }

    /// Says how a dependency is. A name that was not given at the start is not taken.
    pub async fn set(&self, dependency: &str, up: bool) {
        let mut state = self.state.lock().await;
        let Some((_, was)) = state.dependencies.get_mut(dependency) else { return };
        if *was != up {
            *was = up;
            tracing::info!(dependency, up, "a dependency changed");
        }
        self.reporter.set_service_status(dependency, status(up)).await;
        self.report(&state).await;
    }

    pub async fn is_ready(&self) -> bool {
        self.state.lock().await.is_ready()
    }

    /// From now on not ready, whatever the dependencies do.
    pub(crate) async fn stop(&self) {
        let mut state = self.state.lock().await;
        state.stopping = true;
        self.report(&state).await;
    }

    pub(crate) fn reporter(&self) -> HealthReporter {
        self.reporter.clone()
    }

    async fn report(&self, state: &State) {
        self.reporter.set_service_status(READY, status(state.is_ready())).await;
    }
}

impl State {
    fn is_ready(&self) -> bool {
        !self.stopping && self.dependencies.values().all(|(needed, up)| *up || !*needed)
    }
}

const fn status(up: bool) -> ServingStatus {
    if up { ServingStatus::Serving } else { ServingStatus::NotServing }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ready_is_true_only_while_all_that_is_needed_is_up() {
        let readiness = Readiness::new(["postgres", "feed/consent"], ["nats"]).await;
        assert!(!readiness.is_ready().await);
        readiness.set("postgres", true).await;
        assert!(!readiness.is_ready().await);
        readiness.set("feed/consent", true).await;
        assert!(readiness.is_ready().await, "nats is only watched");
        readiness.set("postgres", false).await;
        assert!(!readiness.is_ready().await);
    }

    #[tokio::test]
    async fn a_role_that_stops_is_not_ready_again() {
        let readiness = Readiness::new(["postgres"], []).await;
        readiness.set("postgres", true).await;
        readiness.stop().await;
        readiness.set("postgres", true).await;
        assert!(!readiness.is_ready().await);
    }
}
