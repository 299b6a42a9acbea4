//! Which fields of a record its family proposes instead of changing: a table of what is locked where nobody says otherwise, and what the
//! practices of a network say beyond it.
pub mod chosen;

use super::content::Resource;
use super::differing::differing;
use holdfast_types::Category;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeSet;

/// All fields of a room.
pub const EVERY: &str = "*";
/// Whoever reads something may say a word to it (45 CFR 164.526(d)(2)): where all elements are locked one more note is none of them. Those
/// that stand are.
const NOTE: &str = "note";

/// A field of demographics, or an element of the resources of a room.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Lock {
    /// None: every room of items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub room: Option<Category>,
    pub field: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Strength {
    Open,
    /// A network may open it.
    UntilOpened,
    Always,
}

/// A line of the table: how strongly a field is locked in a network's record, and in one that stands free of any.
struct Row {
    room: Option<Category>,
    field: &'static str,
    network: Strength,
    free: Strength,
    /// On what it rests.
    source: &'static str,
}

const DEFAULTS: &[Row] = &[
    Row {
        room: Some(Category::Conditions),
        field: "code",
        network: Strength::Always,
        free: Strength::Always,
        source: "ICD-10-CM guidelines, section I.A.19: a diagnosis code rests on the provider's statement",
    },
    Row {
        room: Some(Category::Demographics),
        field: "identifiers",
        network: Strength::Always,
        free: Strength::Open,
        source: "FHIR R4 Patient.identifier: given by whoever assigns it",
    },
    Row {
        room: Some(Category::Demographics),
        field: "birth_date",
        network: Strength::UntilOpened,
        free: Strength::Open,
        source: "X12 270/271: a payer finds its member by number, name and birth date",
    },
    Row {
        room: Some(Category::Demographics),
        field: "family_name",
        network: Strength::UntilOpened,
        free: Strength::Open,
        source: "X12 270/271: a payer finds its member by number, name and birth date",
    },
    Row {
        room: Some(Category::Demographics),
        field: "given_name",
        network: Strength::UntilOpened,
        free: Strength::Open,
        source: "X12 270/271: a payer finds its member by number, name and birth date",
    },
    Row {
        room: None,
        field: EVERY,
        network: Strength::UntilOpened,
        free: Strength::Open,
        source: "45 CFR 164.526: a person asks to have a record amended, whoever keeps it accepts or denies",
    },
];

/// What is locked for a record's family, and where what it adds is reviewed first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Locks {
    pub locks: BTreeSet<Lock>,
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub reviewed: BTreeSet<Category>,
}

impl Locks {
    /// In a record of a network that says nothing of its own.
    pub fn of_networks() -> Self {
        Self::of(|row| row.network != Strength::Open)
    }

    /// In a record that stands free of any network.
    pub fn of_free_standing() -> Self {
        Self::of(|row| row.free != Strength::Open)
    }

    fn of(is_locked: fn(&Row) -> bool) -> Self {
        Self {
            locks: DEFAULTS.iter().filter(|row| is_locked(row)).map(Row::lock).collect(),
            reviewed: BTreeSet::new(),
        }
    }

    /// `EVERY` asks whether anything of the room is.
    pub fn closes(&self, room: Category, field: &str) -> bool {
        self.locks.iter().any(|lock| {
            let of_room = lock.room.map_or(room != Category::Demographics, |own| own == room);
            of_room && (lock.field == field || lock.field == EVERY || field == EVERY)
        })
    }

    /// The first element in which two versions of an item differ and which is locked in one of the rooms.
    pub fn closed_between(
        &self,
        rooms: [Category; 2],
        before: &Resource,
        after: &Resource,
    ) -> Option<String> {
        let read = |resource: &Resource| serde_json::from_str::<Value>(resource.as_str()).ok();
        let (Some(before), Some(after)) = (read(before), read(after)) else { return Some(EVERY.to_owned()) };
        let is_noted = is_added_to(before.get(NOTE), after.get(NOTE));
        elements(&before, &after).into_iter().find(|element| {
            let by_all = element != NOTE || !is_noted;
            rooms
                .iter()
                .any(|room| if by_all { self.closes(*room, element) } else { self.names(*room, element) })
        })
    }

    /// The field itself is locked, and not only with all others.
    fn names(&self, room: Category, field: &str) -> bool {
        self.locks.iter().any(|lock| lock.room.is_none_or(|own| own == room) && lock.field == field)
    }

    /// What a family adds to the room waits until somebody has looked at it.
    pub fn reviews(&self, room: Category) -> bool {
        self.reviewed.contains(&room)
    }

    /// Of what may never be opened, the first that is not locked here.
    pub fn lacks(&self) -> Option<Lock> {
        let required = DEFAULTS.iter().filter(|row| row.network == Strength::Always).map(Row::lock);
        required.into_iter().find(|lock| !self.locks.contains(lock))
    }
}

impl Row {
    fn lock(&self) -> Lock {
        Lock { room: self.room, field: self.field.to_owned() }
    }
}

impl Lock {
    fn row(&self) -> Option<&'static Row> {
        DEFAULTS.iter().find(|row| row.room == self.room && row.field == self.field)
    }

    /// No network may open it.
    pub fn is_required(&self) -> bool {
        self.row().is_some_and(|row| row.network == Strength::Always)
    }

    /// On what it rests; empty for what a network added.
    pub fn source(&self) -> &'static str {
        self.row().map_or("", |row| row.source)
    }

    /// As a refusal names it.
    pub fn place(&self) -> String {
        place(self.room, &self.field)
    }
}

/// A field with its room.
pub fn place(room: Option<Category>, field: &str) -> String {
    room.map_or_else(|| field.to_owned(), |room| format!("{room}.{field}"))
}

/// The elements of a resource in which two versions differ.
fn elements(before: &Value, after: &Value) -> BTreeSet<String> {
    let element = |place: &str| place.split(['.', '[']).next().unwrap_or_default().to_owned();
    differing(before, after).iter().map(|differing| element(&differing.place)).collect()
}

/// All that stood stands, in its order, and something follows.
fn is_added_to(before: Option<&Value>, after: Option<&Value>) -> bool {
    let (before, after) = (before.unwrap_or(&Value::Null), after.and_then(Value::as_array));
    let stood = before.as_array().map(Vec::as_slice).unwrap_or_default();
    (before.is_null() || before.is_array()) && after.is_some_and(|after| after.starts_with(stood))
}

#[cfg(test)]
mod tests;
