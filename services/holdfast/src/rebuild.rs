//! `holdfast rebuild <service>`: its read models made anew from its log, beside the live ones, and swapped in while it serves.
use crate::databases::{self, Reached};
use anyhow::{Context, Result, bail};
use clap::Args;
use holdfast_eventlog::{EventLog, KeyRing, MasterKey, Parts, Projection, rebuild, schema};
use holdfast_types::{Clock, Ids, Service, SystemClock, SystemIds};
use secrecy::ExposeSecret;
use std::{
    io::{IsTerminal, Write, stdout},
    sync::Arc,
};

/// Nothing else is read or written meanwhile.
const CONNECTIONS_MAX: u32 = 2;

#[derive(Args)]
pub(crate) struct RebuildArgs {
    #[command(flatten)]
    reached: Reached,
}

pub(crate) async fn run(args: RebuildArgs) -> Result<()> {
    let service = args.reached.service;
    let settings = args.reached.settings()?;
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
