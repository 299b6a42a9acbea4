//! The demo network, loaded through gRPC into a running installation by its own people: families open and share, therapists
//! write. Every command's id follows from the generator's keys, so a load that was interrupted simply runs again.
mod accounts;
mod chart;
mod guide;
mod ids;
pub(crate) mod installation;
mod looks;
mod papers;
mod plan;
mod progress;
mod record;
mod sharing;
mod threads;

pub(crate) use installation::Installation;

use crate::data_dir::DataDir;
use accounts::People;
use anyhow::{Context, Result};
use futures::{StreamExt, TryStreamExt, future, stream};
use holdfast_demo::Network;
use plan::Plan;
use progress::Progress;
use tokio::task::spawn_blocking;

/// Patients whose records are written at the same time.
const PATIENTS_AT_ONCE: usize = 4;

/// What every part of the load needs.
#[derive(Clone, Copy)]
struct Loading<'a> {
    installation: &'a Installation,
    network: &'a Network,
    people: &'a People,
}

pub(crate) async fn load(installation: &Installation, dir: &DataDir) -> Result<()> {
    let plan = Plan::of(dir)?;
    let network = spawn_blocking(move || holdfast_demo::network(plan.seed, plan.today)).await?;
    let progress = Progress::begin("loading the demo network", network.patients.len())?;
    let people = accounts::open(installation, dir, &network).await.context("the demo network's accounts")?;
    let loading = Loading { installation, network: &network, people: &people };
    stream::iter(network.patients.iter().enumerate())
        .map(|(number, patient)| async move {
            record::load(loading, number, patient)
                .await
                .with_context(|| format!("the demo record `{}`", patient.key))
        })
        .buffer_unordered(PATIENTS_AT_ONCE)
        .try_for_each(|()| future::ready(progress.step()))
        .await?;
    accounts::leave(loading).await.context("those who left the demo network")?;
    guide::write(dir, loading)?;
    progress.end()
}
