//! Rounds, one after the other, for as long as asked.
use crate::{
    Counts, Fault, Plan, Program, TortureError, round,
    round::{LISTENERS, PARKED_MIN, PROCESSES},
};
use holdfast_supervise::Binaries;
use rand::{Rng, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use std::{path::Path, time::Duration};
use tokio::time::Instant;

/// Faults of one round beside one of each kind.
const FAULTS_MORE: usize = 30;
const COMMANDS_BETWEEN: u64 = 500;
const WRITER_POINTS: &[&str] = &[
    "append.lanes_taken",
    "append.inserted",
    "append.commands_inserted",
    "append.projected",
    "append.committed",
    "relay.half_published",
    "relay.published",
    "relay.marked",
];
const LISTENER_POINTS: &[&str] =
    &["inbox.effect", "inbox.committed", "inbox.taken_in", "inbox.parked", "inbox.retried"];

pub struct Torture {
    pub time: Duration,
    pub writers: u16,
    pub seed: u64,
}

/// At least one round. Each begins with servers of its own in `dir`, so that hours need no more room than minutes.
pub async fn torture(
    torture: &Torture,
    binaries: &Binaries,
    dir: &Path,
    program: &Program,
    say: &(dyn Fn(String) + Sync),
) -> Result<Counts, TortureError> {
    let began = Instant::now();
    let mut counts = Counts::default();
    for number in 0.. {
        let seed = torture.seed.wrapping_add(number);
        let plan = Plan {
            writers: torture.writers,
            patients: 200,
            faults: faults(seed),
            commands_between: COMMANDS_BETWEEN,
            seed,
        };
        say(format!("round {}, seed {seed}, {} faults", number + 1, plan.faults.len()));
        counts += round(&plan, binaries, dir, program, say).await?;
        if began.elapsed() >= torture.time {
            break;
        }
    }
    Ok(counts)
}

/// Every kind and every named place once, and more, in an order of their own for each seed.
fn faults(seed: u64) -> Vec<Fault> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut faults = vec![Fault::KillNats, Fault::LoseNatsStore, Fault::RestartPostgres, Fault::KillPostgres];
    for point in WRITER_POINTS {
        faults.push(Fault::WritersDieAt(rng.random_range(0..PROCESSES), point, rng.random_range(1..50)));
    }
    for point in LISTENER_POINTS {
        let time = rng.random_range(1..PARKED_MIN as u32);
        faults.push(Fault::ListenerDiesAt(rng.random_range(0..LISTENERS), point, time));
    }
    for _ in 0..FAULTS_MORE {
        faults.push(match rng.random_range(0..10) {
            0..5 => Fault::KillWriters(rng.random_range(0..PROCESSES)),
            5..8 => Fault::KillListener(rng.random_range(0..LISTENERS)),
            8 => Fault::LoseNatsStore,
            _ => Fault::KillPostgres,
        });
    }
    faults.shuffle(&mut rng);
    faults
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_round_holds_every_kind_of_fault_in_an_order_of_its_seed() {
        for seed in 0..20 {
            let faults = faults(seed);
            for wanted in [Fault::LoseNatsStore, Fault::KillNats, Fault::RestartPostgres, Fault::KillPostgres]
            {
                assert!(faults.contains(&wanted), "{wanted:?}");
            }
            for point in WRITER_POINTS.iter().chain(LISTENER_POINTS) {
                let dies_here = |fault: &Fault| match fault {
                    Fault::WritersDieAt(_, at, _) | Fault::ListenerDiesAt(_, at, _) => at == point,
                    _ => false,
                };
                assert!(faults.iter().any(dies_here), "{point}");
            }
        }
        assert_ne!(faults(1), faults(2));
        assert_eq!(faults(1), faults(1));
    }

    #[test]
    fn every_named_place_of_the_event_log_is_tortured_and_has_a_crash_test() {
        let listed: BTreeSet<String> =
            WRITER_POINTS.iter().chain(LISTENER_POINTS).map(|point| (*point).to_owned()).collect();
        let log = Path::new(env!("CARGO_MANIFEST_DIR")).join("../eventlog/src");
        assert_eq!(named_in(&log), listed);
        let crashes = include_str!("../tests/crash.rs");
        for point in listed {
            assert!(
                crashes.contains(&format!("\"{point}\"")) || crashes.contains(&format!("\"{point}:")),
                "{point}"
            );
        }
    }

    /// What `fault::point` is told in the sources of a folder: a text, or the name of a constant of the same file.
    fn named_in(dir: &Path) -> BTreeSet<String> {
        let mut named = BTreeSet::new();
        for entry in std::fs::read_dir(dir).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                named.append(&mut named_in(&path));
                continue;
            }
            let source = std::fs::read_to_string(path).unwrap();
            for told in source.split("fault::point(").skip(1) {
                let told = told.split(')').next().unwrap();
                let constant = format!("const {told}: &str = ");
                let text = source.split_once(constant.as_str()).map_or(told, |(_, rest)| rest);
                named.insert(text.split('"').nth(1).unwrap().to_owned());
            }
        }
        named
    }
}
