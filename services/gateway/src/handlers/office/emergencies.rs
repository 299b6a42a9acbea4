//! What was opened in an emergency, for the officer who signs it off.
use super::tenant;
use crate::{
    directory::Known,
    failure::{Answer, Failure},
    form::{self, Fields},
    pages::{
        emergency::{Emergencies, Opened},
        parts::{Badge, Choice, Fact, Field, Problem, Tone},
        sharing::Carried,
        show, show_as,
    },
    visitor::Signed,
};
use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect},
};
use holdfast_host::catalogue;
use holdfast_proto::consent::v1::{
    EmergencyAccess, EmergencyFinding, ListEmergencyAccessesRequest, ReviewEmergencyAccessRequest,
};
use http::StatusCode;
use serde::Deserialize;

const PAGE_SIZE: i32 = 25;
const NOTE_CHARACTERS_MAX: u32 = 500;
/// A finding as a form sends it, and as it is said.
const FINDINGS: [(EmergencyFinding, &str, &str); 2] = [
    (EmergencyFinding::Justified, "justified", "emergencies-justified"),
    (EmergencyFinding::NotJustified, "not-justified", "emergencies-not-justified"),
];

#[derive(Default, Deserialize)]
pub(super) struct At {
    #[serde(default)]
    page: String,
}

/// How many wait for their review.
pub(super) async fn waiting(signed: &Signed) -> Result<usize, Failure> {
    let asked = ListEmergencyAccessesRequest {
        tenant_id: tenant(signed).ok_or_else(Failure::not_shown)?,
        page_size: 1,
        page_token: String::new(),
    };
    let answer = signed.emergencies().list_emergency_accesses(asked).await?.into_inner();
    Ok(usize::try_from(answer.open_size).unwrap_or_default())
}

pub(super) async fn list(signed: Signed, Query(at): Query<At>) -> Answer {
    Ok(show(&page(&signed, at.page, None).await?))
}

pub(super) async fn sign(signed: Signed, fields: Fields) -> Answer {
    let grant_id = fields.one("grant").to_owned();
    let finding = FINDINGS.iter().find(|(_, code, _)| *code == fields.one("finding"));
    let Some((finding, _, _)) = finding else {
        return again(&signed, grant_id, "emergencies-sign-wrong").await;
    };
    let asked = ReviewEmergencyAccessRequest {
        request_id: form::step(fields.request_id()?, &grant_id),
        grant_id: grant_id.clone(),
        finding: (*finding).into(),
        note: fields.one("note").to_owned(),
    };
    match signed.emergencies().review_emergency_access(asked).await.map_err(Failure::from) {
        Ok(answer) => signed.wrote(answer.into_inner().position),
        Err(failure) if failure.is(catalogue::ALREADY_REVIEWED) => {}
        Err(failure) if failure.is(catalogue::OWN_EMERGENCY) => {
            return again(&signed, grant_id, "emergencies-own").await;
        }
        Err(failure) => return Err(failure),
    }
    signed.say_next("emergency-signed");
    Ok(Redirect::to("/office/emergencies").into_response())
}

async fn again(signed: &Signed, grant: String, key: &str) -> Answer {
    let problem = Problem { field: grant, text: signed.words().t(key) };
    let page = page(signed, String::new(), Some(problem)).await?;
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

async fn page(signed: &Signed, page_token: String, problem: Option<Problem>) -> Result<Emergencies, Failure> {
    let asked = ListEmergencyAccessesRequest {
        tenant_id: tenant(signed).ok_or_else(Failure::not_shown)?,
        page_size: PAGE_SIZE,
        page_token,
    };
    let answer = signed.emergencies().list_emergency_accesses(asked).await?.into_inner();
    let reviewers = answer.accesses.iter().filter_map(|access| access.review.as_ref());
    let accounts = answer.accesses.iter().map(|access| access.account_id.as_str());
    let known =
        signed.known(accounts.chain(reviewers.map(|review| review.reviewed_by_account_id.as_str()))).await?;
    let words = signed.words();
    let note = Field { size_max: NOTE_CHARACTERS_MAX, ..Field::line("note", words.t("emergencies-note")) };
    let next = Some(answer.next_page_token).filter(|token| !token.is_empty());
    Ok(Emergencies {
        frame: super::frame(signed),
        waiting: usize::try_from(answer.open_size).unwrap_or_default(),
        opened: answer.accesses.iter().map(|access| opened(signed, &known, access)).collect(),
        note: note.hint(words.t("emergencies-note-hint")),
        problems: problem.into_iter().collect(),
        next: next.map(|token| format!("/office/emergencies?page={token}")),
    })
}

fn opened(signed: &Signed, known: &Known, access: &EmergencyAccess) -> Opened {
    let words = signed.words();
    let at = |moment| signed.when(moment).map_or_else(String::new, |when| when.text);
    let mut facts = vec![
        Fact::new(words.t("emergencies-patient"), access.patient_id.clone()),
        Fact::new(words.t("emergencies-from"), at(access.from_time.as_ref())),
        Fact::new(words.t("emergencies-until"), at(access.until_time.as_ref())),
    ];
    let stopped = signed.when(access.revoked_time.as_ref());
    facts.extend(stopped.map(|when| Fact::new(words.t("emergencies-stopped"), when.text)));
    let mut badge = Badge::new(Tone::Warn, words.t("emergencies-waits"));
    if let Some(review) = &access.review {
        let said = FINDINGS.iter().find(|(finding, _, _)| *finding == review.finding());
        let tone = if review.finding() == EmergencyFinding::Justified { Tone::Good } else { Tone::Stop };
        badge = Badge::new(tone, said.map(|(_, _, key)| words.t(key)).unwrap_or_default());
        let by = known.actor(signed, &review.reviewed_by_account_id).name;
        let signed_off = format!("{by}, {}", at(review.reviewed_time.as_ref()));
        facts.push(Fact::new(words.t("emergencies-signed"), signed_off));
        if !review.note.is_empty() {
            facts.push(Fact::new(words.t("emergencies-note"), review.note.clone()));
        }
    }
    let own = access.account_id == signed.who.account_id.to_string();
    let findings = FINDINGS.iter().map(|(_, code, key)| Choice::new(*code, words.t(key)));
    let carried = |name: &str, value: &str| Carried { name: name.to_owned(), value: value.to_owned() };
    Opened {
        id: access.grant_id.clone(),
        who: known.actor(signed, &access.account_id),
        reason: access.reason.clone(),
        badge,
        facts,
        search: vec![carried("patient", &access.patient_id), carried("actor", &access.account_id)],
        findings: (access.review.is_none() && !own).then(|| findings.collect()),
    }
}
