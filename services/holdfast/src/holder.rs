//! Who runs on a data directory: a lock that ends with its process, and the process's number for whoever wants to stop it.
use anyhow::{Context, Result, bail};
use std::{
    fs::{File, TryLockError},
    io::{ErrorKind, Read, Write},
    path::Path,
    thread,
    time::Duration,
};

/// Somebody who only looks has the lock for a moment, and one who has just taken it has not yet said its number.
const TRIES_MAX: u32 = 25;
const STEP: Duration = Duration::from_millis(20);

/// Lets go when dropped, and when the process ends in whatever way.
#[derive(Debug)]
pub(crate) struct Held(File);

impl Held {
    /// Refused while another process holds it. Of two that try at once, one succeeds.
    pub(crate) fn take(path: &Path) -> Result<Self> {
        let said = || format!("`{}` cannot be taken", path.display());
        let file = File::options().read(true).write(true).create(true).truncate(false).open(path);
        let mut file = file.with_context(said)?;
        for _ in 0..TRIES_MAX {
            match file.try_lock() {
                Ok(()) => {
                    file.set_len(0)
                        .and_then(|()| write!(file, "{}", std::process::id()))
                        .with_context(said)?;
                    return Ok(Self(file));
                }
                Err(TryLockError::WouldBlock) => thread::sleep(STEP),
                Err(TryLockError::Error(error)) => return Err(error).with_context(said),
            }
        }
        let who = process(path)?.map_or("another process".to_owned(), |id| format!("process {id}"));
        bail!("it runs already, as {who}: stop it with `holdfast down`, or use another data directory");
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        // The number of nobody; who looks goes by the lock.
        let _ = self.0.set_len(0);
    }
}

/// The process that holds it.
pub(crate) fn holder(path: &Path) -> Result<Option<u32>> {
    let file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error).with_context(|| format!("`{}` cannot be read", path.display())),
    };
    for _ in 0..TRIES_MAX {
        match file.try_lock_shared() {
            Ok(()) => return Ok(None),
            Err(TryLockError::WouldBlock) => {}
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        if let Some(id) = process(path)? {
            return Ok(Some(id));
        }
        thread::sleep(STEP);
    }
    bail!("`{}` is held by a process that does not say its number", path.display());
}

fn process(path: &Path) -> Result<Option<u32>> {
    let mut text = String::new();
    File::open(path)?.take(32).read_to_string(&mut text)?;
    Ok(text.trim().parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn it_is_held_by_one_at_a_time_who_is_known_by_number() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("holdfast.pid");
        assert_eq!(holder(&path).unwrap(), None);
        let held = Held::take(&path).unwrap();
        assert_eq!(holder(&path).unwrap(), Some(std::process::id()));
        let refused = Held::take(&path).unwrap_err().to_string();
        assert!(refused.contains(&std::process::id().to_string()), "{refused}");
        drop(held);
        assert_eq!(holder(&path).unwrap(), None);
        drop(Held::take(&path).unwrap());
    }

    /// As after a crash: the number may be a stranger's by now.
    #[test]
    fn a_number_without_a_lock_is_nobody() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("holdfast.pid");
        fs::write(&path, "1").unwrap();
        assert_eq!(holder(&path).unwrap(), None);
        let held = Held::take(&path).unwrap();
        assert_eq!(holder(&path).unwrap(), Some(std::process::id()));
        drop(held);
    }

    #[test]
    fn of_many_who_try_at_once_one_succeeds() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("holdfast.pid");
        let all: Vec<_> = thread::scope(|scope| {
            let tries: Vec<_> = (0..8).map(|_| scope.spawn(|| Held::take(&path))).collect();
            tries.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(all.iter().filter(|taken| taken.is_ok()).count(), 1);
    }
}
