//! What a practice's care team is to see of whom it treats: for who runs the practice.
use super::{
    care,
    desk::{chosen, practices},
};
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    pages::{Tab, parts::Problem, sharing::Carried, show, show_as, treatment::DeskPolicy},
    visitor::Signed,
};
use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect},
};
use holdfast_host::catalogue;
use holdfast_proto::consent::v1::{GetTreatmentPolicyRequest, SetTreatmentPolicyRequest};
use holdfast_types::Role;
use http::StatusCode;
use serde::Deserialize;

#[derive(Default, Deserialize)]
pub(super) struct At {
    #[serde(default)]
    practice: String,
}

fn own(signed: &Signed, asked: &str) -> Result<String, Failure> {
    chosen(&practices(signed, &[Role::PracticeAdministrator]), asked)
}

pub(super) async fn form(signed: Signed, Query(at): Query<At>) -> Answer {
    let practice = own(&signed, &at.practice)?;
    signed.stepped_up()?;
    Ok(show(&page(&signed, practice, None).await?))
}

async fn page(
    signed: &Signed,
    practice_id: String,
    wrong: Option<&'static str>,
) -> Result<DeskPolicy, Failure> {
    let asked = GetTreatmentPolicyRequest { practice_id: practice_id.clone() };
    let policy = signed.treatments().get_treatment_policy(asked).await?.into_inner();
    let (words, known) = (signed.words(), signed.known(None).await?);
    let said = match signed.when(policy.set_time.as_ref()) {
        Some(when) => words.say("desk-policy-since").with("when", when.text).plain(),
        None => words.t("desk-policy-usual"),
    };
    let carried = |name: &str, value: &str| Carried { name: name.to_owned(), value: value.to_owned() };
    let problem = wrong.map(|key| Problem { field: "therapist-read".to_owned(), text: words.t(key) });
    Ok(DeskPolicy {
        frame: signed.frame(Tab::Work),
        practice: known.practice(signed, &practice_id),
        back: format!("/desk?practice={practice_id}"),
        carried: vec![carried("practice", &practice_id), carried("etag", &policy.etag)],
        said,
        team: care::policy_questions(words, &policy.lines),
        problems: problem.into_iter().collect(),
    })
}

pub(super) async fn set(signed: Signed, fields: Fields) -> Answer {
    let practice = own(&signed, fields.one("practice"))?;
    let asked = SetTreatmentPolicyRequest {
        request_id: fields.request_id()?.to_string(),
        practice_id: practice.clone(),
        lines: care::policy_lines(&fields),
        etag: fields.one("etag").to_owned(),
    };
    match signed.treatments().set_treatment_policy(asked).await.map_err(Failure::from) {
        Ok(answer) => signed.wrote(answer.into_inner().position),
        Err(failure) if failure.is(catalogue::ETAG_MISMATCH) => {
            let page = page(&signed, practice, Some("desk-policy-moved")).await?;
            return Ok(show_as(StatusCode::CONFLICT, &page));
        }
        Err(failure) => return Err(failure),
    }
    signed.say_next("desk-policy-saved");
    Ok(Redirect::to(&format!("/desk?practice={practice}")).into_response())
}
