//! Read models of consent: the tables of access, kept by consent itself, and what its own answers need beside them.
//!
//! In the clear stand ids, words and times only; why somebody opened a record in an emergency stands in the log alone.
mod emergencies;
mod erased;
mod grants;
mod links;
mod noted;
mod projection;
mod records;
mod row;
mod treatments;
mod unreviewed;
mod wishes;

pub use emergencies::{EmergencyCursor, Taken, emergencies, waiting};
pub use erased::{erased, erased_documents};
pub use grants::{Cursor, Listed, grant, grants, patient_of, unended};
pub use links::{KnownLink, ListedLink, is_link, known_link, links};
pub use noted::Noted;
pub use projection::Consent;
pub use records::{GRANTS_PER_RECORD_MAX, RecordAccess, accesses, candidates};
pub use row::ViewsError;
pub use treatments::{
    Place, families_waiting, policy_versions, standing_at, treatment_of, treatment_policy, treatments,
    treatments_at, unended_treatments,
};
pub use unreviewed::{Unreviewed, unreviewed, unreviewed_count};
pub use wishes::{Asked, wish_count, wishes};

use holdfast_eventlog::schema::Migrator;

/// Both sets of tables, in one schema.
pub fn migrations() -> Migrator {
    let own = sqlx::migrate!("migrations/views");
    Migrator::with_migrations(holdfast_access::views::MIGRATIONS.iter().chain(own.iter()).cloned().collect())
}
