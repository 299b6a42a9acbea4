//! Accounts, sessions, practices and roles as the contracts write them.
use crate::{
    FREE_STANDING,
    domain::Discipline,
    views::{AccountView, PracticeRow, SessionView},
};
use holdfast_access::RoleAssignment;
use holdfast_host::{Problem, catalogue, field, mask};
use holdfast_proto::{Word, identity::v1 as pb, timestamp};
use holdfast_types::{OrganizationKind, Role, SessionId};

/// Longest name of a person or an organisation.
const NAME_CHARACTERS_MAX: usize = 200;

pub(super) fn account(view: AccountView) -> pb::Account {
    pb::Account {
        account_id: view.id.to_string(),
        email: view.email.unwrap_or_default(),
        display_name: view.addressed.display_name,
        locale: view.addressed.locale,
        large_text: view.addressed.large_text,
        roles: roles(&view.roles),
        create_time: Some(timestamp(view.create_time)),
        etag: mask::etag(view.revision),
        discipline: discipline_word(view.discipline),
    }
}

pub(super) fn profile(view: AccountView) -> pb::Profile {
    pb::Profile {
        account_id: view.id.to_string(),
        display_name: view.addressed.display_name,
        discipline: discipline_word(view.discipline),
        roles: roles(&view.roles),
    }
}

pub(super) fn session(view: SessionView, current: Option<SessionId>) -> pb::Session {
    pb::Session {
        session_id: view.id.to_string(),
        user_agent: view.user_agent,
        create_time: Some(timestamp(view.create_time)),
        last_use_time: Some(timestamp(view.last_use_time)),
        expire_time: Some(timestamp(view.expire_time)),
        network: view.network.unwrap_or_default(),
        current: current == Some(view.id),
    }
}

pub(super) fn practice(row: PracticeRow) -> pb::Practice {
    pb::Practice {
        practice_id: row.practice.to_string(),
        tenant_id: row.tenant.to_string(),
        display_name: row.display_name,
        disciplines: row.disciplines,
        kind: row.kind.parse().map(OrganizationKind::to_proto).unwrap_or_default(),
        part_of_practice_id: row.part_of.map(|whole| whole.to_string()).unwrap_or_default(),
    }
}

/// Only operators may belong to no tenant.
pub(super) fn assignment(asked: Option<pb::RoleAssignment>) -> Result<RoleAssignment, Problem> {
    let pb::RoleAssignment { role, tenant_id, practice_id } = field::required("assignment", asked)?;
    let role = field::word("assignment.role", role)?;
    let practice = field::optional_id("assignment.practice_id", &practice_id)?;
    let tenant = match (role, field::optional_id("assignment.tenant_id", &tenant_id)?) {
        (_, Some(tenant)) => tenant,
        (Role::Operator, None) => FREE_STANDING,
        (_, None) => field::id("assignment.tenant_id", "")?,
    };
    Ok(RoleAssignment { role, tenant, practice })
}

pub(super) fn roles(roles: &[RoleAssignment]) -> Vec<pb::RoleAssignment> {
    let message = |held: &RoleAssignment| pb::RoleAssignment {
        role: held.role.to_proto(),
        tenant_id: if held.tenant == FREE_STANDING { String::new() } else { held.tenant.to_string() },
        practice_id: held.practice.map(|id| id.to_string()).unwrap_or_default(),
    };
    roles.iter().map(message).collect()
}

pub(super) fn name(field: &str, text: &str) -> Result<String, Problem> {
    field::line(field, text, 1, NAME_CHARACTERS_MAX)
}

pub(super) fn discipline(field: &str, word: &str) -> Result<Option<Discipline>, Problem> {
    match word {
        "" => Ok(None),
        word => Discipline::parse(word).map(Some).ok_or_else(|| {
            Problem::of_field(
                catalogue::FIELD_INVALID,
                field,
                "expected `aba`, `speech`, `occupational` or `physical`",
            )
        }),
    }
}

fn discipline_word(discipline: Option<Discipline>) -> String {
    discipline.map(|word| word.as_str().to_owned()).unwrap_or_default()
}

/// The shape of a BCP 47 tag (RFC 5646): subtags of one to eight letters and digits, the first of letters. Empty means `en`.
pub(super) fn locale(field: &str, text: &str) -> Result<String, Problem> {
    if text.is_empty() {
        return Ok("en".to_owned());
    }
    let subtag =
        |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let language = text.split('-').next().unwrap_or_default();
    let sound = text.len() <= 35
        && text.split('-').all(subtag)
        && (2..=8).contains(&language.len())
        && language.bytes().all(|byte| byte.is_ascii_alphabetic());
    match sound {
        true => Ok(text.to_owned()),
        false => {
            Err(Problem::of_field(catalogue::FIELD_INVALID, field, "expected a BCP 47 tag, e.g. `es-MX`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_language_is_a_tag_and_english_when_none_is_said() {
        for (text, read) in [("", "en"), ("es", "es"), ("es-MX", "es-MX"), ("zh-Hant-TW", "zh-Hant-TW")] {
            assert_eq!(locale("locale", text).unwrap(), read);
        }
        for text in [
            "e",
            "es_MX",
            "es--MX",
            "1s",
            "español",
            "en-abcdefghi",
            "en-aaaaaaaa-aaaaaaaa-aaaaaaaa-aaaaaaaa",
        ] {
            assert_eq!(locale("locale", text).unwrap_err().reason(), catalogue::FIELD_INVALID, "{text}");
        }
    }
}
