//! Name, birth date, address and how to reach the person: corrected with the etag, so that nobody overwrites what they have not seen.
use super::people;
use crate::{
    dates,
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Tab,
        details::Details,
        parts::{Fact, Field, Problem},
        show, show_as,
    },
    shelf::Open,
    site::Site,
    words::Words,
};
use axum::{
    Router,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use holdfast_host::catalogue;
use holdfast_proto::{
    Word as _,
    records::v1::{
        Demographics, GetPatientRequest, ListFieldLocksRequest, RegisterPatientRequest, UpdatePatientRequest,
    },
};
use holdfast_types::Category;
use http::StatusCode;
use prost_types::FieldMask;
use std::sync::Arc;

const PATHS: [&str; 7] =
    ["given_name", "family_name", "preferred_name", "birth_date", "address", "phone", "email"];

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/r/{r}/details", get(page).post(save))
}

async fn page(open: Open) -> Answer {
    let (fields, etag) = stored(&open).await?;
    let locked = locked_of(&open, &etag).await?;
    Ok(show(&drawn(&open, (&fields, &fields), (etag, &locked), &[], false).await))
}

/// What the account proposes instead of changing it; before anything is stored all of it is open.
pub(super) async fn locked(open: &Open) -> Result<Vec<&'static str>, Failure> {
    let asked = ListFieldLocksRequest { patient_id: open.patient_id(), tenant_id: String::new() };
    let answer = open.proposals().list_field_locks(asked).await?.into_inner();
    let closes = |path: &&str| {
        let mut of_person =
            answer.locks.iter().filter(|lock| lock.category == Category::Demographics.to_proto());
        of_person.any(|lock| lock.field == *path || lock.field == "*")
    };
    let bound = answer.binds_caller;
    Ok(PATHS.into_iter().filter(|path| bound && closes(path)).collect())
}

async fn locked_of(open: &Open, etag: &str) -> Result<Vec<&'static str>, Failure> {
    if etag.is_empty() { Ok(Vec::new()) } else { locked(open).await }
}

/// What is stored, as a form would send it; empty with an empty etag where nothing is.
pub(super) async fn stored(open: &Open) -> Result<(Fields, String), Failure> {
    let asked = GetPatientRequest { patient_id: open.patient_id(), as_of_time: None };
    let patient = match open.records().get_patient(asked).await.map_err(Failure::from) {
        Ok(patient) => patient.into_inner(),
        Err(failure) if failure.is(catalogue::PATIENT_UNKNOWN) => {
            return Ok((Fields::default(), String::new()));
        }
        Err(failure) => return Err(failure),
    };
    let known = patient.demographics.unwrap_or_default();
    let birth = known.birth_date.parse().map(dates::written).unwrap_or(known.birth_date);
    let values = [
        known.given_name,
        known.family_name,
        known.preferred_name,
        birth,
        known.address,
        known.phone,
        known.email,
    ];
    let fields = PATHS.iter().map(|path| (*path).to_owned()).zip(values).collect();
    Ok((Fields::new(fields), patient.etag))
}

pub(super) fn fields(words: Words) -> Vec<Field> {
    vec![
        Field::line("given_name", words.t("person-given-name")),
        Field::line("family_name", words.t("person-family-name")),
        Field::line("preferred_name", words.t("person-preferred-name")).optional(),
        Field::line("birth_date", words.t("person-birth-date")).hint(words.t("person-birth-date-hint")),
        Field { size_max: 500, ..Field::text("address", words.t("person-address")) }.optional(),
        Field::of("tel", "phone", words.t("person-phone")).optional(),
        Field::of("email", "email", words.t("person-email")).optional(),
    ]
}

/// What was typed, or stands; beside it what stands, of which the locked fields are shown.
async fn drawn(
    open: &Open,
    (typed, stands): (&Fields, &Fields),
    (etag, locked): (String, &[&'static str]),
    wrong: &[(&'static str, &'static str)],
    conflict: bool,
) -> Details {
    let words = open.words();
    let dress = |field: Field| {
        let field = Field { value: typed.one(field.name).to_owned(), ..field };
        match wrong.iter().find(|(name, _)| *name == field.name) {
            Some((_, key)) => field.wrong(words.t(key)),
            None => field,
        }
    };
    let (closed, fields): (Vec<Field>, Vec<Field>) =
        fields(words).into_iter().partition(|field| locked.contains(&field.name));
    let closed = closed.into_iter().map(|field| Fact::new(field.label, stands.one(field.name)));
    Details {
        frame: open.frame(Tab::Record).await,
        fields: fields.into_iter().map(dress).collect(),
        locked: closed.collect(),
        propose_href: open.path("/details/propose"),
        proposals_href: open.path("/proposals"),
        etag,
        problems: wrong
            .iter()
            .map(|(field, key)| Problem { field: (*field).to_owned(), text: words.t(key) })
            .collect(),
        conflict,
        erasure_href: open.record.shares_everything().then(|| open.path("/erasure")),
    }
}

async fn save(open: Open, fields: Fields) -> Answer {
    let etag = fields.one("etag").to_owned();
    let locked = locked_of(&open, &etag).await?;
    let mut wrong = people::checked(&open, &fields);
    wrong.retain(|(field, _)| !locked.contains(field));
    if !wrong.is_empty() {
        return wrongly(&open, &fields, (etag, &locked), &wrong).await;
    }
    match send(&open, &fields, &etag, &locked).await {
        Ok(()) => {
            open.forget_name(open.record.patient);
            open.say_next("me-saved");
            Ok(Redirect::to(&open.path("")).into_response())
        }
        // What was typed is kept, over what is stored now.
        Err(failure) if failure.is(catalogue::ETAG_MISMATCH) || failure.is(catalogue::PATIENT_REGISTERED) => {
            let (stands, etag) = stored(&open).await?;
            let locked = locked_of(&open, &etag).await?;
            let page = drawn(&open, (&fields, &stands), (etag, &locked), &[], true).await;
            Ok(show_as(StatusCode::CONFLICT, &page))
        }
        // The practice locked it while somebody typed: the page says which fields are left.
        Err(failure) if failure.is(catalogue::FIELD_LOCKED) => {
            Ok(Redirect::to(&open.path("/details")).into_response())
        }
        Err(failure) => {
            let named = PATHS.into_iter().filter(|path| failure.names(path));
            let wrong: Vec<_> = named.map(|path| (path, words_of(path, &failure))).collect();
            if wrong.is_empty() {
                return Err(failure);
            }
            wrongly(&open, &fields, (etag, &locked), &wrong).await
        }
    }
}

async fn wrongly(
    open: &Open,
    fields: &Fields,
    (etag, locked): (String, &[&'static str]),
    wrong: &[(&'static str, &'static str)],
) -> Answer {
    let (stands, _) = stored(open).await?;
    let page = drawn(open, (fields, &stands), (etag, locked), wrong, false).await;
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

pub(super) fn words_of(path: &str, failure: &Failure) -> &'static str {
    match path {
        "birth_date" => "person-birth-date-wrong",
        "email" if !failure.is(catalogue::TEXT_TOO_LONG) => "sign-in-email-wrong",
        _ => "person-text-long",
    }
}

pub(super) fn demographics(fields: &Fields) -> Demographics {
    let text = |path: &str| fields.one(path).to_owned();
    Demographics {
        given_name: text("given_name"),
        family_name: text("family_name"),
        preferred_name: text("preferred_name"),
        birth_date: dates::typed(fields.one("birth_date")).map(|day| day.to_string()).unwrap_or_default(),
        address: text("address"),
        phone: text("phone"),
        email: text("email"),
        ..Demographics::default()
    }
}

async fn send(open: &Open, fields: &Fields, etag: &str, locked: &[&'static str]) -> Result<(), Failure> {
    let demographics = Some(demographics(fields));
    let (request_id, patient_id) = (fields.request_id()?.to_string(), open.patient_id());
    let position = if etag.is_empty() {
        let asked = RegisterPatientRequest { request_id, patient_id, demographics };
        open.records().register_patient(asked).await?.into_inner().position
    } else {
        let paths = PATHS.into_iter().filter(|path| !locked.contains(path)).map(str::to_owned).collect();
        let update_mask = Some(FieldMask { paths });
        let asked =
            UpdatePatientRequest { request_id, patient_id, demographics, update_mask, etag: etag.to_owned() };
        open.records().update_patient(asked).await?.into_inner().position
    };
    open.wrote(position);
    Ok(())
}
