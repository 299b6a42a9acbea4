//! What somebody may ask for: rooms of one record, or something about records that is not their content.
use crate::policies::Kind;
use holdfast_types::{Action, Category, PatientId, TenantId};
use serde::{Deserialize, Serialize};

/// Categories of one patient's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub patient: PatientId,
    pub categories: Vec<Category>,
}

/// What is asked beside content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Oversight {
    /// Who looked at a record, for its holders.
    RecordHistory(PatientId),
    /// A tenant's history, possibly of one patient, for its compliance officer.
    TenantHistory { tenant: TenantId, patient: Option<PatientId> },
    /// How far the logs are heard and what is wrong with them.
    LogHealth,
    /// Tenants, and whatever belongs to none.
    Installation,
    /// A tenant's practices, accounts and roles.
    Tenant(TenantId),
    /// Who works at which practice, and the names on pages that show who did what.
    Directory,
    /// Whether a record's content is kept or destroyed: legal holds, and the erasure itself.
    Erasure(PatientId),
}

impl Oversight {
    pub const fn action(&self) -> Action {
        match self {
            Self::RecordHistory(_) | Self::TenantHistory { .. } | Self::LogHealth | Self::Directory => {
                Action::Read
            }
            Self::Installation | Self::Tenant(_) | Self::Erasure(_) => Action::Contribute,
        }
    }

    pub const fn patient(&self) -> Option<PatientId> {
        match self {
            Self::RecordHistory(patient) | Self::Erasure(patient) => Some(*patient),
            Self::TenantHistory { patient, .. } => *patient,
            Self::LogHealth | Self::Installation | Self::Tenant(_) | Self::Directory => None,
        }
    }

    pub const fn tenant(&self) -> Option<TenantId> {
        match self {
            Self::TenantHistory { tenant, .. } | Self::Tenant(tenant) => Some(*tenant),
            Self::RecordHistory(_)
            | Self::LogHealth
            | Self::Installation
            | Self::Directory
            | Self::Erasure(_) => None,
        }
    }

    /// The action and the type of resource by which the policies' schema knows it.
    pub const fn in_schema(&self) -> (&'static str, &'static str) {
        let (action, kind) = self.terms();
        (action, kind.word())
    }

    pub(crate) const fn terms(&self) -> (&'static str, Kind) {
        match self {
            Self::RecordHistory(_) | Self::TenantHistory { .. } => ("read-history", Kind::AuditLog),
            Self::LogHealth => ("read-log-health", Kind::LogHealth),
            Self::Installation => ("administer", Kind::Installation),
            Self::Tenant(_) => ("administer", Kind::Tenant),
            Self::Directory => ("look-up-people", Kind::Directory),
            Self::Erasure(_) => ("erase", Kind::Record),
        }
    }
}
