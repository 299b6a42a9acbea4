//! What a care team sees of somebody whom it treats, as a holder agreed to it: one grant for each line.
use super::{Grantee, Terms};
use crate::domain::care::{self, Line};
use chrono::{DateTime, Utc};
use holdfast_types::{AccountId, Basis, PatientId, Period, PracticeId};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Treating {
    pub patient: PatientId,
    pub practice: PracticeId,
    /// The holder who agreed.
    pub by: AccountId,
    pub line: Line,
    pub now: DateTime<Utc>,
}

impl Treating {
    /// From now on, until the treating relationship ends or somebody revokes it.
    pub(super) fn terms(self) -> Terms {
        let Self { patient, practice, by, line: Line { role, categories, actions }, now } = self;
        let purposes = care::purposes(role);
        Terms {
            patient,
            given_by: by,
            grantee: Grantee::Practice { practice, role },
            categories,
            actions,
            purposes,
            period: Period::since(now),
            narrowing: None,
            basis: Basis::Treatment,
            reason: String::new(),
            replaces: None,
            uses_max: None,
        }
    }
}
