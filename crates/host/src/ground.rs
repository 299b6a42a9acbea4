//! The ground a service stands on: its log and relay, its feeds, the gate, the key set, health; started in one place, in one order.
use crate::{
    Host, HostError, Problem, Readiness, RequestMeta, Services, Tls, catalogue, client,
    door::{Door, TokenKeys},
    eventlog_service::LogReader,
    peer_log::PeerLog,
    peer_visits::PeerVisits,
    server::serve_health,
    settings::{CommonSettings, SettingError, StepUp, TlsSettingsError},
    turned_away::TurnedAway,
};
use chrono::{DateTime, TimeDelta, Utc};
use holdfast_access::{
    Caller, Freshness, Gate, OwnConsent, Policies, PoliciesError, Presence, RequestContext,
    views::ConsentFeed,
};
use holdfast_eventlog::{
    Bus, BusError, EventLog, Inbox, InboxError, KeyError, KeyRing, MasterKey, Parts, Position, Projection,
    Publish, Reaction, Relay, SchemaError, Source,
    schema::{self, Migrator},
};
use holdfast_types::{Clock, Ids, Service};
use secrecy::ExposeSecret;
use std::{sync::Arc, time::Duration};
use tokio::time::sleep;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// Connections of one role to its database and to its key database.
const CONNECTIONS_MAX: u32 = 8;
const KEY_CONNECTIONS_MAX: u32 = 4;
/// Transactions that commit at the same time, each for its own lanes.
const COMMITTERS: usize = 2;
/// How often a source's heads are compared. Consent's decides how soon a revocation is in force without a bus.
const CONSENT_POLL: Duration = Duration::from_millis(300);
const FEED_POLL: Duration = Duration::from_millis(1000);
const HEALTH_POLL: Duration = Duration::from_millis(1000);
/// While something is missing: whoever waits for the role waits no longer than it takes.
const HEALTH_POLL_UNREADY: Duration = Duration::from_millis(100);
/// How long what a caller has shown counts as fresh.
const FRESH: TimeDelta = TimeDelta::minutes(10);

/// The tables of a service: `views` are projections of its own log, `feeds` of others'.
pub struct Migrations {
    pub views: Migrator,
    pub feeds: Vec<&'static Migrator>,
}

/// A service's events, and what is made of them.
pub type Feed = (Service, Arc<dyn Reaction>);

/// What makes one service out of the common ground.
pub struct Blueprint {
    pub service: Service,
    pub projections: Vec<Arc<dyn Projection>>,
    pub publish: Publish,
    pub consent: ConsentView,
    /// Other services' events that this one takes in; its own name is its own log. Where the gate is fed from consent's
    /// events, what is named here for consent happens after that, in the same transaction.
    pub feeds: Vec<Feed>,
    pub keys: TokenKeys,
}

/// Where the gate's `access_*` tables come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConsentView {
    /// The service's own projection.
    Own,
    /// Consent's events.
    Feed,
}

#[derive(Debug, thiserror::Error)]
pub enum GroundError {
    #[error(transparent)]
    Setting(#[from] SettingError),
    #[error("the certificates cannot be used")]
    Tls(#[from] TlsSettingsError),
    #[error("the database settings cannot be used")]
    Schema(#[from] SchemaError),
    #[error("the master key cannot be used")]
    Key(#[from] KeyError),
    #[error("the policies cannot be used")]
    Policies(#[from] PoliciesError),
    #[error("the bus's address cannot be used")]
    Bus(#[from] BusError),
    #[error("a peer's address cannot be used")]
    Peer(#[from] client::PeerAddressError),
    #[error(transparent)]
    Host(#[from] HostError),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Ground(Arc<Inner>);

struct Inner {
    log: EventLog,
    gate: Gate,
    door: Door,
    inboxes: Vec<Inbox>,
    bus: Bus,
    tls: Tls,
    settings: CommonSettings,
    readiness: Readiness,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    tasks: TaskTracker,
}

/// A request that said who it comes from.
#[derive(Debug, Clone)]
pub struct Entered {
    pub context: RequestContext,
    pub meta: RequestMeta,
    /// When the caller last showed who it is.
    presence: Presence,
}

impl Entered {
    pub const fn caller(&self) -> &Caller {
        &self.context.caller
    }

    /// For what nobody is to do on a device that was left open: exports, sharing, changes of keys.
    pub fn shown_lately(&self, now: DateTime<Utc>) -> Result<(), Problem> {
        match now - self.presence.shown <= FRESH {
            true => Ok(()),
            false => Err(Problem::new(catalogue::STEP_UP_REQUIRED, "the second factor must be shown again")),
        }
    }
}

impl Ground {
    /// Needs no server to be there yet: what is away is waited for, and readiness says so.
    pub async fn start(
        settings: &CommonSettings,
        blueprint: Blueprint,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn Ids>,
        stop: &CancellationToken,
    ) -> Result<Self, GroundError> {
        let Blueprint { service, projections, publish, consent, feeds, keys } = blueprint;
        let tls = settings.tls.load()?;
        let database = &settings.database;
        let keys_of_data = data_keys(settings, &clock, &ids)?;
        let log = EventLog::start(Parts {
            service: service.as_str().to_owned(),
            pool: schema::connect(database.serve.required()?.expose_secret(), CONNECTIONS_MAX)?,
            keys: keys_of_data,
            clock: Arc::clone(&clock),
            ids: Arc::clone(&ids),
            projections,
            publish,
            committers: COMMITTERS,
        });
        let bus = Bus::connect(settings.nats.required()?.expose_secret(), &settings.bus_prefix).await?;
        let tasks = TaskTracker::new();
        let feeds = in_order(consent, feeds);
        let mut inboxes = Vec::with_capacity(feeds.len());
        for (of, reaction) in feeds {
            let source: Arc<dyn Source> = if of == service {
                Arc::new(log.clone())
            } else {
                Arc::new(PeerLog::new(of, client::channel(of, settings.peers.of(of)?, &tls)?))
            };
            let poll = if of == Service::Consent { CONSENT_POLL } else { FEED_POLL };
            let inbox =
                Inbox::new(service.as_str(), log.pool().clone(), source, reaction, Arc::clone(&clock), poll);
            tasks.spawn(inbox.clone().run(bus.clone(), service.as_str().to_owned(), stop.clone()));
            inboxes.push(inbox);
        }
        let freshness: Arc<dyn Freshness> = match (consent, inboxes.first()) {
            (ConsentView::Feed, Some(inbox)) => Arc::new(inbox.clone()),
            _ => Arc::new(OwnConsent),
        };
        let gate =
            Gate::new(Arc::new(Policies::load()?), log.clone(), freshness, settings.consent_stale_max());
        let gate = match (consent, inboxes.first()) {
            (ConsentView::Feed, Some(inbox)) if Service::WITH_CONTENT.contains(&service) => {
                let address = settings.peers.of(Service::Consent)?;
                let channel = client::channel(Service::Consent, address, &tls)?;
                gate.with_visits(Arc::new(PeerVisits::new(channel, inbox.clone())))
            }
            _ => gate,
        };
        tasks.spawn(Relay::new(log.clone(), bus.clone()).run(stop.clone()));
        let door = Door::open(keys, settings, &tls, Arc::clone(&clock))?;
        tasks.spawn(door.clone().refresh(stop.clone()));
        let needed = ["postgres".to_owned(), "key-set".to_owned()].into_iter();
        let needed =
            needed.chain(inboxes.iter().filter(|_| consent == ConsentView::Feed).take(1).map(feed_name));
        let watched = std::iter::once("nats".to_owned()).chain(inboxes.iter().map(feed_name));
        let readiness = Readiness::new(needed, watched).await;
        let ground = Self(Arc::new(Inner {
            log,
            gate,
            door,
            inboxes,
            bus,
            tls,
            settings: settings.clone(),
            readiness,
            clock,
            ids,
            tasks: tasks.clone(),
        }));
        tasks.spawn(ground.clone().watch_health(stop.clone()));
        Ok(ground)
    }

    /// Answers until told to stop; adds the peers' reading of the log, and counts on the log who is turned away. Ends when the
    /// background work has ended too.
    pub async fn serve(
        self,
        host: Host,
        services: Services,
        stop: CancellationToken,
    ) -> Result<(), GroundError> {
        let services = services.with(LogReader::new(self.log().clone()).into_server());
        let readiness = self.0.readiness.clone();
        let turned_away = Arc::new(TurnedAway::new(Arc::clone(&self.0.clock)));
        let (log, every) = (self.log().clone(), self.0.settings.door_log_interval());
        self.0.tasks.spawn(Arc::clone(&turned_away).run(log, every, stop.clone()));
        let host = host.counting(Arc::clone(&turned_away));
        match self.0.settings.health_listen {
            None => host.serve(services, readiness, stop).await?,
            Some(listen) => {
                let probes = serve_health(listen, readiness.clone(), stop.clone());
                tokio::try_join!(host.serve(services, readiness, stop), probes)?;
            }
        }
        self.0.tasks.close();
        self.0.tasks.wait().await;
        turned_away.put_down(self.log()).await;
        Ok(())
    }

    pub fn log(&self) -> &EventLog {
        &self.0.log
    }
    pub fn gate(&self) -> &Gate {
        &self.0.gate
    }
    pub fn clock(&self) -> &dyn Clock {
        self.0.clock.as_ref()
    }
    pub fn ids(&self) -> &dyn Ids {
        self.0.ids.as_ref()
    }
    pub fn tls(&self) -> &Tls {
        &self.0.tls
    }
    pub fn settings(&self) -> &CommonSettings {
        &self.0.settings
    }
    pub fn readiness(&self) -> &Readiness {
        &self.0.readiness
    }
    pub fn inboxes(&self) -> &[Inbox] {
        &self.0.inboxes
    }
    /// For background work that ends with the service.
    pub fn tasks(&self) -> &TaskTracker {
        &self.0.tasks
    }

    /// Who asks; and, where the request says so, after what has been heard.
    pub async fn enter<T>(&self, request: &tonic::Request<T>) -> Result<Entered, Problem> {
        let meta = RequestMeta::read(request, self.ids())?;
        let (caller, presence) = self.0.door.caller(meta.bearer.as_ref())?;
        self.wait_for(&meta).await?;
        let context = RequestContext {
            caller,
            purpose: meta.purpose,
            correlation: meta.correlation,
            traceparent: meta.traceparent.clone(),
        };
        Ok(Entered { context, meta, presence })
    }

    /// For opening a record to somebody else, and for what is taken along: whoever has a second factor has shown it lately, where the
    /// installation asks for it. Who has none is not held up.
    pub fn stepped_up(&self, entered: &Entered) -> Result<(), Problem> {
        let now = self.clock().now();
        let stale = entered.presence.second.is_some_and(|second| now - second > FRESH);
        match self.settings().step_up {
            StepUp::Asked if stale => {
                Err(Problem::new(catalogue::STEP_UP_REQUIRED, "the second factor must be shown again"))
            }
            StepUp::Asked | StepUp::Waived => Ok(()),
        }
    }

    /// For the few calls that need no token.
    pub async fn enter_unsigned<T>(&self, request: &tonic::Request<T>) -> Result<RequestMeta, Problem> {
        RequestMeta::read(request, self.ids())
    }

    async fn wait_for(&self, meta: &RequestMeta) -> Result<(), Problem> {
        const PATIENCE: Duration = Duration::from_secs(1);
        for position in &meta.after {
            let Some(inbox) = self.0.inboxes.iter().find(|inbox| inbox.source() == position.service) else {
                continue;
            };
            let asked = Position::try_from(position.clone()).map_err(|error| Problem::internal(&error))?;
            let heard = inbox.wait_for(&asked, PATIENCE).await.map_err(|error| match error {
                InboxError::Database(_) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, "the inbox cannot be read");
                    Problem::new(catalogue::LOG_UNAVAILABLE, "what the request builds on cannot be looked up")
                }
                error => Problem::internal(&error),
            })?;
            if !heard {
                let message = "what the request builds on has not arrived here yet";
                return Err(
                    Problem::new(catalogue::NOT_HEARD_YET, message).with("service", &position.service)
                );
            }
        }
        Ok(())
    }

    async fn watch_health(self, stop: CancellationToken) {
        loop {
            let readiness = &self.0.readiness;
            readiness.set("postgres", self.log().heads().await.is_ok()).await;
            readiness.set("nats", self.0.bus.is_connected()).await;
            readiness.set("key-set", self.0.door.is_open()).await;
            for inbox in &self.0.inboxes {
                let fresh = inbox.age().is_some_and(|age| age < self.0.settings.consent_stale_max());
                readiness.set(&feed_name(inbox), fresh).await;
            }
            let rest = if readiness.is_ready().await { HEALTH_POLL } else { HEALTH_POLL_UNREADY };
            if stop.run_until_cancelled(sleep(rest)).await.is_none() {
                return;
            }
        }
    }
}

/// Consent first: its inbox says how fresh the gate's view is.
fn in_order(consent: ConsentView, feeds: Vec<Feed>) -> Vec<Feed> {
    if consent == ConsentView::Own {
        return feeds;
    }
    let (also, others): (Vec<Feed>, Vec<Feed>) =
        feeds.into_iter().partition(|(source, _)| *source == Service::Consent);
    let mut reactions: Vec<Arc<dyn Reaction>> = vec![Arc::new(ConsentFeed)];
    reactions.extend(also.into_iter().map(|(_, reaction)| reaction));
    let consent: Feed = (Service::Consent, Arc::new(reactions));
    std::iter::once(consent).chain(others).collect()
}

/// The data keys of a service: for its log, and for projections that seal what they keep.
pub fn data_keys(
    settings: &CommonSettings,
    clock: &Arc<dyn Clock>,
    ids: &Arc<dyn Ids>,
) -> Result<KeyRing, GroundError> {
    let master = MasterKey::read(settings.database.master_key_file()?)?;
    let pool = schema::connect(settings.database.keys.required()?.expose_secret(), KEY_CONNECTIONS_MAX)?;
    Ok(KeyRing::new(pool, master, Arc::clone(clock), Arc::clone(ids)))
}

fn feed_name(inbox: &Inbox) -> String {
    format!("feed/{}", inbox.source())
}
