//! Under “Sharing”: who acts for the record's person, having somebody help, and saying what papers show.
use super::{
    form::{self, Offer, Wrong, dressed},
    told::{Reader, Told},
};
use crate::{
    dates,
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Tab,
        authority::{AuthorityForm, WhoActs},
        parts::{Field, Link, Problem},
        sharing::Question,
        show, show_as,
    },
    shelf::Open,
    words::Words,
};
use axum::response::{IntoResponse as _, Redirect};
use holdfast_proto::{
    Word as _,
    consent::v1::{
        AppointProxyRequest, ListAuthorityRequest, ListAuthorityResponse, RecordAuthorityRequest,
        StatePersonRequest,
    },
    timestamp,
    r#type::v1::Position,
};
use holdfast_types::{Action, Category, Relationship};
use http::StatusCode;

/// What somebody who helps may be given; to share is for who holds the record.
const HELPS: [Action; 3] = [Action::Read, Action::Contribute, Action::Download];

pub(super) async fn page(open: Open) -> Answer {
    let list = listed(&open).await?;
    let name = open.named().await.name;
    let reader = Reader::Family(&open, &name);
    let told = Told::of(&reader, &list, open.now()).await?;
    let href = |may: bool, rest: &str| may.then(|| open.path(&format!("/sharing/who/{rest}")));
    let (whole, alone) = (open.record.shares_everything(), is_free_standing(&open));
    let page = WhoActs {
        back: back(&open),
        person: told.person(),
        settled: told.settled(),
        partly: !open.record.holds_everything(),
        free_standing: alone,
        number: open.patient_id(),
        help_href: href(may_appoint(&open), "help"),
        new_href: href(whole, "new"),
        person_href: href(whole && alone, "person"),
        frame: open.frame(Tab::Sharing).await,
        name: name.clone(),
    };
    Ok(show(&page))
}

/// Whoever holds some of it is told what is theirs.
pub(super) async fn listed(open: &Open) -> Result<ListAuthorityResponse, Failure> {
    Failure::shown_if(open.is_held())?;
    let asked = ListAuthorityRequest { patient_id: open.patient_id(), ..ListAuthorityRequest::default() };
    Ok(open.authorities().list_authority(asked).await?.into_inner())
}

fn is_free_standing(open: &Open) -> bool {
    open.record.tenant_id.is_empty()
}

/// Nobody hands on what was handed to them.
fn may_appoint(open: &Open) -> bool {
    open.record.may_share() && open.record.relationship != Some(Relationship::Proxy)
}

/// Where the page was come to: who decides nothing has no tab for sharing.
fn back(open: &Open) -> Link {
    match open.record.may_share() {
        true => Link::new(open.path("/sharing"), open.words().t("tab-sharing")),
        false => Link::new(open.path(""), open.words().t("tab-record")),
    }
}

/// One of the forms, before it is filled.
struct Draft {
    path: &'static str,
    title: &'static str,
    lead: &'static str,
    button: &'static str,
    questions: Vec<Question>,
    fields: Vec<Field>,
}

async fn shown(open: &Open, typed: &Fields, wrong: Option<Wrong>, draft: Draft) -> Answer {
    let words = open.words();
    let Draft { path, title, lead, button, questions, fields } = draft;
    let page = AuthorityForm {
        path: open.path(path),
        back: Link::new(open.path("/sharing/who"), words.t("acts-room")),
        title: words.t(title),
        lead: words.t(lead),
        facts: Vec::new(),
        carried: Vec::new(),
        questions,
        fields: fields.into_iter().map(|field| dressed(words, typed, wrong, field)).collect(),
        button: words.t(button),
        stops: false,
        problems: problems(words, wrong),
        frame: open.frame(Tab::Sharing).await,
    };
    let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    Ok(show_as(status, &page))
}

pub(super) fn problems(words: Words, wrong: Option<Wrong>) -> Vec<Problem> {
    wrong.map(|(field, key)| Problem { field: field.to_owned(), text: words.t(key) }).into_iter().collect()
}

/// Done, and said on the list; or what its writer can put right.
fn ended(
    open: &Open,
    done: Result<Option<Position>, Failure>,
    saying: &'static str,
) -> Result<Result<axum::response::Response, Wrong>, Failure> {
    match done {
        Ok(position) => {
            open.wrote(position);
            open.say_next(saying);
            Ok(Ok(Redirect::to(&open.path("/sharing/who")).into_response()))
        }
        Err(failure) => Ok(Err(form::said(&failure).ok_or(failure)?)),
    }
}

pub(super) async fn help_form(open: Open) -> Answer {
    open.stepped_up()?;
    helping(&open, &Fields::default(), None).await
}

async fn helping(open: &Open, typed: &Fields, wrong: Option<Wrong>) -> Answer {
    Failure::shown_if(may_appoint(open))?;
    let words = open.words();
    let held = |room: &&Category| open.record.holds(Action::Share, **room);
    let of: Vec<Category> = Category::ALL.iter().filter(held).copied().collect();
    let until = form::until_day(words).hint(words.t("acts-help-until-hint")).optional();
    let draft = Draft {
        path: "/sharing/who/help",
        title: "acts-help-title",
        lead: "acts-help-lead",
        button: "acts-help-do",
        questions: vec![form::rooms(words, typed, &of), form::actions(words, typed, &HELPS)],
        fields: vec![form::account(words), until],
    };
    shown(open, typed, wrong, draft).await
}

pub(super) async fn help(open: Open, fields: Fields) -> Answer {
    let asked = match appointed(&fields) {
        Ok(asked) => asked,
        Err(wrong) => return helping(&open, &fields, Some(wrong)).await,
    };
    let (request_id, patient_id) = (fields.request_id()?.to_string(), open.patient_id());
    let asked = AppointProxyRequest { request_id, patient_id, ..asked };
    let done = open.authorities().appoint_proxy(asked).await.map_err(Failure::from);
    match ended(&open, done.map(|answer| answer.into_inner().position), "acts-helping")? {
        Ok(answer) => Ok(answer),
        Err(wrong) => helping(&open, &fields, Some(wrong)).await,
    }
}

fn appointed(fields: &Fields) -> Result<AppointProxyRequest, Wrong> {
    let rooms = form::chosen::<Category>(fields, "category");
    let actions = form::chosen::<Action>(fields, "action");
    if rooms.is_empty() {
        return Err(("category", "share-what-wrong"));
    }
    if actions.is_empty() {
        return Err(("action", "share-may-wrong"));
    }
    Ok(AppointProxyRequest {
        account_id: form::account_of(fields)?,
        categories: rooms.iter().map(|word| word.to_proto()).collect(),
        actions: actions.iter().map(|word| word.to_proto()).collect(),
        until_time: form::until(fields)?.map(timestamp),
        ..AppointProxyRequest::default()
    })
}

pub(super) async fn new_form(open: Open) -> Answer {
    open.stepped_up()?;
    proposing(&open, &Fields::default(), None).await
}

async fn proposing(open: &Open, typed: &Fields, wrong: Option<Wrong>) -> Answer {
    Failure::shown_if(open.record.shares_everything())?;
    let (words, list) = (open.words(), listed(open).await?);
    let name = open.named().await.name;
    let reader = Reader::Family(open, &name);
    let told = Told::of(&reader, &list, open.now()).await?;
    let accounts = told.accounts().into_iter();
    let offer = Offer {
        accounts: accounts.map(|id| (id.to_owned(), told.who(id).name)).collect(),
        papers: open.titles_of_papers().await,
    };
    let (lead, button) = match is_free_standing(open) {
        true => ("acts-new-lead-own", "acts-new-do-own"),
        false => ("acts-new-lead", "acts-new-do"),
    };
    let questions = offer.questions(words, typed);
    let (path, title) = ("/sharing/who/new", "acts-new-title");
    let draft = Draft { path, title, lead, button, questions, fields: form::fields(words) };
    shown(open, typed, wrong, draft).await
}

pub(super) async fn propose(open: Open, fields: Fields) -> Answer {
    let asked = match form::asked(&fields) {
        Ok(asked) => asked,
        Err(wrong) => return proposing(&open, &fields, Some(wrong)).await,
    };
    let (request_id, patient_id) = (fields.request_id()?.to_string(), open.patient_id());
    let asked = RecordAuthorityRequest { request_id, patient_id, ..asked };
    let done = open.authorities().record_authority(asked).await.map_err(Failure::from);
    let saying = if is_free_standing(&open) { "acts-recorded" } else { "acts-proposed" };
    match ended(&open, done.map(|answer| answer.into_inner().position), saying)? {
        Ok(answer) => Ok(answer),
        Err(wrong) => proposing(&open, &fields, Some(wrong)).await,
    }
}

pub(super) async fn person_form(open: Open) -> Answer {
    stating(&open, &Fields::default(), None).await
}

/// What a practice says of its patient, a family says of a record that belongs to none.
async fn stating(open: &Open, typed: &Fields, wrong: Option<Wrong>) -> Answer {
    if !is_free_standing(open) || !open.record.shares_everything() {
        return Err(Failure::not_shown());
    }
    let draft = Draft {
        path: "/sharing/who/person",
        title: "acts-person",
        lead: "acts-person-lead",
        button: "form-save",
        questions: Vec::new(),
        fields: person_fields(open.words()),
    };
    shown(open, typed, wrong, draft).await
}

pub(super) fn person_fields(words: Words) -> Vec<Field> {
    let state = Field::line("state", words.t("acts-state")).hint(words.t("acts-state-hint")).optional();
    vec![
        Field::of("date", "birth_date", words.t("person-birth-date")),
        Field { size_max: STATE_CHARACTERS_MAX, ..state },
    ]
}

/// As `US-CA`; two letters are enough.
const STATE_CHARACTERS_MAX: u32 = 5;

/// Without what names it and its record.
pub(super) fn person(fields: &Fields) -> Result<StatePersonRequest, Wrong> {
    let born = dates::typed(fields.one("birth_date")).ok_or(("birth_date", "acts-born-wrong"))?;
    let state = fields.one("state").to_uppercase();
    let state = match state.len() {
        2 => format!("US-{state}"),
        _ => state,
    };
    Ok(StatePersonRequest { birth_date: born.to_string(), state, ..StatePersonRequest::default() })
}

pub(super) async fn state(open: Open, fields: Fields) -> Answer {
    let asked = match person(&fields) {
        Ok(asked) => asked,
        Err(wrong) => return stating(&open, &fields, Some(wrong)).await,
    };
    let (request_id, patient_id) = (fields.request_id()?.to_string(), open.patient_id());
    let asked = StatePersonRequest { request_id, patient_id, ..asked };
    let done = open.authorities().state_person(asked).await.map_err(Failure::from);
    match ended(&open, done.map(|answer| answer.into_inner().position), "acts-stated")? {
        Ok(answer) => Ok(answer),
        Err(wrong) => stating(&open, &fields, Some(wrong)).await,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    #[test]
    fn somebody_helps_in_rooms_and_with_deeds_that_are_said() {
        let whole =
            [("category", "goals"), ("action", "read"), ("account", "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001")];
        for (count, wrong) in [
            (0, ("category", "share-what-wrong")),
            (1, ("action", "share-may-wrong")),
            (2, ("account", "acts-account-wrong")),
        ] {
            assert_eq!(appointed(&form(&whole[..count])), Err(wrong));
        }
        let said = appointed(&form(&whole)).unwrap();
        assert_eq!((said.categories.len(), said.actions.len(), said.until_time), (1, 1, None));
    }

    #[test]
    fn a_state_is_two_letters() {
        let said = |state| person(&form(&[("birth_date", "3 2 2014"), ("state", state)]));
        assert_eq!(
            said("ca").map(|said| (said.birth_date, said.state)),
            Ok(("2014-03-02".into(), "US-CA".into()))
        );
        assert_eq!(said("US-NY").map(|said| said.state), Ok("US-NY".into()));
        assert_eq!(person(&form(&[("state", "CA")])), Err(("birth_date", "acts-born-wrong")));
    }
}
