//! What families of a network may only propose to change, and where what they add is reviewed: for the network's administrators.
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Tab,
        locks::Locks,
        parts::{Choice, Fact, Problem},
        sharing::Question,
        show, show_as,
    },
    site::Site,
    visitor::Signed,
};
use axum::{
    Router,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use holdfast_host::catalogue;
use holdfast_proto::{
    Word as _,
    records::v1::{FieldLock, ListFieldLocksRequest, ListFieldLocksResponse, SetFieldLocksRequest},
};
use holdfast_types::{Category, Role};
use http::StatusCode;
use std::sync::Arc;

const PERSON: [&str; 11] = [
    "given_name",
    "family_name",
    "preferred_name",
    "birth_date",
    "gender",
    "address",
    "phone",
    "email",
    "languages",
    "identity_language",
    "identifiers",
];
const EVERY: &str = "*";

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/locks", get(page).post(save))
}

/// The network that the account administers.
fn tenant(signed: &Signed) -> Result<String, Failure> {
    let mut held = signed.who.account.roles.iter();
    let held = held.find(|held| Role::from_proto(held.role) == Some(Role::PracticeAdministrator));
    held.map(|held| held.tenant_id.clone()).ok_or_else(Failure::not_shown)
}

async fn stands(signed: &Signed) -> Result<ListFieldLocksResponse, Failure> {
    let asked = ListFieldLocksRequest { tenant_id: tenant(signed)?, patient_id: String::new() };
    Ok(signed.proposals().list_field_locks(asked).await?.into_inner())
}

async fn page(signed: Signed) -> Answer {
    Ok(show(&drawn(&signed, &stands(&signed).await?)))
}

fn drawn(signed: &Signed, stands: &ListFieldLocksResponse) -> Locks {
    let words = signed.words();
    let of_person = |path: &&str| words.t(&format!("field-{}", path.replace('_', "-")));
    let required = stands.locks.iter().filter(|lock| lock.required).map(|lock| {
        let room = Category::from_proto(lock.category).map(|room| words.category(room));
        let field = PERSON.iter().find(|path| **path == lock.field);
        let field = field.map_or_else(|| words.t("locks-code"), of_person);
        Fact::new(room.unwrap_or_default(), field)
    });
    let is_required = |path: &str| stands.locks.iter().any(|lock| lock.required && lock.field == path);
    let person = PERSON
        .iter()
        .filter(|path| !is_required(path))
        .map(|path| Choice::new(*path, of_person(path)).chosen(closes(stands, Category::Demographics, path)));
    let rooms = || Category::ALL.iter().filter(|room| **room != Category::Demographics);
    let closed = rooms()
        .map(|room| Choice::new(room.as_str(), words.category(*room)).chosen(closes(stands, *room, EVERY)));
    let reviewed = rooms().map(|room| {
        let chosen = stands.reviewed_categories.contains(&room.to_proto());
        Choice::new(room.as_str(), words.category(*room)).chosen(chosen)
    });
    let question = |name, key: &str, choices| Question {
        name,
        legend: words.t(key),
        hint: words.t(&format!("{key}-hint")),
        many: true,
        choices,
    };
    Locks {
        frame: signed.frame(Tab::Work),
        required: required.collect(),
        questions: vec![
            question("person", "locks-person", person.collect()),
            question("room", "locks-room", closed.collect()),
            question("reviewed", "locks-reviewed", reviewed.collect()),
        ],
        etag: stands.etag.clone(),
        problems: Vec::new(),
    }
}

/// As it is said of a field itself, or of all of its room.
fn closes(stands: &ListFieldLocksResponse, room: Category, field: &str) -> bool {
    stands.locks.iter().any(|lock| {
        let of_room =
            lock.category == room.to_proto() || (lock.category == 0 && room != Category::Demographics);
        of_room && (lock.field == field || lock.field == EVERY)
    })
}

async fn save(signed: Signed, fields: Fields) -> Answer {
    let stands = stands(&signed).await?;
    let asked = SetFieldLocksRequest {
        request_id: fields.request_id()?.to_string(),
        tenant_id: tenant(&signed)?,
        locks: chosen(&stands, &fields),
        reviewed_categories: rooms(&fields, "reviewed").map(holdfast_proto::Word::to_proto).collect(),
        etag: fields.one("etag").to_owned(),
    };
    match signed.proposals().set_field_locks(asked).await.map_err(Failure::from) {
        Ok(answer) => {
            signed.wrote(answer.into_inner().position);
            signed.say_next("me-saved");
            Ok(Redirect::to("/locks").into_response())
        }
        Err(failure) if failure.is(catalogue::ETAG_MISMATCH) => {
            let text = signed.words().t("locks-conflict");
            let mut page = drawn(&signed, &stands);
            page.problems = vec![Problem { field: "person".to_owned(), text }];
            Ok(show_as(StatusCode::CONFLICT, &page))
        }
        Err(failure) => Err(failure),
    }
}

/// What was chosen, what nobody opens, and what others say of single elements, for which there is no box.
fn chosen(stands: &ListFieldLocksResponse, fields: &Fields) -> Vec<FieldLock> {
    let lock =
        |category: i32, field: &str| FieldLock { category, field: field.to_owned(), ..FieldLock::default() };
    let person = Category::Demographics.to_proto();
    let elements =
        stands.locks.iter().filter(|own| !own.required && own.category != person && own.field != EVERY);
    let kept = stands.locks.iter().filter(|own| own.required).chain(elements);
    let mut locks: Vec<FieldLock> = kept.map(|own| lock(own.category, &own.field)).collect();
    locks.extend(fields.all("person").filter(|path| PERSON.contains(path)).map(|path| lock(person, path)));
    locks.extend(rooms(fields, "room").map(|room| lock(room.to_proto(), EVERY)));
    locks
}

fn rooms<'a>(fields: &'a Fields, name: &'a str) -> impl Iterator<Item = Category> + 'a {
    let rooms = fields.all(name).filter_map(|room| room.parse::<Category>().ok());
    rooms.filter(|room| *room != Category::Demographics)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(room: Option<Category>, field: &str, required: bool) -> FieldLock {
        let category = room.map_or(0, holdfast_proto::Word::to_proto);
        FieldLock { category, field: field.to_owned(), required, ..FieldLock::default() }
    }

    #[test]
    fn what_is_not_chosen_is_open_but_for_what_must_stay_and_what_has_no_box() {
        let stands = ListFieldLocksResponse {
            locks: vec![
                lock(None, EVERY, false),
                lock(Some(Category::Conditions), "code", true),
                lock(Some(Category::Goals), "note", false),
                lock(Some(Category::Demographics), "birth_date", false),
            ],
            ..ListFieldLocksResponse::default()
        };
        assert!(closes(&stands, Category::Notes, EVERY) && !closes(&stands, Category::Demographics, "phone"));
        let typed = Fields::new(vec![
            ("person".into(), "phone".into()),
            ("person".into(), "shoe_size".into()),
            ("room".into(), "notes".into()),
            ("room".into(), "demographics".into()),
        ]);
        let locks: Vec<(i32, String)> =
            chosen(&stands, &typed).into_iter().map(|own| (own.category, own.field)).collect();
        let of = |room: Category, field: &str| (room.to_proto(), field.to_owned());
        assert_eq!(
            locks,
            [
                of(Category::Conditions, "code"),
                of(Category::Goals, "note"),
                of(Category::Demographics, "phone"),
                of(Category::Notes, EVERY),
            ]
        );
    }
}
