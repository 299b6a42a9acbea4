//! Families that a practice invited by e-mail: sending, how each stands, taking back.
use super::desk::{chosen, kept};
use crate::{
    failure::{Answer, Failure},
    form::{self, Fields},
    pages::{
        Tab,
        parts::{Badge, Choice, Fact, Field, Problem, Tone},
        sharing::Question,
        show, show_as,
        treatment::{InvitationCard, Invitations},
    },
    visitor::Signed,
    words::{Lang, Words},
};
use axum::{
    extract::Query,
    response::{IntoResponse as _, Redirect},
};
use holdfast_host::{Reason, catalogue};
use holdfast_proto::identity::v1::{
    Invitation, InvitationState, InviteFamilyRequest, ListInvitationsRequest, WithdrawInvitationRequest,
};
use http::StatusCode;
use serde::Deserialize;

const PAGE_SIZE: i32 = 25;
const EMAIL_CHARACTERS_MAX: u32 = 254;

#[derive(Default, Deserialize)]
pub(super) struct At {
    #[serde(default)]
    practice: String,
    #[serde(default)]
    page: String,
}

pub(super) async fn list(signed: Signed, Query(at): Query<At>) -> Answer {
    let practice = chosen(&kept(&signed), &at.practice)?;
    Ok(show(&page(&signed, practice, at.page, &Fields::default(), None).await?))
}

pub(super) async fn act(signed: Signed, fields: Fields) -> Answer {
    let practice = chosen(&kept(&signed), fields.one("practice"))?;
    let invitation_id = fields.one("invitation").to_owned();
    let done = if invitation_id.is_empty() {
        let asked = InviteFamilyRequest {
            request_id: fields.request_id()?.to_string(),
            practice_id: practice.clone(),
            email: fields.one("email").to_owned(),
            locale: Lang::from_code(fields.one("lang")).unwrap_or_default().code().to_owned(),
        };
        signed.invitations().invite_family(asked).await.map(|_| "invited-sent")
    } else {
        let request_id = form::step(fields.request_id()?, &invitation_id);
        let asked = WithdrawInvitationRequest { request_id, invitation_id: invitation_id.clone() };
        signed.invitations().withdraw_invitation(asked).await.map(|_| "invited-withdrawn")
    };
    match done.map_err(Failure::from) {
        Ok(said) => signed.say_next(said),
        Err(failure) => {
            let text = signed.words().t(said(&failure).ok_or(failure)?);
            let field = if invitation_id.is_empty() { "email".to_owned() } else { invitation_id };
            let page = page(&signed, practice, String::new(), &fields, Some(Problem { field, text })).await?;
            return Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page));
        }
    }
    Ok(Redirect::to(&format!("/desk/invitations?practice={practice}")).into_response())
}

fn said(failure: &Failure) -> Option<&'static str> {
    const SAID: [(&Reason, &str); 6] = [
        (catalogue::EMAIL_MALFORMED, "invited-email-wrong"),
        (catalogue::FIELD_MISSING, "invited-email-wrong"),
        (catalogue::INVITATION_WAITS, "invited-waits-already"),
        (catalogue::TOO_MANY_INVITATIONS, "invited-too-many"),
        (catalogue::INVITATION_OVER, "invited-over"),
        (catalogue::MAIL_UNAVAILABLE, "invited-mail-away"),
    ];
    SAID.iter().find(|(reason, _)| failure.is(reason)).map(|(_, key)| *key)
}

async fn page(
    signed: &Signed,
    practice_id: String,
    page_token: String,
    fields: &Fields,
    problem: Option<Problem>,
) -> Result<Invitations, Failure> {
    let asked = ListInvitationsRequest { practice_id: practice_id.clone(), page_size: PAGE_SIZE, page_token };
    let answer = signed.invitations().list_invitations(asked).await?.into_inner();
    let (words, known) = (signed.words(), signed.known(None).await?);
    let next = Some(answer.next_page_token).filter(|token| !token.is_empty());
    let wrong = problem.iter().find(|problem| problem.field == "email").map(|problem| problem.text.clone());
    let email = Field::of("email", "email", words.t("invited-email")).hint(words.t("invited-email-hint"));
    let email = Field { size_max: EMAIL_CHARACTERS_MAX, wrong, ..email.value(fields.one("email")) };
    Ok(Invitations {
        frame: signed.frame(Tab::Work),
        practice: known.practice(signed, &practice_id),
        back: format!("/desk?practice={practice_id}"),
        cards: answer.invitations.iter().map(|one| card(signed, one)).collect(),
        next: next.map(|token| format!("/desk/invitations?practice={practice_id}&page={token}")),
        email,
        lang: lang(words, fields.one("lang")),
        problems: problem.into_iter().collect(),
        practice_id,
    })
}

/// Of the mail.
fn lang(words: Words, chosen: &str) -> Question {
    let chosen = Lang::from_code(chosen).unwrap_or(words.lang);
    let choice = |lang: Lang| Choice::new(lang.code(), lang.own_name()).chosen(lang == chosen);
    let (legend, hint) = (words.t("invited-lang"), String::new());
    Question { name: "lang", legend, hint, many: false, choices: Lang::ALL.into_iter().map(choice).collect() }
}

fn card(signed: &Signed, invitation: &Invitation) -> InvitationCard {
    let words = signed.words();
    let at = |moment| signed.when(moment).map_or_else(String::new, |when| when.text);
    let (tone, badge) = match invitation.state() {
        InvitationState::Waiting => (Tone::Info, "invited-waiting"),
        InvitationState::Accepted => (Tone::Good, "invited-accepted"),
        InvitationState::Declined => (Tone::Plain, "invited-declined"),
        InvitationState::Withdrawn => (Tone::Plain, "invited-taken-back"),
        InvitationState::Expired | InvitationState::Unspecified => (Tone::Plain, "invited-expired"),
    };
    InvitationCard {
        id: invitation.invitation_id.clone(),
        name: invitation.email.clone(),
        badge: Badge::new(tone, words.t(badge)),
        facts: vec![
            Fact::new(words.t("invited-when"), at(invitation.sent_time.as_ref())),
            Fact::new(words.t("invited-until"), at(invitation.expire_time.as_ref())),
        ],
        waits: invitation.state() == InvitationState::Waiting,
    }
}
