//! Opening a record in an emergency: for a therapist whom nobody could give it in time. The number and the reason are a form's alone.
use crate::{
    alias,
    failure::{Answer, Failure, FailureKind},
    form::Fields,
    pages::{
        Tab,
        emergency::Emergency,
        parts::{Field, Problem},
        sharing::Carried,
        show, show_as,
        trouble::Trouble,
    },
    shelf::Open,
    site::Site,
    visitor::Signed,
};
use axum::{
    Router,
    response::{IntoResponse as _, Redirect},
    routing::get,
};
use holdfast_host::catalogue;
use holdfast_proto::consent::v1::BeginEmergencyAccessRequest;
use holdfast_types::PatientId;
use http::StatusCode;
use std::sync::Arc;

const REASON_CHARACTERS_MAX: u32 = 500;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/work/emergency", get(form).post(begin)).route("/r/{r}/emergency", get(form_of))
}

/// A field, and the key of what its writer can put right.
type Wrong = (&'static str, &'static str);

/// For nobody else, and not from a device that was left open.
fn may_ask(signed: &Signed) -> Result<(), Failure> {
    Failure::shown_if(signed.who.treats())?;
    signed.shown_lately()
}

async fn form(signed: Signed) -> Answer {
    may_ask(&signed)?;
    Ok(show(&page(&signed, &Fields::default(), None, None)))
}

/// Of a record of which something is shared already.
async fn form_of(open: Open) -> Answer {
    may_ask(&open)?;
    if open.is_held() || open.record.emergency {
        return Err(Failure::not_shown());
    }
    let name = open.named().await.name;
    Ok(show(&page(&open, &Fields::default(), Some((open.patient_id(), name)), None)))
}

async fn begin(signed: Signed, fields: Fields) -> Answer {
    may_ask(&signed)?;
    let Ok(patient) = fields.one("patient").parse::<PatientId>() else {
        return Ok(again(&signed, &fields, ("patient", "emergency-patient-wrong")));
    };
    let asked = BeginEmergencyAccessRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: patient.to_string(),
        reason: fields.one("reason").to_owned(),
    };
    match signed.emergencies().begin_emergency_access(asked).await.map_err(Failure::from) {
        Ok(answer) => signed.wrote(answer.into_inner().position),
        Err(failure) => return wrong(&failure).map(|wrong| again(&signed, &fields, wrong)).ok_or(failure),
    }
    signed.site().shelves.forget(&signed.who.account_id);
    signed.say_next("emergency-opened");
    let opened = alias::of_emergency(signed.who.account_id, patient);
    Ok(Redirect::to(&format!("/r/{opened}")).into_response())
}

/// None: it is nothing that the form's writer can put right.
fn wrong(failure: &Failure) -> Option<Wrong> {
    if failure.is(catalogue::TOO_MANY_EMERGENCIES) {
        Some(("reason", "emergency-too-many"))
    } else if failure.names("reason") {
        Some(("reason", "emergency-why-wrong"))
    } else if failure.kind == FailureKind::Trouble(Trouble::NotShown) {
        Some(("patient", "emergency-refused"))
    } else {
        None
    }
}

fn again(signed: &Signed, fields: &Fields, wrong: Wrong) -> axum::response::Response {
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(signed, fields, None, Some(wrong)))
}

fn page(
    signed: &Signed,
    fields: &Fields,
    known: Option<(String, String)>,
    wrong: Option<Wrong>,
) -> Emergency {
    let words = signed.words();
    let dress = |field: Field| {
        let field = Field { value: fields.one(field.name).to_owned(), ..field };
        match wrong.filter(|(name, _)| *name == field.name) {
            Some((_, key)) => field.wrong(words.t(key)),
            None => field,
        }
    };
    let patient =
        Field::line("patient", words.t("emergency-patient")).hint(words.t("emergency-patient-hint"));
    let reason = Field { size_max: REASON_CHARACTERS_MAX, ..Field::line("reason", words.t("emergency-why")) };
    let reason = reason.hint(words.t("emergency-why-hint"));
    let asked = if known.is_some() { vec![reason] } else { vec![patient, reason] };
    let (patient, name) = match known {
        Some((patient, name)) => (Some(Carried { name: "patient".to_owned(), value: patient }), name),
        None => (None, String::new()),
    };
    Emergency {
        frame: signed.frame(Tab::Work),
        patient,
        name,
        fields: asked.into_iter().map(dress).collect(),
        problems: wrong
            .map(|(field, key)| Problem { field: field.to_owned(), text: words.t(key) })
            .into_iter()
            .collect(),
    }
}
