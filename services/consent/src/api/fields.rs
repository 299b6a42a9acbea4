//! Fields that only consent reads, and the record of a list as the contract writes it.
use crate::{
    app::Replaced,
    domain::{grant::Grantee, record::FREE_STANDING},
    views::RecordAccess,
};
use holdfast_access::Roles;
use holdfast_host::{Problem, catalogue, field, mask};
use holdfast_proto::{Word, consent::v1 as pb};
use holdfast_types::{
    Action, Category, IdParseError, ItemId, Narrowing, PatientId, Relationship, Role, TenantId,
};
use std::str::FromStr;

pub(super) const CATEGORIES_MAX: usize = 30;
pub(super) const PURPOSES_MAX: usize = 7;
const ACTIONS_MAX: usize = 4;

/// Empty is none, and so is the id that stands for no tenant.
pub(super) fn tenant(text: &str) -> Result<Option<TenantId>, Problem> {
    Ok(field::optional_id("tenant_id", text)?.filter(|tenant| *tenant != FREE_STANDING))
}

/// The nil id names no patient.
pub(super) fn new_patient(text: &str) -> Result<Option<PatientId>, Problem> {
    match field::optional_id::<PatientId>("patient_id", text)? {
        Some(patient) if patient.uuid().is_nil() => {
            Err(Problem::of_field(catalogue::FIELD_INVALID, "patient_id", "the nil UUID names nobody"))
        }
        patient => Ok(patient),
    }
}

/// Grants never reach as far as sharing: that is for holders.
pub(super) fn actions(numbers: &[i32]) -> Result<Vec<Action>, Problem> {
    let actions = field::words("actions", numbers, ACTIONS_MAX)?;
    if actions.contains(&Action::Share) {
        return Err(Problem::of_field(catalogue::FIELD_INVALID, "actions", "only a holder shares"));
    }
    Ok(actions)
}

pub(super) fn grantee(message: Option<pb::Grantee>) -> Result<Grantee, Problem> {
    let pb::Grantee { kind, role } = field::required("grantee", message)?;
    let role = field::optional_word("grantee.role", role)?;
    match (field::required("grantee.kind", kind)?, role) {
        (pb::grantee::Kind::AccountId(account), None) => {
            Ok(Grantee::Account(field::id("grantee.account_id", &account)?))
        }
        (pb::grantee::Kind::PracticeId(practice), role)
            if role.is_none_or(|role| Roles::table().is_to_share_with(role)) =>
        {
            let practice = field::id("grantee.practice_id", &practice)?;
            Ok(Grantee::Practice { practice, role: role.unwrap_or(Role::Therapist) })
        }
        _ => Err(Problem::of_field(
            catalogue::FIELD_INVALID,
            "grantee.role",
            "none with a person, and one to share with at an organisation",
        )),
    }
}

/// None: as often as they want.
pub(super) fn uses_max(number: i32) -> Result<Option<u32>, Problem> {
    let negative = |_| Problem::of_field(catalogue::FIELD_INVALID, "uses_max", "a number of visits");
    Ok(Some(u32::try_from(number).map_err(negative)?).filter(|number| *number > 0))
}

/// The grant that another is a change of.
pub(super) fn replaced(grant: &str, etag: &str) -> Result<Option<Replaced>, Problem> {
    let seen = mask::revision(etag)?;
    match (field::optional_id("replaces_grant_id", grant)?, seen) {
        (None, Some(_)) => Err(Problem::of_field(catalogue::FIELD_INVALID, "replaces_etag", "of no grant")),
        (grant, seen) => Ok(grant.map(|grant| Replaced { grant, seen })),
    }
}

/// How much it may name is the grant's own rule.
pub(super) fn narrowing(message: pb::Narrowing) -> Result<Narrowing, Problem> {
    let (items, authors) = (message.item_ids, message.author_account_ids);
    Ok(Narrowing {
        items: ids::<ItemId>("narrowing.item_ids", &items)?.into_iter().map(ItemId::uuid).collect(),
        authors: ids("narrowing.author_account_ids", &authors)?,
        since: field::time("narrowing.occurred_from_time", message.occurred_from_time.as_ref())?,
        until: field::time("narrowing.occurred_until_time", message.occurred_until_time.as_ref())?,
    })
}

fn ids<T: FromStr<Err = IdParseError>>(name: &str, texts: &[String]) -> Result<Vec<T>, Problem> {
    texts.iter().enumerate().map(|(at, text)| field::id(&format!("{name}[{at}]"), text)).collect()
}

impl From<RecordAccess> for pb::RecordAccess {
    fn from(access: RecordAccess) -> Self {
        let free_standing = access.tenant == FREE_STANDING;
        Self {
            patient_id: access.patient.to_string(),
            tenant_id: if free_standing { String::new() } else { access.tenant.to_string() },
            relationship: access.relationship.map(Word::to_proto).unwrap_or_default(),
            grants: access.grants.iter().map(Into::into).collect(),
            not_held: access.not_held.into_iter().map(not_held).collect(),
        }
    }
}

fn not_held((action, categories): (Action, Vec<Category>)) -> pb::NotHeld {
    let categories = categories.into_iter().map(Word::to_proto).collect();
    pb::NotHeld { action: action.to_proto(), categories }
}

/// Who was named is the person or a parent; whoever else acts for somebody does so by an authority.
pub(super) fn named(number: i32) -> Result<Relationship, Problem> {
    match field::word("relationship", number)? {
        named @ (Relationship::Patient | Relationship::Parent) => Ok(named),
        Relationship::Guardian | Relationship::Proxy => Err(Problem::of_field(
            catalogue::FIELD_INVALID,
            "relationship",
            "the person or a parent; others take an authority",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "01890000-0000-7000-8000-000000000001";

    fn to_practice(role: Option<Role>) -> pb::Grantee {
        let role = role.map(Word::to_proto).unwrap_or_default();
        pb::Grantee { kind: Some(pb::grantee::Kind::PracticeId(ID.into())), role }
    }

    fn reason<T: std::fmt::Debug>(result: Result<T, Problem>) -> &'static str {
        result.unwrap_err().reason().name()
    }

    #[test]
    fn a_practice_means_its_therapists_unless_said_otherwise() {
        let practice = ID.parse().unwrap();
        for (said, meant) in [(None, Role::Therapist), (Some(Role::PayerReviewer), Role::PayerReviewer)] {
            assert_eq!(
                grantee(Some(to_practice(said))).unwrap(),
                Grantee::Practice { practice, role: meant }
            );
        }
    }

    #[test]
    fn a_grantee_that_nobody_could_be_is_refused() {
        let kind = Some(pb::grantee::Kind::AccountId(ID.into()));
        let with_role = pb::Grantee { kind: kind.clone(), role: Role::Therapist.to_proto() };
        assert_eq!(reason(grantee(None)), "FIELD_MISSING");
        assert_eq!(reason(grantee(Some(pb::Grantee { kind: None, role: 0 }))), "FIELD_MISSING");
        assert_eq!(reason(grantee(Some(with_role))), "FIELD_INVALID");
        for role in
            [Role::ComplianceOfficer, Role::Support, Role::PracticeAdministrator, Role::ServiceAccount]
        {
            assert_eq!(reason(grantee(Some(to_practice(Some(role))))), "FIELD_INVALID", "{role}");
        }
        let unreadable = pb::Grantee { kind: Some(pb::grantee::Kind::AccountId("seven".into())), role: 0 };
        assert_eq!(reason(grantee(Some(unreadable))), "ID_MALFORMED");
    }

    #[test]
    fn sharing_itself_is_not_shared() {
        assert_eq!(reason(actions(&[Action::Share.to_proto()])), "FIELD_INVALID");
        assert_eq!(reason(actions(&[Action::Read.to_proto(); 5])), "TOO_MANY");
        assert_eq!(actions(&[Action::Read.to_proto()]).unwrap(), [Action::Read]);
    }

    #[test]
    fn nobody_is_registered_under_the_nil_id() {
        assert_eq!(reason(new_patient("00000000-0000-0000-0000-000000000000")), "FIELD_INVALID");
        assert_eq!(new_patient("").unwrap(), None);
    }
}
