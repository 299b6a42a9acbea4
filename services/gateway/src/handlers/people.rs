//! Whose record: the records of an account, and adding one, empty or out of a file.
use super::import;
use crate::{
    alias, dates,
    failure::{Answer, Failure},
    form::{self, Fields},
    pages::{
        Tab,
        import::FileTrouble,
        parts::{Badge, Choice, Field, Problem, Tone},
        people::{AddPerson, People, PersonCard},
        show, show_as,
    },
    session::Seat,
    shelf::{self, Listed, Named, Open},
    site::Site,
    visitor::Signed,
};
use axum::{
    Router,
    extract::{DefaultBodyLimit, Multipart},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use holdfast_proto::{
    Word as _,
    consent::v1::OpenRecordRequest,
    records::v1::{Demographics, RegisterPatientRequest},
};
use holdfast_types::{PatientId, Relationship};
use http::StatusCode;
use std::sync::Arc;
use uuid::Uuid;

/// Records that the page shows; a practice has its own list.
const SHOWN_MAX: usize = 200;
const NAME_CHARACTERS_MAX: usize = 100;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/people", get(list))
        .route("/people/new", get(form_page).post(open_empty))
        .route("/people/import", post(open_from_file).layer(DefaultBodyLimit::max(import::BODY_BYTES_MAX)))
}

async fn list(signed: Signed) -> Answer {
    // What is shared with somebody for work is on the list of their work.
    let at_work = signed.who.seat() != Seat::Family;
    let shelf = signed.fresh_shelf().await?;
    let own = shelf.iter().filter(|record| !at_work || record.relationship.is_some());
    let shown: Vec<Listed> = own.take(SHOWN_MAX).cloned().collect();
    let shown = shown.as_slice();
    let (names, unread) = tokio::join!(signed.names(shown), signed.unread(shown));
    let names = names?;
    let people = shown.iter().map(|record| {
        let unread = unread.get(&record.patient).copied().unwrap_or_default();
        card(&signed, record, names.get(&record.patient).map(Arc::as_ref), unread)
    });
    Ok(show(&People { people: people.collect(), frame: signed.frame(Tab::People) }))
}

fn card(signed: &Signed, record: &Listed, named: Option<&Named>, unread: u32) -> PersonCard {
    let words = signed.words();
    let age = named.and_then(|named| named.birth_date).map(|birth| {
        words.say("age-years").with("years", dates::years(birth, signed.local_now().date_naive())).plain()
    });
    let standing = match record.relationship {
        Some(held) => words.t(shelf::role(held)),
        None => shelf::shared(signed, record),
    };
    let name = named.map(|named| named.name.clone()).filter(|name| !name.is_empty());
    PersonCard {
        href: format!("/r/{}", record.alias),
        name: name.unwrap_or_else(|| words.t("patient-unnamed")),
        detail: age.into_iter().chain([standing]).collect::<Vec<_>>().join(" · "),
        badge: (unread > 0)
            .then(|| Badge::new(Tone::Info, words.say("messages-unread").with("count", unread).plain())),
        stripe: record.stripe,
    }
}

/// What was typed, and what of it is wrong: fields by name with the key of the words.
#[derive(Default)]
struct Typed {
    fields: Fields,
    wrong: Vec<(&'static str, &'static str)>,
}

async fn form_page(signed: Signed) -> Answer {
    Ok(show(&page(&signed, &Typed::default())))
}

fn page(signed: &Signed, typed: &Typed) -> AddPerson {
    let words = signed.words();
    let dress = |field: Field| {
        let field = Field { value: typed.fields.one(field.name).to_owned(), ..field };
        match typed.wrong.iter().find(|(name, _)| *name == field.name) {
            Some((_, key)) => field.wrong(words.t(key)),
            None => field,
        }
    };
    let relation = typed.fields.one("relation");
    let choice = |code: &str, key: &str| Choice::new(code, words.t(key)).chosen(relation == code);
    AddPerson {
        frame: signed.frame(Tab::People),
        relations: vec![choice("parent", "person-relation-child"), choice("patient", "person-relation-me")],
        fields: vec![
            dress(Field::line("given_name", words.t("person-given-name"))),
            dress(Field::line("family_name", words.t("person-family-name"))),
            dress(
                Field::line("birth_date", words.t("person-birth-date"))
                    .hint(words.t("person-birth-date-hint")),
            ),
        ],
        problems: (typed.wrong.iter())
            .map(|(field, key)| Problem { field: (*field).to_owned(), text: words.t(key) })
            .collect(),
        size_max: import::SIZE_MAX.to_owned(),
        trouble: None,
    }
}

fn refused(signed: &Signed, typed: &Typed) -> Answer {
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(signed, typed)))
}

/// What is wrong with a name or birth date, before anything is asked.
pub(super) fn checked(signed: &Signed, fields: &Fields) -> Vec<(&'static str, &'static str)> {
    let mut wrong = Vec::new();
    for name in ["given_name", "family_name"] {
        match fields.one(name).chars().count() {
            0 => wrong.push((name, "person-name-wrong")),
            1..=NAME_CHARACTERS_MAX => {}
            _ => wrong.push((name, "person-text-long")),
        }
    }
    let today = signed.local_now().date_naive();
    if dates::typed(fields.one("birth_date")).is_none_or(|day| day > today) {
        wrong.push(("birth_date", "person-birth-date-wrong"));
    }
    wrong
}

fn relation(fields: &Fields) -> Option<Relationship> {
    fields.one("relation").parse().ok()
}

async fn open_empty(signed: Signed, fields: Fields) -> Answer {
    let mut wrong: Vec<_> = checked(&signed, &fields);
    let Some(relationship) = relation(&fields).filter(|_| wrong.is_empty()) else {
        if relation(&fields).is_none() {
            wrong.insert(0, ("relation", "person-relation-wrong"));
        }
        return refused(&signed, &Typed { fields, wrong });
    };
    let form = fields.request_id()?;
    let patient = open(&signed, form, relationship).await?;
    let birth = dates::typed(fields.one("birth_date")).map(|day| day.to_string());
    let asked = RegisterPatientRequest {
        request_id: form::step(form, "register"),
        patient_id: patient.to_string(),
        demographics: Some(Demographics {
            given_name: fields.one("given_name").to_owned(),
            family_name: fields.one("family_name").to_owned(),
            birth_date: birth.unwrap_or_default(),
            ..Demographics::default()
        }),
    };
    let registered = signed.records().register_patient(asked).await?;
    signed.wrote(registered.into_inner().position);
    signed.forget_name(patient);
    Ok(Redirect::to(&format!("/r/{}", alias::of(signed.who.account_id, patient))).into_response())
}

async fn open(signed: &Signed, form: Uuid, relationship: Relationship) -> Result<PatientId, Failure> {
    let asked = OpenRecordRequest {
        request_id: form::step(form, "open"),
        relationship: relationship.to_proto(),
        ..OpenRecordRequest::default()
    };
    let opened = signed.consent().open_record(asked).await?.into_inner();
    signed.wrote(opened.position);
    opened.patient_id.parse().map_err(|_| Failure::of(crate::pages::trouble::Trouble::Failed))
}

async fn open_from_file(signed: Signed, multipart: Multipart) -> Answer {
    import::receive(multipart, import::Target::NewRecord(signed)).await
}

/// Whose record a file is to make, or the page that says what is missing.
pub(super) fn whose_file(
    signed: &Signed,
    fields: &Fields,
    is_file: bool,
) -> Result<Result<Relationship, Response>, Failure> {
    let wrong = match relation(fields) {
        Some(relationship) if is_file => return Ok(Ok(relationship)),
        Some(_) => ("bundle", "import-file-wrong"),
        None => ("relation", "person-relation-wrong"),
    };
    Ok(Err(refused(signed, &Typed { fields: fields.clone(), wrong: vec![wrong] })?))
}

/// The page that says why a file makes no record.
pub(super) fn refused_file(signed: &Signed, fields: Fields, trouble: FileTrouble) -> Response {
    let page = AddPerson { trouble: Some(trouble), ..page(signed, &Typed { fields, wrong: Vec::new() }) };
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &page)
}

/// A record for a file that can be read.
pub(super) async fn open_for_file(
    signed: &Signed,
    form: Uuid,
    relationship: Relationship,
) -> Result<Open, Failure> {
    let patient = open(signed, form, relationship).await?;
    signed.open(&alias::of(signed.who.account_id, patient)).await
}
