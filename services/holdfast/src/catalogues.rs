//! The generated pages of `docs/`: the error catalogue and the settings of every role.
use crate::{import_directory, serve::Role, witness::WitnessArgs};
use anyhow::{Context, Result};
use clap::{Args as _, Command, Subcommand as _};
use std::fmt::Write;

/// `holdfast gen`, from the project's root.
pub(crate) fn write() -> Result<()> {
    for (path, text) in
        [("docs/errors.md", holdfast_host::catalogue::markdown()), ("docs/settings.md", settings()?)]
    {
        std::fs::write(path, text)
            .with_context(|| format!("`{path}` cannot be written: run it from the project's root"))?;
        println!("wrote {path}");
    }
    Ok(())
}

fn settings() -> Result<String> {
    let mut text = String::from(
        "# Settings\n\nEach role is `holdfast serve <role>`, the witness `holdfast witness`; `holdfast import-directory` is run by hand. Every setting is a flag or the environment variable named here; \
         a secret has a `_FILE` twin that names a file to read it from.\n",
    );
    let serve = Role::augment_subcommands(Command::new("serve"));
    let witness = WitnessArgs::augment_args(Command::new("witness"));
    let directory = import_directory::Args::augment_args(Command::new("import-directory"));
    for role in serve.get_subcommands().chain([&witness, &directory]) {
        write!(text, "\n## {}\n\n| variable | meaning | default |\n|---|---|---|\n", role.get_name())?;
        for argument in role.get_arguments() {
            let Some(variable) = argument.get_env().and_then(|name| name.to_str()) else { continue };
            let help = argument.get_help().map(ToString::to_string).unwrap_or_default().replace('\n', " ");
            let default = argument
                .get_default_values()
                .iter()
                .filter_map(|value| value.to_str())
                .collect::<Vec<_>>()
                .join(", ");
            writeln!(text, "| `{variable}` | {} | {default} |", help.replace('|', "\\|"))?;
        }
    }
    Ok(text)
}
