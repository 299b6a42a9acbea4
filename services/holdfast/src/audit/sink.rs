//! Where a replay goes: the terminal, lines in a file, or a table in a file. A file gets its name once it is whole; until then it is
//! called `<name>.part`.
use super::table::Table;
use anyhow::{Context, Result, bail};
use clap::ValueEnum;
use holdfast_audit::told::{Told, write_line};
use holdfast_proto::audit::v1::Entry;
use std::{
    fs::{self, File},
    io::{ErrorKind, Write, stdout},
    path::{Path, PathBuf},
};

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// One JSON object on each line.
    Ndjson,
    /// A Parquet table with the same fields.
    Parquet,
}

impl Format {
    /// By how a file's name ends, where nothing is said.
    pub(super) fn of(path: Option<&Path>) -> Self {
        match path.and_then(Path::extension).is_some_and(|ending| ending.eq_ignore_ascii_case("parquet")) {
            true => Self::Parquet,
            false => Self::Ndjson,
        }
    }
}

pub(super) enum Sink {
    Terminal,
    Lines { part: Part, file: File, whole_bytes: u64 },
    Table { part: Part, table: Box<Table<File>> },
}

/// A file on its way.
pub(super) struct Part {
    path: PathBuf,
    part: PathBuf,
}

impl Sink {
    /// `begun`: lines go on in what an earlier replay of the same left.
    pub(super) fn open(path: Option<&Path>, format: Format, begun: bool) -> Result<Self> {
        match (path, format) {
            (None, Format::Ndjson) => Ok(Self::Terminal),
            (None, Format::Parquet) => bail!("a table goes to a file: say which by --out"),
            (Some(_), Format::Parquet) if begun => {
                bail!("a table is written from its beginning, or as lines: leave --page-token out")
            }
            (Some(path), Format::Ndjson) => {
                let part = Part::of(path)?;
                let file = if begun { part.go_on()? } else { part.begin()? };
                let whole_bytes = file.metadata()?.len();
                Ok(Self::Lines { part, file, whole_bytes })
            }
            (Some(path), Format::Parquet) => {
                let part = Part::of(path)?;
                let table = Box::new(Table::begin(part.begin()?)?);
                Ok(Self::Table { part, table })
            }
        }
    }

    /// A page is out when this returns, or, of a table, on its way.
    pub(super) fn page(&mut self, entries: &[Entry]) -> Result<()> {
        match self {
            Self::Terminal => {
                let mut out = stdout().lock();
                out.write_all(&lines(entries)?)?;
                Ok(out.flush()?)
            }
            Self::Lines { file, whole_bytes, .. } => {
                let page = lines(entries)?;
                file.write_all(&page)?;
                *whole_bytes = whole_bytes.saturating_add(u64::try_from(page.len())?);
                Ok(())
            }
            Self::Table { table, .. } => {
                entries.iter().try_for_each(|entry| table.row(&serde_json::to_value(Told::from(entry))?))
            }
        }
    }

    /// Gives what is whole its name.
    pub(super) fn finish(self) -> Result<()> {
        match self {
            Self::Terminal => Ok(()),
            Self::Lines { part, file, .. } => part.name(&file),
            Self::Table { part, table } => match table.finish() {
                Ok(file) => part.name(&file),
                Err(error) => {
                    part.remove();
                    Err(error)
                }
            },
        }
    }

    /// What is left of it, in words. Lines end where the last page did, so that they can go on; of half a table nothing is left.
    pub(super) fn give_up(self) -> String {
        match self {
            Self::Terminal => String::new(),
            Self::Lines { part, file, whole_bytes } => match file.set_len(whole_bytes) {
                Ok(()) => format!("; what was found so far is in `{}`", part.part.display()),
                Err(_) => format!("; `{}` ends in the middle: remove it", part.part.display()),
            },
            Self::Table { part, table } => {
                drop(table);
                part.remove();
                String::new()
            }
        }
    }

    /// Whether it makes sense to go on.
    pub(super) const fn goes_on(&self) -> bool {
        !matches!(self, Self::Table { .. })
    }
}

fn lines(entries: &[Entry]) -> Result<Vec<u8>> {
    let mut page = Vec::new();
    for entry in entries {
        write_line(&mut page, entry)?;
    }
    Ok(page)
}

impl Part {
    fn of(path: &Path) -> Result<Self> {
        let name = path.file_name().with_context(|| format!("`{}` is no name of a file", path.display()))?;
        let mut part = name.to_owned();
        part.push(".part");
        let part = Self { part: path.with_file_name(part), path: path.to_owned() };
        part.is_free()?;
        Ok(part)
    }

    /// Nothing that is there is written over.
    fn is_free(&self) -> Result<()> {
        if self.path.try_exists()? {
            bail!("`{}` is there already", self.path.display());
        }
        Ok(())
    }

    fn begin(&self) -> Result<File> {
        File::options().write(true).create_new(true).open(&self.part).map_err(|error| match error.kind() {
            ErrorKind::AlreadyExists => {
                let part = self.part.display();
                anyhow::anyhow!("`{part}` was left by a replay that did not end: remove it, or go on with it")
            }
            _ => anyhow::Error::new(error).context(format!("`{}` cannot be written", self.part.display())),
        })
    }

    fn go_on(&self) -> Result<File> {
        let opened = File::options().append(true).open(&self.part);
        opened.with_context(|| format!("`{}` cannot be gone on with", self.part.display()))
    }

    fn name(self, file: &File) -> Result<()> {
        file.sync_all().with_context(|| format!("`{}` cannot be kept", self.part.display()))?;
        self.is_free()?;
        fs::rename(&self.part, &self.path)
            .with_context(|| format!("`{}` cannot be written", self.path.display()))
    }

    fn remove(&self) {
        if let Err(error) = fs::remove_file(&self.part) {
            tracing::warn!(error = %error, "what was begun of a table cannot be removed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audit::sample::entries;

    fn names(folder: &Path) -> Vec<String> {
        let mut names: Vec<String> = fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn a_file_has_its_name_once_it_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        for (name, format) in [("history.ndjson", Format::Ndjson), ("history.parquet", Format::Parquet)] {
            let path = folder.path().join(name);
            assert_eq!(Format::of(Some(&path)), format);
            let mut sink = Sink::open(Some(&path), format, false).unwrap();
            sink.page(&entries()).unwrap();
            assert!(!path.exists(), "{name}");
            assert!(Sink::open(Some(&path), format, false).is_err(), "another is writing it");
            sink.finish().unwrap();
            assert!(path.exists(), "{name}");
            assert!(Sink::open(Some(&path), format, false).is_err(), "it is there already");
        }
        assert_eq!(names(folder.path()), ["history.ndjson", "history.parquet"]);
    }

    #[test]
    fn what_was_given_up_does_not_look_whole_and_lines_go_on_at_a_pages_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("history.ndjson");
        let entries = entries();
        let mut sink = Sink::open(Some(&path), Format::Ndjson, false).unwrap();
        sink.page(&entries).unwrap();
        if let Sink::Lines { file, .. } = &mut sink {
            file.write_all(b"{\"half\":").unwrap();
        }
        assert!(sink.give_up().contains("history.ndjson.part"));
        assert_eq!(names(folder.path()), ["history.ndjson.part"]);
        let mut sink = Sink::open(Some(&path), Format::Ndjson, true).unwrap();
        sink.page(&entries).unwrap();
        sink.finish().unwrap();
        let twice = [lines(&entries).unwrap(), lines(&entries).unwrap()].concat();
        assert_eq!(fs::read(&path).unwrap(), twice);

        let path = folder.path().join("history.parquet");
        let mut sink = Sink::open(Some(&path), Format::Parquet, false).unwrap();
        sink.page(&entries).unwrap();
        assert!(!sink.goes_on());
        sink.give_up();
        assert_eq!(names(folder.path()), ["history.ndjson"], "of half a table nothing is left");
    }

    #[test]
    fn a_table_goes_to_a_file_and_from_its_beginning() {
        assert!(Sink::open(None, Format::Parquet, false).is_err());
        assert!(Sink::open(Some(Path::new("history.parquet")), Format::Parquet, true).is_err());
    }
}
