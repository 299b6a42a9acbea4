//! The operating-system account that PostgreSQL runs as: it refuses to run as root.

use std::fs::{self, Metadata};
use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::Path;
use std::process::Command;

use nix::unistd::{User, geteuid};

use crate::error::{Error, at};

/// `None` inside: the account of this very process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Account(Option<Ids>);

#[derive(Debug, Clone, Copy)]
struct Ids {
    user: u32,
    group: u32,
}

impl Account {
    /// This process's own account; for root `postgres`, else `nobody`.
    pub(crate) fn for_postgres() -> Result<Self, Error> {
        if !geteuid().is_root() {
            return Ok(Self(None));
        }
        ["postgres", "nobody"]
            .into_iter()
            .find_map(|name| User::from_name(name).ok().flatten())
            .map(|user| Self(Some(Ids { user: user.uid.as_raw(), group: user.gid.as_raw() })))
            .ok_or(Error::NoAccount)
    }

    pub(crate) fn run<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        match self.0 {
            Some(ids) => command.uid(ids.user).gid(ids.group),
            None => command,
        }
    }

    pub(crate) fn give(&self, path: &Path) -> Result<(), Error> {
        match self.0 {
            Some(ids) => chown(path, Some(ids.user), Some(ids.group)).map_err(at("give away", path)),
            None => Ok(()),
        }
    }

    /// Whether the account can pass through `dir` and every directory above it.
    pub(crate) fn reaches(&self, dir: &Path) -> bool {
        let Some(ids) = self.0 else { return true };
        dir.ancestors().all(|dir| fs::metadata(dir).is_ok_and(|found| ids.may_enter(&found)))
    }

    /// A directory that nobody else can enter; one that someone else put there is refused.
    pub(crate) fn private_dir(&self, dir: &Path) -> Result<(), Error> {
        match fs::create_dir(dir) {
            Ok(()) => {
                fs::set_permissions(dir, fs::Permissions::from_mode(0o700)).map_err(at("restrict", dir))?;
                self.give(dir)
            }
            Err(taken) if taken.kind() == std::io::ErrorKind::AlreadyExists => {
                let found = fs::symlink_metadata(dir).map_err(at("look at", dir))?;
                let owner = self.0.map_or_else(|| geteuid().as_raw(), |ids| ids.user);
                let private = found.is_dir() && found.uid() == owner && found.mode() & 0o077 == 0;
                if private { Ok(()) } else { Err(Error::NotPrivate { dir: dir.to_owned() }) }
            }
            Err(source) => Err(at("create", dir)(source)),
        }
    }
}

impl Ids {
    fn may_enter(self, dir: &Metadata) -> bool {
        let bit = if dir.uid() == self.user {
            0o100
        } else if dir.gid() == self.group {
            0o010
        } else {
            0o001
        };
        dir.mode() & bit != 0
    }
}
