//! A grant as the contracts write it: in answers and in public events alike.
use crate::domain::grant::{Grantee, ShownGrant};
use holdfast_host::mask;
use holdfast_proto::{Word, consent::v1 as pb, timestamp};

impl From<&ShownGrant> for pb::Grant {
    fn from(grant: &ShownGrant) -> Self {
        let terms = &grant.terms;
        Self {
            grant_id: grant.id.to_string(),
            patient_id: terms.patient.to_string(),
            grantee: Some(terms.grantee.into()),
            categories: terms.categories.iter().map(|word| word.to_proto()).collect(),
            actions: terms.actions.iter().map(|word| word.to_proto()).collect(),
            purposes: terms.purposes.iter().map(|word| word.to_proto()).collect(),
            from_time: Some(timestamp(terms.period.from())),
            until_time: terms.period.until().map(timestamp),
            revoked_time: grant.revoked.map(timestamp),
            given_by_account_id: terms.given_by.to_string(),
            revision: grant.revision,
            etag: mask::etag(grant.revision),
        }
    }
}

impl From<Grantee> for pb::Grantee {
    fn from(grantee: Grantee) -> Self {
        match grantee {
            Grantee::Account(account) => {
                Self { kind: Some(pb::grantee::Kind::AccountId(account.to_string())), role: 0 }
            }
            Grantee::Practice { practice, role } => Self {
                kind: Some(pb::grantee::Kind::PracticeId(practice.to_string())),
                role: role.to_proto(),
            },
        }
    }
}
