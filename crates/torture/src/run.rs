//! Rounds, one after the other, for as long as asked.
use crate::{
    Counts, Fault, Plan, Program, TortureError, round,
    round::{LISTENERS, PROCESSES},
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
const LISTENER_POINTS: &[&str] = &["inbox.effect", "inbox.committed", "inbox.taken_in"];

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
        faults.push(Fault::ListenerDiesAt(rng.random_range(0..LISTENERS), point, rng.random_range(1..20)));
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
}
