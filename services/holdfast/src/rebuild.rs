//! `holdfast rebuild <service>`: its read models made anew from its log, beside the live ones, and swapped in while it serves. With
//! `--feed <source>`: what it keeps of another service's events, which it is made to take in once more from the first.
use crate::databases::{self, Reached};
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use holdfast_access::views::ConsentFeed;
use holdfast_eventlog::{
    EventLog, KeyRing, MasterKey, Parts, Projection, Reaction, hear_again, rebuild, schema, still_to_hear,
};
use holdfast_host::settings::DatabaseSettings;
use holdfast_types::{Clock, Ids, Service, SystemClock, SystemIds};
use secrecy::ExposeSecret;
use std::{
    io::{IsTerminal, Write, stdout},
    sync::Arc,
    time::{Duration, Instant},
};

/// Nothing else is read or written meanwhile.
const CONNECTIONS_MAX: u32 = 2;
/// How often it is looked how much is still to come.
const LOOK_EVERY: Duration = Duration::from_millis(200);

#[derive(Args)]
pub(crate) struct RebuildArgs {
    /// Instead: make what the service keeps of this one's events anew. The service takes them in once more from the first, by itself while it
    /// runs; until a record's are there again, nobody but its holders is let in. The events that wait for a fix are tried with them.
    #[arg(long, value_name = "SOURCE")]
    feed: Option<Service>,
    /// How long to wait until the service has taken them in.
    #[arg(long, default_value_t = 600, value_name = "SECONDS", requires = "feed")]
    patience_seconds: u64,
    #[command(flatten)]
    reached: Reached,
}

pub(crate) async fn run(args: RebuildArgs) -> Result<()> {
    let service = args.reached.service;
    let settings = args.reached.settings()?;
    if let Some(source) = args.feed {
        return feed(service, source, &settings, Duration::from_secs(args.patience_seconds)).await;
    }
    let url = settings.serve.required()?;
    let url = url.expose_secret();
    let (clock, ids): (Arc<dyn Clock>, Arc<dyn Ids>) = (Arc::new(SystemClock), Arc::new(SystemIds));
    let keys = schema::connect(settings.keys.required()?.expose_secret(), CONNECTIONS_MAX)?;
    let master = MasterKey::read(settings.master_key_file()?)?;
    let keys = KeyRing::new(keys, master.clone(), Arc::clone(&clock), Arc::clone(&ids));
    let projection = projection(service, keys.clone(), &master)?;
    // Only read from: nothing is appended, so nothing is projected or published by it.
    let log = EventLog::start(Parts {
        service: service.to_string(),
        pool: schema::connect(url, CONNECTIONS_MAX)?,
        keys,
        clock,
        ids,
        projections: Vec::new(),
        publish: Arc::new(|_| Ok(None)),
        committers: 1,
    });
    let (owner, views) = (settings.migrate.required()?, databases::migrations(service)?.views);
    let role = databases::user(url)?;
    let count = rebuild(&log, owner.expose_secret(), &role, &views, projection.as_ref(), progress)
        .await
        .with_context(|| format!("the read models of {service} are as they were"))?;
    if stdout().is_terminal() {
        print!("\r");
    }
    println!("{service}: the read models were made anew from {count} events");
    Ok(())
}

async fn feed(
    service: Service,
    source: Service,
    settings: &DatabaseSettings,
    patience: Duration,
) -> Result<()> {
    let reaction = reaction(service, source)?;
    let (serve, owner) = (settings.serve.required()?, settings.migrate.required()?);
    let (url, role) = (serve.expose_secret(), databases::user(serve.expose_secret())?);
    let count = hear_again(owner.expose_secret(), &role, source.as_str(), reaction.as_ref())
        .await
        .with_context(|| format!("what {service} keeps of {source} is as it was"))?;
    let pool = schema::connect(url, 1)?;
    let began = Instant::now();
    loop {
        let left = still_to_hear(&pool, source.as_str()).await?;
        if left == 0 {
            break;
        }
        ensure!(
            began.elapsed() < patience,
            "{left} of {count} events of {source} are still to come: {service} takes them in as it runs, and lets nobody in by half of them"
        );
        progress(count.saturating_sub(left));
        tokio::time::sleep(LOOK_EVERY).await;
    }
    pool.close().await;
    if stdout().is_terminal() {
        print!("\r");
    }
    println!("{service}: what it keeps of {source} was made anew from {count} events");
    Ok(())
}

/// What of a service's tables is made of another's events alone.
fn reaction(service: Service, source: Service) -> Result<Arc<dyn Reaction>> {
    let mut reactions: Vec<Arc<dyn Reaction>> = Vec::new();
    match (service, source) {
        (Service::Records | Service::Documents | Service::Messaging | Service::Audit, Service::Consent) => {
            reactions.push(Arc::new(ConsentFeed))
        }
        (Service::Messaging, Service::Identity) => {
            reactions.push(Arc::new(holdfast_messaging::views::Practices));
        }
        (Service::Identity, Service::Consent) => reactions.push(holdfast_identity::reaction_to_consent()),
        (Service::Audit, of) if Service::WITH_LOG.contains(&of) => {}
        _ => bail!("{service} keeps nothing of {source}"),
    }
    if service == Service::Audit {
        reactions.push(Arc::new(holdfast_audit::views::Index::of(source, Arc::new(SystemClock))));
    }
    Ok(Arc::new(reactions))
}

fn projection(service: Service, keys: KeyRing, master: &MasterKey) -> Result<Arc<dyn Projection>> {
    Ok(match service {
        Service::Identity => holdfast_identity::projection(keys, master)?,
        Service::Records => Arc::new(holdfast_records::RecordViews::new(keys)),
        Service::Documents => Arc::new(holdfast_documents::views::Documents::new(keys)),
        Service::Consent => Arc::new(holdfast_consent::views::Consent),
        Service::Messaging => Arc::new(holdfast_messaging::views::Threads::new(keys)),
        Service::Audit | Service::Gateway => bail!("{service} has no read models of its own log"),
    })
}

/// In a file or a pipe the line would be repeated.
fn progress(count: u64) {
    if stdout().is_terminal() {
        print!("\r{count} events …");
        let _ = stdout().flush();
    }
}
