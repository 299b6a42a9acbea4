//! `holdfast audit export-log`: the transparency log as one file, for an auditor to keep or to hand on.
use anyhow::{Context, Result};
use holdfast_translog::{CHECKPOINT_PATH, SignedCheckpoint, TileSource as _, VerifierKey, export_log};
use holdfast_verify::Folder;
use std::{
    fs,
    io::{self, BufWriter, Write as _},
    path::PathBuf,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    /// The folder with the log's files: what HOLDFAST_AUDIT_TILES names, or a copy of it.
    #[arg(long, value_name = "PATH")]
    folder: PathBuf,
    /// File with the log's verifier key.
    #[arg(long, value_name = "FILE")]
    key: PathBuf,
    /// A checkpoint that was seen earlier, to be exported with the newest. May be repeated.
    #[arg(long, value_name = "FILE")]
    older: Vec<PathBuf>,
}

/// To standard output.
pub(crate) async fn run(args: Args) -> Result<()> {
    let key = fs::read_to_string(&args.key).with_context(|| format!("`{}`", args.key.display()))?;
    let key: VerifierKey = key.trim().parse().with_context(|| format!("`{}`", args.key.display()))?;
    let folder = Folder::at(args.folder);
    let newest = folder.get(CHECKPOINT_PATH).await?.context("the folder holds no checkpoint")?;
    let mut checkpoints = vec![SignedCheckpoint::open(&newest, &key).context("the newest checkpoint")?];
    for path in &args.older {
        let named = || format!("`{}`", path.display());
        let note = fs::read(path).with_context(named)?;
        checkpoints.push(SignedCheckpoint::open(&note, &key).with_context(named)?);
    }
    checkpoints.sort_by_key(|signed| signed.checkpoint().size);
    let mut out = BufWriter::new(io::stdout());
    export_log(&folder, &checkpoints, &mut out).await?;
    Ok(out.flush()?)
}
