//! The demo network: three synthetic therapy practices, their people and forty families, grown from a seed.
//!
//! `network(seed, today)` is pure: the same seed and day give the same network, byte for byte. Every entity has
//! a stable [`Key`], from which a loader derives its ids. All people, places and payers are invented; names come
//! from a made-up list, addresses end in `.example`, telephone numbers lie in 555-0100 … 555-0199.
//!
//! Layers, each in its own room: `roster` says who there is, `calendar` books weekly slots that never collide,
//! `attendance` lives through them, `goals` plans, `progress` measures, `sessions` and `notes` write, and
//! `record` binds one patient's record together.

mod attendance;
mod bank;
mod billing;
mod calendar;
mod clinical;
mod conversation;
mod coverage;
mod dice;
mod documents;
mod goals;
mod home;
mod model;
mod names;
mod notes;
mod pdf;
mod place;
mod progress;
mod record;
mod roster;
mod sessions;
mod staff;

pub use billing::units;
pub use model::*;

use chrono::NaiveDate;

/// Builds the whole network as it stands at the start of `today`.
pub fn network(seed: u64, today: NaiveDate) -> Network {
    let staff = staff::roster(seed, today);
    let roster = roster::roster(seed, today);
    let slots = calendar::book(seed, &roster.blueprints);
    let visits = attendance::live(seed, today, &roster.blueprints, &slots);
    let patients = roster
        .blueprints
        .iter()
        .zip(&visits)
        .map(|(blueprint, visits)| {
            record::write(record::Care { seed, today, blueprint, visits, staff: &staff })
        })
        .collect();
    Network {
        seed,
        today,
        tenant: Tenant {
            key: Key::new("tenant-demo"),
            name: "Mesquite Bend Therapy Network (demo)".to_owned(),
            label: SYNTHETIC,
        },
        practices: place::practices(),
        teams: place::teams(),
        partners: place::partners(),
        people: staff.into_iter().chain(roster.people).collect(),
        patients,
    }
}
