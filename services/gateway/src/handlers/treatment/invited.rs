//! Whoever is invited: sees who asks, chooses the record or begins one, or says no.
use crate::{
    failure::{Answer, Failure},
    form::{self, Fields},
    pages::{
        Tab,
        home::Need,
        parts::{Badge, Choice, Fact, Icon, Problem, Tone},
        sharing::Question,
        show, show_as,
        treatment::{InvitationCard, Invited},
    },
    visitor::Signed,
};
use axum::response::{IntoResponse as _, Redirect};
use holdfast_host::catalogue;
use holdfast_proto::identity::v1::{AnswerInvitationRequest, Invitation, ListOwnInvitationsRequest};
use http::StatusCode;

/// Records among which somebody chooses.
const RECORDS_MAX: usize = 20;

impl Signed {
    async fn own_invitations(&self) -> Result<Vec<Invitation>, Failure> {
        let answer = self.invitations().list_own_invitations(ListOwnInvitationsRequest {}).await?;
        Ok(answer.into_inner().invitations)
    }
}

/// For the first page of whoever is invited.
pub(in super::super) async fn invited(signed: &Signed) -> Result<Vec<Need>, Failure> {
    let own = signed.own_invitations().await?;
    if own.is_empty() {
        return Ok(Vec::new());
    }
    let (known, words) = (signed.known(None).await?, signed.words());
    let need = |one: &Invitation| Need {
        href: "/invited".to_owned(),
        title: known.practice(signed, &one.practice_id),
        detail: words.t("invited-need"),
        icon: Icon::Sharing,
        badge: Some(Badge::new(Tone::Warn, words.t("invited-badge"))),
    };
    Ok(own.iter().map(need).collect())
}

pub(super) async fn list(signed: Signed) -> Answer {
    Ok(show(&page(&signed, None).await?))
}

async fn page(signed: &Signed, problem: Option<Problem>) -> Result<Invited, Failure> {
    let (own, shelf) = tokio::try_join!(signed.own_invitations(), signed.fresh_shelf())?;
    let (known, words) = (signed.known(None).await?, signed.words());
    let held: Vec<_> = shelf.iter().filter(|record| record.may_share()).take(RECORDS_MAX).cloned().collect();
    let names = signed.names(&held).await?;
    let only = held.len() == 1;
    let choices = held.iter().map(|record| {
        let name = names.get(&record.patient).map(|named| named.name.clone()).filter(|name| !name.is_empty());
        Choice::new(record.alias.clone(), name.unwrap_or_else(|| words.t("patient-unnamed"))).chosen(only)
    });
    let card = |one: &Invitation| {
        let until = signed.when(one.expire_time.as_ref()).map_or_else(String::new, |when| when.text);
        InvitationCard {
            id: one.invitation_id.clone(),
            name: known.practice(signed, &one.practice_id),
            badge: Badge::new(Tone::Warn, words.t("invited-badge")),
            facts: vec![Fact::new(words.t("invited-until"), until)],
            waits: true,
        }
    };
    let (legend, hint) = (words.t("invited-record"), String::new());
    Ok(Invited {
        cards: own.iter().map(card).collect(),
        records: Question { name: "record", legend, hint, many: false, choices: choices.collect() },
        problems: problem.into_iter().collect(),
        frame: signed.frame(Tab::People),
    })
}

pub(super) async fn answer(signed: Signed, fields: Fields) -> Answer {
    let invitation_id = fields.one("invitation").to_owned();
    let accepted = fields.one("act") == "yes";
    let shelf = signed.fresh_shelf().await?;
    let record = shelf.iter().find(|record| record.may_share() && record.alias == fields.one("record"));
    if accepted && record.is_none() {
        return again(&signed, invitation_id, "invited-record-wrong").await;
    }
    let request_id = form::step(fields.request_id()?, &invitation_id);
    let asked = AnswerInvitationRequest { request_id, invitation_id: invitation_id.clone(), accepted };
    let invitation = match signed.invitations().answer_invitation(asked).await.map_err(Failure::from) {
        Ok(answered) => answered.into_inner(),
        Err(failure)
            if [catalogue::INVITATION_OVER, catalogue::INVITATION_EXPIRED, catalogue::INVITATION_UNKNOWN]
                .into_iter()
                .any(|reason| failure.is(reason)) =>
        {
            return again(&signed, invitation_id, "invited-gone").await;
        }
        Err(failure) => return Err(failure),
    };
    match record.filter(|_| accepted) {
        Some(record) => {
            let path = format!("/r/{}/sharing/practices?practice={}", record.alias, invitation.practice_id);
            Ok(Redirect::to(&path).into_response())
        }
        None => {
            signed.say_next("invited-said-no");
            Ok(Redirect::to("/h").into_response())
        }
    }
}

async fn again(signed: &Signed, field: String, key: &str) -> Answer {
    let problem = Problem { field, text: signed.words().t(key) };
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(signed, Some(problem)).await?))
}
