//! What somebody may ask for: rooms of one record, or something about records that is not their content.
use crate::{RoleAssignment, Within, policies::Kind, within::ALL};
use holdfast_types::{Action, Category, PatientId, PracticeId, Purpose, Role, TenantId};
use serde::{Deserialize, Serialize};

/// Categories of one patient's record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    pub patient: PatientId,
    pub categories: Vec<Category>,
}

/// Categories of one patient's record, of some of them perhaps only a part: whoever reads leaves out what is not within.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    record: Record,
    within: Within,
}

/// Rooms of one record, as wholes or in part.
pub trait OfRecord {
    fn record(&self) -> &Record;
    fn within(&self) -> &Within;
}

/// What a permit for rooms is made of.
pub(crate) trait Rooms: OfRecord + Sized {
    /// Whether whoever answers leaves out what is not granted.
    const IN_PART: bool;
    fn of(record: Record, within: Within) -> Self;
}

impl OfRecord for Record {
    fn record(&self) -> &Record {
        self
    }
    fn within(&self) -> &Within {
        &ALL
    }
}

impl Rooms for Record {
    const IN_PART: bool = false;
    fn of(record: Record, _: Within) -> Self {
        record
    }
}

impl OfRecord for Parts {
    fn record(&self) -> &Record {
        &self.record
    }
    fn within(&self) -> &Within {
        &self.within
    }
}

impl Rooms for Parts {
    const IN_PART: bool = true;
    fn of(record: Record, within: Within) -> Self {
        Self { record, within }
    }
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
    /// Opening a record without its holders' word.
    Emergency(PatientId),
    /// Whether that was right.
    EmergencyReview(PatientId),
    /// Who acts for the person of a record, on evidence that was seen; and that somebody does not for a while.
    Authority(PatientId),
    /// Whether that was right.
    AuthorityReview(PatientId),
    /// Whether those who hold a tenant's roles are to hold them.
    AccessReview(TenantId),
    /// Giving or taking this role.
    Role(RoleAssignment),
    /// Whom a practice treats.
    Treatments(PracticeId),
    /// What its care team is to see of them.
    TreatmentPolicy(PracticeId),
}

impl Oversight {
    pub const fn action(&self) -> Action {
        match self {
            Self::RecordHistory(_)
            | Self::TenantHistory { .. }
            | Self::LogHealth
            | Self::Directory
            | Self::Treatments(_) => Action::Read,
            Self::TreatmentPolicy(_)
            | Self::Installation
            | Self::Tenant(_)
            | Self::Erasure(_)
            | Self::Emergency(_)
            | Self::EmergencyReview(_)
            | Self::Authority(_)
            | Self::AuthorityReview(_)
            | Self::AccessReview(_)
            | Self::Role(_) => Action::Contribute,
        }
    }

    pub const fn patient(&self) -> Option<PatientId> {
        match self {
            Self::RecordHistory(patient)
            | Self::Erasure(patient)
            | Self::Emergency(patient)
            | Self::EmergencyReview(patient)
            | Self::Authority(patient)
            | Self::AuthorityReview(patient) => Some(*patient),
            Self::TenantHistory { patient, .. } => *patient,
            Self::LogHealth
            | Self::Installation
            | Self::Tenant(_)
            | Self::Directory
            | Self::AccessReview(_)
            | Self::Role(_)
            | Self::Treatments(_)
            | Self::TreatmentPolicy(_) => None,
        }
    }

    pub const fn practice(&self) -> Option<PracticeId> {
        match self {
            Self::Treatments(practice) | Self::TreatmentPolicy(practice) => Some(*practice),
            _ => None,
        }
    }

    pub const fn tenant(&self) -> Option<TenantId> {
        match self {
            Self::TenantHistory { tenant, .. } | Self::Tenant(tenant) | Self::AccessReview(tenant) => {
                Some(*tenant)
            }
            Self::Role(RoleAssignment { role: Role::Operator | Role::ServiceAccount, .. }) => None,
            Self::Role(RoleAssignment { tenant, .. }) => Some(*tenant),
            Self::RecordHistory(_)
            | Self::LogHealth
            | Self::Installation
            | Self::Directory
            | Self::Erasure(_)
            | Self::Emergency(_)
            | Self::EmergencyReview(_)
            | Self::Authority(_)
            | Self::AuthorityReview(_)
            | Self::Treatments(_)
            | Self::TreatmentPolicy(_) => None,
        }
    }

    /// What somebody asks it for who does not say why; a record's history, whoever holds it, for what they hold it.
    pub(crate) const fn usual_purpose(&self) -> Purpose {
        match self {
            Self::Emergency(_) => Purpose::EmergencyTreatment,
            Self::RecordHistory(_)
            | Self::TenantHistory { .. }
            | Self::Directory
            | Self::Erasure(_)
            | Self::EmergencyReview(_)
            | Self::Authority(_)
            | Self::AuthorityReview(_)
            | Self::AccessReview(_)
            | Self::Treatments(_)
            | Self::TreatmentPolicy(_) => Purpose::Operations,
            Self::LogHealth | Self::Installation | Self::Tenant(_) | Self::Role(_) => {
                Purpose::SystemAdministration
            }
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
            // The installation's roles are not a tenant's to give.
            Self::Role(_) if self.tenant().is_none() => ("administer", Kind::Installation),
            Self::Role(_) => ("administer", Kind::Tenant),
            Self::Directory => ("look-up-people", Kind::Directory),
            Self::Erasure(_) => ("erase", Kind::Record),
            Self::Emergency(_) => ("open-in-emergency", Kind::Record),
            Self::EmergencyReview(_) => ("review-emergency", Kind::Record),
            Self::Authority(_) => ("attest-authority", Kind::Record),
            Self::AuthorityReview(_) => ("review-authority", Kind::Record),
            Self::AccessReview(_) => ("review-access", Kind::Tenant),
            Self::Treatments(_) => ("keep-treatments", Kind::Practice),
            Self::TreatmentPolicy(_) => ("set-treatment-policy", Kind::Practice),
        }
    }
}
