//! `holdfast erasures`: what was erased, and erasing it again in what a backup brought back.
use anyhow::{Context, Result, ensure};
use clap::{Args, Subcommand};
use holdfast_consent::ledger::{self, Entry, Ledger, LedgerKey};
use holdfast_eventlog::{KeyRing, MasterKey, schema};
use holdfast_host::settings::DatabaseSettings;
use holdfast_types::{Service, SystemClock, SystemIds};
use secrecy::ExposeSecret;
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

#[derive(Subcommand)]
pub(crate) enum Erasures {
    /// Check the ledger and write it out: one erasure a line, ids and times only.
    List(LedgerArgs),
    /// Destroy the keys of everything that was erased in the key database of a service: after a restore, before the service starts.
    Apply(ApplyArgs),
}

#[derive(Args)]
pub(crate) struct LedgerArgs {
    /// The ledger that consent keeps.
    #[arg(long = "erasure-ledger", env = "HOLDFAST_ERASURE_LEDGER", value_name = "PATH")]
    path: PathBuf,
    /// The key that its lines are signed with, as consent says it in its log when it starts.
    #[arg(long = "erasure-ledger-key", env = "HOLDFAST_ERASURE_LEDGER_KEY", value_name = "HEX")]
    key: LedgerKey,
}

#[derive(Args)]
pub(crate) struct ApplyArgs {
    /// The service whose key database was restored: records, documents or messaging.
    service: Service,
    #[command(flatten)]
    ledger: LedgerArgs,
    #[command(flatten)]
    database: DatabaseSettings,
}

impl LedgerArgs {
    fn read(&self) -> Result<Vec<Entry>> {
        ensure!(self.path.try_exists()?, "there is no erasure ledger at `{}`", self.path.display());
        Ok(ledger::read(&self.path, self.key)?)
    }
}

pub(crate) async fn run(command: Erasures) -> Result<()> {
    match command {
        Erasures::List(ledger) => {
            for entry in ledger.read()? {
                println!("{}", serde_json::to_string(&entry)?);
            }
        }
        Erasures::Apply(ApplyArgs { service, ledger, database }) => {
            ensure!(Service::WITH_CONTENT.contains(&service), "{service} keeps no content of records");
            let entries = ledger.read()?;
            apply(service, &entries, &database).await?;
            let documents = entries.iter().filter(|entry| entry.document.is_some()).count();
            let records = entries.len() - documents;
            print!("{service}: the keys of {records} erased records");
            if service == Service::Documents {
                print!(" and of {documents} documents");
            }
            println!(" are destroyed");
        }
    }
    Ok(())
}

/// On one machine, before anything is served: whatever was restored, what was erased stays so.
pub(crate) async fn again(path: &Path, databases: &BTreeMap<Service, DatabaseSettings>) -> Result<()> {
    let settings = |service: Service| databases.get(&service).context("every service has a database");
    let master = MasterKey::read(settings(Service::Consent)?.master_key_file()?)?;
    let entries = Ledger::new(path.to_owned(), &master)?.entries()?;
    for &service in Service::WITH_CONTENT {
        apply(service, &entries, settings(service)?)
            .await
            .with_context(|| format!("the keys of {service}"))?;
    }
    Ok(())
}

async fn apply(service: Service, entries: &[Entry], database: &DatabaseSettings) -> Result<()> {
    let pool = schema::connect(database.keys.required()?.expose_secret(), 1)?;
    let master = MasterKey::read(database.master_key_file()?)?;
    let keys = KeyRing::new(pool.clone(), master, Arc::new(SystemClock), Arc::new(SystemIds));
    for entry in entries {
        match entry.document {
            None => keys.destroy(entry.patient.uuid(), entry.tenant).await?,
            Some(document) if service == Service::Documents => {
                keys.destroy_within(document.uuid(), entry.patient.uuid()).await?;
            }
            // Nobody else has anything of a document.
            Some(_) => {}
        }
    }
    pool.close().await;
    Ok(())
}
