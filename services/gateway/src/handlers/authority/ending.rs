//! Under “Sharing”: ending what somebody may do, giving up what is one's own, and taking back what one proposed.
use super::{
    family::listed,
    told::{Reader, Told},
};
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    pages::{Tab, authority::AuthorityForm, parts::Link, show},
    shelf::Open,
};
use axum::{
    extract::Path,
    response::{IntoResponse as _, Redirect},
};
use holdfast_host::catalogue;
use holdfast_proto::{
    consent::v1::{Authority, AuthorityWord, EndAuthorityRequest, WithdrawAuthorityRequest},
    r#type::v1::Position,
};

/// What the page is called, says and does.
struct Question {
    way: &'static str,
    title: String,
    lead: &'static str,
    button: &'static str,
}

/// One authority, asked about before it is done.
async fn asked(
    open: &Open,
    id: &str,
    question: impl FnOnce(&Authority, String) -> Option<Question>,
) -> Answer {
    let list = listed(open).await?;
    let name = open.named().await.name;
    let reader = Reader::Family(open, &name);
    let told = Told::of(&reader, &list, open.now()).await?;
    let found = told.authority(id).ok_or_else(Failure::not_shown)?;
    let who = told.who(&found.account_id).name;
    let Question { way, title, lead, button } = question(found, who).ok_or_else(Failure::not_shown)?;
    let words = open.words();
    let page = AuthorityForm {
        path: open.path(&format!("/sharing/who/{id}/{way}")),
        back: Link::new(open.path("/sharing/who"), words.t("acts-room")),
        title,
        lead: words.t(lead),
        facts: told.about(found),
        carried: Vec::new(),
        questions: Vec::new(),
        fields: Vec::new(),
        button: words.t(button),
        stops: true,
        problems: Vec::new(),
        frame: open.frame(Tab::Sharing).await,
    };
    Ok(show(&page))
}

pub(super) async fn end_form(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    let (me, words) = (open.who.account_id.to_string(), open.words());
    let question = |found: &Authority, who: String| {
        Some(match found.account_id == me {
            true => Question {
                way: "end",
                title: words.t("acts-give-up-title"),
                lead: "acts-give-up-lead",
                button: "acts-give-up",
            },
            false => Question {
                way: "end",
                title: words.say("acts-end-title").with("name", who).plain(),
                lead: "acts-end-lead",
                button: "acts-end",
            },
        })
    };
    asked(&open, &id, question).await
}

pub(super) async fn end(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    let asked = EndAuthorityRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: open.patient_id(),
        authority_id: id,
    };
    let ended = open.authorities().end_authority(asked).await.map_err(Failure::from);
    over(&open, ended.map(|answer| answer.into_inner().position))?;
    open.say_next("acts-ended");
    // Who gives up all that they hold has no record to come back to.
    let held = open.fresh_shelf().await?.iter().any(|record| record.alias == open.record.alias);
    let next = if held { open.path("/sharing/who") } else { "/people".to_owned() };
    Ok(Redirect::to(&next).into_response())
}

pub(super) async fn withdraw_form(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    let (me, words) = (open.who.account_id.to_string(), open.words());
    let question = |found: &Authority, who: String| {
        let own = found.word() == AuthorityWord::Waits && found.recorded_by_account_id == me;
        let title = words.say("acts-withdraw-title").with("name", who).plain();
        let (way, lead, button) = ("withdraw", "acts-withdraw-lead", "acts-withdraw");
        own.then_some(Question { way, title, lead, button })
    };
    asked(&open, &id, question).await
}

pub(super) async fn withdraw(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    let asked = WithdrawAuthorityRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: open.patient_id(),
        authority_id: id,
        etag: String::new(),
    };
    let withdrawn = open.authorities().withdraw_authority(asked).await.map_err(Failure::from);
    if over(&open, withdrawn.map(|answer| answer.into_inner().position))? {
        open.say_next("acts-withdrawn");
    }
    Ok(Redirect::to(&open.path("/sharing/who")).into_response())
}

/// Whether it was done by this; it may be that somebody else was faster.
fn over(open: &Open, done: Result<Option<Position>, Failure>) -> Result<bool, Failure> {
    match done {
        Ok(position) => {
            open.wrote(position);
            Ok(true)
        }
        Err(failure) if failure.is(catalogue::AUTHORITY_ENDED) => Ok(false),
        Err(failure) => Err(failure),
    }
}
