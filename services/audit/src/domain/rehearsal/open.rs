//! What of a record is open to somebody, compared with what would be.
use std::collections::{BTreeMap, BTreeSet};

/// What is open, and the parts of it; no parts where all of it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Open<Room: Ord>(BTreeMap<Room, BTreeSet<String>>);

impl<Room: Ord + Copy> Open<Room> {
    /// What is open in several ways is open in all of them.
    pub(super) fn of(rooms: impl IntoIterator<Item = (Room, BTreeSet<String>)>) -> Self {
        let mut open: BTreeMap<Room, BTreeSet<String>> = BTreeMap::new();
        for (room, parts) in rooms {
            match open.get_mut(&room) {
                None => drop(open.insert(room, parts)),
                Some(known) if known.is_empty() || parts.is_empty() => known.clear(),
                Some(known) => known.extend(parts),
            }
        }
        Self(open)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Rooms of which more is open here than there.
    pub(super) fn beyond(&self, there: &Self) -> Vec<Room> {
        let more = |room: &&Room| match (self.0.get(room), there.0.get(room)) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(here), Some(there)) if here.is_empty() || there.is_empty() => {
                here.is_empty() && !there.is_empty()
            }
            (Some(here), Some(there)) => !here.is_subset(there),
        };
        self.0.keys().filter(more).copied().collect()
    }

    /// Those of them of which not all is open at one place and nothing at the other.
    pub(super) fn in_part(&self, there: &Self, rooms: &[Room]) -> Vec<Room> {
        let parts = |of: &Self, room: &Room| of.0.get(room).is_some_and(|parts| !parts.is_empty());
        let both = |room: &Room| self.0.contains_key(room) && there.0.contains_key(room);
        rooms.iter().filter(|room| parts(self, room) || parts(there, room) || both(room)).copied().collect()
    }
}
