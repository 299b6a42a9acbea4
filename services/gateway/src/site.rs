//! What all handlers share: the services, clock and ids, and what is remembered for a short time.
use crate::{
    brief::Brief,
    config::{PageSettings, Settings},
    proof,
    services::{Services, ServicesError},
    session::SignedIn,
    shelf::{Named, Shelf},
    shl,
};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_host::settings::{StepUp, TlsSettingsError};
use holdfast_proto::identity::v1::Practice;
use holdfast_types::{AccountId, Clock, Ids, PatientId};
use std::{collections::HashMap, net::IpAddr, sync::Arc};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

const SESSIONS_MAX: usize = 20_000;
const SHELVES_MAX: usize = 5_000;
const NAMES_MAX: usize = 20_000;
const FILES_MAX: usize = 8;
const READY_LIFE: TimeDelta = TimeDelta::seconds(1);

#[derive(Debug, thiserror::Error)]
pub enum SiteError {
    #[error(transparent)]
    Services(#[from] ServicesError),
    #[error("the gateway's certificates cannot be used")]
    Tls(#[source] TlsSettingsError),
}

pub struct Site {
    pub(crate) services: Services,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) ids: Arc<dyn Ids>,
    pub(crate) pages: PageSettings,
    /// Whether who has a second factor shows it again before sharing.
    pub(crate) step_up: StepUp,
    /// Where people reach the pages, without a slash at its end.
    pub(crate) public_url: String,
    /// Whether people reach the pages by https.
    pub(crate) secure: bool,
    /// Ends streams that would last for ever.
    pub stop: CancellationToken,
    /// Access tokens by the digest of the session's secret.
    pub(crate) sessions: Brief<[u8; 32], Arc<SignedIn>>,
    pub(crate) shelves: Brief<AccountId, Arc<Shelf>>,
    pub(crate) names: Brief<(AccountId, PatientId), Option<Arc<Named>>>,
    pub(crate) practices: Brief<(), Arc<HashMap<String, Practice>>>,
    /// Files that are held whole at once.
    pub(crate) files: Semaphore,
    /// Files of the transparency log that are on their way at once.
    pub(crate) log_files: Semaphore,
    /// Links that are opened at once.
    pub(crate) openings: Semaphore,
    /// How often a network asked in a minute.
    pub(crate) asked: Brief<(IpAddr, i64), u32>,
    ready: Brief<(), bool>,
}

impl Site {
    pub(crate) fn open(
        settings: Settings,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        stop: CancellationToken,
    ) -> Result<Self, SiteError> {
        let tls = settings.common.tls.load().map_err(SiteError::Tls)?;
        Ok(Self {
            services: Services::open(&settings.common.peers, &tls)?,
            public_url: settings.common.public_url.as_str().trim_end_matches('/').to_owned(),
            secure: settings.common.public_url.scheme() == "https",
            pages: settings.pages,
            step_up: settings.common.step_up,
            clock,
            ids,
            stop,
            sessions: Brief::new(SESSIONS_MAX),
            shelves: Brief::new(SHELVES_MAX),
            names: Brief::new(NAMES_MAX),
            practices: Brief::new(1),
            files: Semaphore::new(FILES_MAX),
            log_files: Semaphore::new(proof::FILES_MAX),
            openings: Semaphore::new(shl::OPENINGS_MAX),
            asked: Brief::new(shl::NETWORKS_MAX),
            ready: Brief::new(1),
        })
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// Whether every service is ready; asked at most once a second.
    pub(crate) async fn is_ready(&self) -> bool {
        if let Some(known) = self.ready.get(&(), self.now()) {
            return known;
        }
        let ready = self.services.are_ready().await;
        let now = self.now();
        self.ready.put((), ready, now + READY_LIFE, now);
        ready
    }
}
