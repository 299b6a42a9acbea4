//! A process and all that came from it, as Linux shows them under /proc: which they are, and what memory they hold.
use super::machine::kilobytes;
use std::{collections::BTreeMap, fs, path::Path};

/// What the process and its descendants hold of memory together, but for those that run by one of these names, and theirs. None where the
/// process is gone, or its memory cannot be read.
pub(super) fn resident_kb(first: u32, without: &[&str]) -> Option<u64> {
    let held = |id: u32| kilobytes(&format!("/proc/{id}/status"), "VmRSS:");
    let others = family(first, without).into_iter().filter(|id| *id != first);
    // Who has ended meanwhile holds nothing.
    Some(held(first)? + others.filter_map(held).sum::<u64>())
}

/// The process itself is the first.
fn family(first: u32, without: &[&str]) -> Vec<u32> {
    let mut children: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (id, parent) in processes(without) {
        children.entry(parent).or_default().push(id);
    }
    let mut found = vec![first];
    let mut at = 0;
    while let Some(id) = found.get(at) {
        found.extend(children.remove(id).unwrap_or_default());
        at += 1;
    }
    found
}

/// Each with its parent.
fn processes(without: &[&str]) -> Vec<(u32, u32)> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    let ids = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok());
    ids.filter_map(|id: u32| Some((id, parent(id, without)?))).collect()
}

fn parent(id: u32, without: &[&str]) -> Option<u32> {
    let status = fs::read_to_string(Path::new("/proc").join(id.to_string()).join("status")).ok()?;
    let field = |name: &str| status.lines().find_map(|line| line.strip_prefix(name)).map(str::trim);
    let left_out = field("Name:").is_none_or(|name| without.contains(&name));
    if left_out { None } else { field("PPid:")?.parse().ok() }
}

#[cfg(test)]
#[cfg(target_os = "linux")]
mod tests {
    use super::*;
    use std::process::{Child, Command, Stdio};

    /// A shell with a child, and that one's memory, once both run.
    fn shell() -> (Child, u64) {
        let mut shell = Command::new("sh").args(["-c", "cat; true"]).stdin(Stdio::piped()).spawn().unwrap();
        loop {
            assert!(shell.try_wait().unwrap().is_none());
            let found = family(shell.id(), &[]);
            let name = |id: &u32| fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
            if let Some(cat) = found.iter().find(|id| name(id) == "cat\n") {
                assert_eq!(found.len(), 2);
                if let Some(held) = kilobytes(&format!("/proc/{cat}/status"), "VmRSS:") {
                    return (shell, held);
                }
            }
            std::thread::yield_now();
        }
    }

    #[test]
    fn what_descendants_hold_counts_but_for_those_that_are_named() {
        let (mut shell, held) = shell();
        let id = shell.id();
        let alone = kilobytes(&format!("/proc/{id}/status"), "VmRSS:").unwrap();
        assert!(held > 0 && alone > 0);
        assert_eq!(resident_kb(id, &["cat"]), Some(alone));
        assert!(resident_kb(id, &["nats-server"]).unwrap() > alone);
        assert!(family(std::process::id(), &[]).contains(&id));
        // Who is left out takes its own along.
        assert_eq!(family(std::process::id(), &["sh"]).iter().filter(|found| **found == id).count(), 0);
        drop(shell.stdin.take());
        assert!(shell.wait().unwrap().success());
        assert_eq!(resident_kb(id, &[]), None, "it is gone");
    }
}
