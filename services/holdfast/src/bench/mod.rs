//! `holdfast bench`: each figure beside its reference in the same run, interleaved, as the median of the pairs' ratios.
mod append;
mod arrival;
mod audit;
mod bundle;
mod checkpoint;
mod decisions;
mod family;
mod import;
mod inclusion;
mod ingest;
mod lag;
mod ledger;
mod looks;
mod machine;
mod pairs;
mod reads;
mod ready;
mod replay;
mod revocation;
mod scratch;
mod system;

use crate::data_dir::DataDir;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use machine::MachineFacts;
use pairs::Figure;
use scratch::Scratch;
use serde::Serialize;
use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    sync::Arc,
};

#[derive(Args)]
pub(crate) struct BenchArgs {
    /// Only these figures.
    #[arg(long, value_delimiter = ',', value_name = "KEYS")]
    only: Vec<String>,
    /// Where the servers' data lies while it runs, and the summary afterwards.
    #[arg(long, default_value = "target/bench")]
    dir: PathBuf,
    /// A FHIR bundle to import (JSON), instead of one that is made for it.
    #[arg(long)]
    bundle: Option<PathBuf>,
    /// Sizes of the log at which audit's and replay's figures are taken; 10000000 is for those with an hour.
    #[arg(long, value_delimiter = ',', value_name = "ENTRIES", default_values_t = [100_000, 1_000_000],
        value_parser = clap::value_parser!(u64).range(1_000..=10_000_000))]
    log_sizes: Vec<u64>,
    /// Fail, after the whole table, where a target was missed.
    #[arg(long)]
    strict: bool,
    /// Where the tools lie that `make` brought.
    #[arg(long, env = "HOLDFAST_TOOLS_DIR", default_value = ".tools")]
    tools_dir: PathBuf,
}

/// Which figures are asked for.
pub(crate) struct Wanted(Vec<String>);

impl Wanted {
    pub(crate) fn has(&self, key: &str) -> bool {
        self.0.is_empty() || self.0.iter().any(|wanted| wanted == key)
    }

    fn any(&self, keys: &[&str]) -> bool {
        keys.iter().any(|key| self.has(key))
    }
}

const ALL: [&[&str]; 9] = [
    append::KEYS,
    replay::KEYS,
    reads::KEYS,
    decisions::KEYS,
    audit::KEYS,
    lag::KEYS,
    import::KEYS,
    revocation::KEYS,
    ready::KEYS,
];

pub(crate) async fn run(args: BenchArgs) -> Result<()> {
    if let Some(unknown) = args.only.iter().find(|key| !ALL.concat().contains(&key.as_str())) {
        bail!("no figure is called `{unknown}`: there are {}", ALL.concat().join(", "));
    }
    let wanted = Wanted(args.only.clone());
    let dir = DataDir::open(&args.dir)?;
    let mut sizes = args.log_sizes.clone();
    sizes.sort_unstable();
    sizes.dedup();
    let mut figures = Vec::new();
    if wanted.any(ready::KEYS) {
        report(
            &mut figures,
            ready::figures(&dir.path("ready"), &args.tools_dir).await.context("getting ready")?,
        )?;
    }
    let scratch = Scratch::start(&dir.path("data"), &args.tools_dir).await?;
    let facts = MachineFacts::gather(&scratch).await?;
    if wanted.any(append::KEYS) {
        report(&mut figures, append::figures(&scratch, &wanted).await.context("appending")?)?;
    }
    if wanted.any(replay::KEYS) {
        report(&mut figures, replay::figures(&scratch, &sizes).await.context("replaying")?)?;
    }
    if wanted.any(reads::KEYS) {
        report(&mut figures, reads::figures(&scratch).await.context("reading")?)?;
    }
    if wanted.any(decisions::KEYS) {
        report(&mut figures, decisions::figures(&scratch).await.context("deciding")?)?;
    }
    if wanted.any(audit::KEYS) {
        let log = dir.path("log");
        report(&mut figures, audit::figures(&scratch, &log, &wanted, &sizes).await.context("auditing")?)?;
    }
    if [lag::KEYS, import::KEYS, revocation::KEYS].into_iter().any(|keys| wanted.any(keys)) {
        let system = Arc::new(system::System::start(&scratch, &dir.path("installation")).await?);
        if wanted.any(import::KEYS) {
            report(
                &mut figures,
                import::figures(&scratch, &system, args.bundle.as_deref()).await.context("importing")?,
            )?;
        }
        if wanted.any(lag::KEYS) {
            report(&mut figures, lag::figures(&scratch, &system).await.context("audit's lag")?)?;
        }
        if wanted.any(revocation::KEYS) {
            report(&mut figures, revocation::figures(&system).await.context("revoking")?)?;
        }
        system.stop().await;
    }
    figures.retain(|figure| wanted.has(figure.key));
    write(&dir.path("summary.json"), &facts, &figures)?;
    if args.strict { all_met(&figures) } else { Ok(()) }
}

fn all_met(figures: &[Figure]) -> Result<()> {
    let missed: Vec<&str> =
        figures.iter().filter(|figure| figure.met() == Some(false)).map(|figure| figure.key).collect();
    ensure!(missed.is_empty(), "targets missed: {}", missed.join(", "));
    Ok(())
}

/// A line of the table as soon as there is one: the whole takes minutes.
fn report(all: &mut Vec<Figure>, figures: Vec<Figure>) -> Result<()> {
    let mut out = std::io::stdout().lock();
    if all.is_empty() {
        writeln!(out, "{}", Figure::HEADING)?;
    }
    for figure in &figures {
        writeln!(out, "{figure}")?;
    }
    out.flush()?;
    all.extend(figures);
    Ok(())
}

#[derive(Serialize)]
struct Summary<'a> {
    machine: &'a MachineFacts,
    figures: BTreeMap<&'static str, &'a Figure>,
}

fn write(path: &Path, machine: &MachineFacts, figures: &[Figure]) -> Result<()> {
    let summary = Summary { machine, figures: figures.iter().map(|figure| (figure.key, figure)).collect() };
    std::fs::write(path, serde_json::to_string_pretty(&summary)?)
        .with_context(|| format!("`{}` cannot be written", path.display()))?;
    println!("\n{machine}\nwritten to {}", path.display());
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pairs::Target;

    #[test]
    fn a_missed_target_is_named_and_what_has_none_is_not() {
        let figure = |key, target| Figure::absolute(key, 5.0, "ms", target, 1);
        let figures = [
            figure("met", Target::AtMost(5.0)),
            figure("slow", Target::AtMost(4.0)),
            figure("told", Target::None),
            figure("few", Target::AtLeast(6.0)),
        ];
        assert_eq!(all_met(&figures).unwrap_err().to_string(), "targets missed: slow, few");
        all_met(&[figures[0].clone(), figures[2].clone()]).unwrap();
    }
}
