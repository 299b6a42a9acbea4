//! A grant, a mark and a span as the contracts write them: in answers and in public events alike.
use crate::domain::{
    grant::{Grantee, ShownGrant},
    mark::{KeptFrom, Mark, Marked},
};
use holdfast_host::mask;
use holdfast_proto::{Word, consent::v1 as pb, timestamp};
use holdfast_types::{Narrowing, PatientId, Span};

/// For whoever decides by it: without the reason, which is the holders' own.
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
            basis: terms.basis.to_proto(),
            reason: String::new(),
            narrowing: terms.narrowing.as_ref().map(narrowing_of),
            replaces_grant_id: terms.replaces.map(|id| id.to_string()).unwrap_or_default(),
            uses_max: terms.uses_max.map(number).unwrap_or_default(),
            use_count: number(grant.uses.count),
            last_use_time: grant.uses.last.map(timestamp),
            visit_until_time: grant.uses.visit_until.map(timestamp),
            replaced_by_grant_id: grant.replaced_by.map(|id| id.to_string()).unwrap_or_default(),
        }
    }
}

/// Of visits, of which there are few.
fn number(count: u32) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
}

fn narrowing_of(narrowing: &Narrowing) -> pb::Narrowing {
    pb::Narrowing {
        item_ids: narrowing.items.iter().map(ToString::to_string).collect(),
        author_account_ids: narrowing.authors.iter().map(ToString::to_string).collect(),
        occurred_from_time: narrowing.since.map(timestamp),
        occurred_until_time: narrowing.until.map(timestamp),
    }
}

/// In an answer to a holder: with what was said by whoever took it in an emergency.
pub(crate) fn to_holder(grant: &ShownGrant) -> pb::Grant {
    pb::Grant { reason: grant.terms.reason.clone(), ..grant.into() }
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

/// For whoever decides by it: without the reason, which is the holders' own.
pub(crate) fn mark_of(patient: PatientId, mark: &Mark) -> pb::Mark {
    let what = match mark.what {
        Marked::Category(category) => pb::marked::Kind::Category(category.to_proto()),
        Marked::Item(item) => pb::marked::Kind::ItemId(item.to_string()),
        Marked::Author(author) => pb::marked::Kind::AuthorAccountId(author.to_string()),
    };
    let kept_from = match mark.kept_from {
        KeptFrom::Everybody => None,
        KeptFrom::Account(account) => Some(pb::kept_from::Kind::AccountId(account.to_string())),
        KeptFrom::Practice(practice) => Some(pb::kept_from::Kind::PracticeId(practice.to_string())),
    };
    pb::Mark {
        mark_id: mark.mark.to_string(),
        patient_id: patient.to_string(),
        what: Some(pb::Marked { kind: Some(what) }),
        kept_from: kept_from.map(|kind| pb::KeptFrom { kind: Some(kind) }),
        reason: String::new(),
        set_by_account_id: mark.by.to_string(),
        set_time: Some(timestamp(mark.set)),
    }
}

pub(crate) fn span_of(span: &Span) -> pb::Span {
    pb::Span {
        account_id: span.account.to_string(),
        relationship: span.relationship.to_proto(),
        categories: span.categories.iter().map(|word| word.to_proto()).collect(),
        actions: span.actions.iter().map(|word| word.to_proto()).collect(),
        from_time: Some(timestamp(span.period.from())),
        until_time: span.period.until().map(timestamp),
        authority_id: span.authority.map(|authority| authority.to_string()).unwrap_or_default(),
    }
}
