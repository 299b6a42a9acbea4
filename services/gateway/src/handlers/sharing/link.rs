//! Sharing by a link or a QR code: one form, and what it makes, which is shown this once.
use crate::{
    failure::{Answer, Failure, FailureKind},
    form::Fields,
    handlers::days,
    pages::{
        Tab,
        factors::Picture,
        link::{LinkMade, ShareLink},
        parts::{Choice, Fact, Field, Problem},
        sharing::Question,
        show, show_as,
        trouble::Trouble,
    },
    shelf::Open,
    shl,
    site::Site,
};
use axum::{Router, response::Response, routing::get};
use chrono::{DateTime, Days, NaiveDate, Utc};
use holdfast_host::catalogue;
use holdfast_proto::{
    Word as _,
    consent::v1::{MakeLinkRequest, MakeLinkResponse},
    timestamp,
};
use holdfast_types::Category;
use http::StatusCode;
use std::sync::Arc;

const LABEL_CHARACTERS_MAX: u32 = 80;
const PASSCODE_CHARACTERS_MIN: usize = 4;
const PASSCODE_CHARACTERS_MAX: u32 = 100;
const TIMES: [i32; 4] = [1, 5, 20, 100];
const TIMES_USUAL: i32 = 5;
/// The key of the words, and the last day counted from today; a link lasts 365 days at most, to the minute.
const UNTIL: [(&str, u64); 4] = [("link-day", 1), ("link-week", 7), ("link-month", 30), ("link-year", 364)];
const UNTIL_USUAL: &str = "link-week";

/// Conversations are answered in, not handed out; what is protected is disclosed with its notice, to somebody who is known.
fn is_by_link(room: Category) -> bool {
    room != Category::Messages && !room.is_protected()
}

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/r/{r}/sharing/link", get(form).post(make))
}

type Wrong = (&'static str, &'static str);

async fn form(open: Open) -> Answer {
    if !open.record.may_share() {
        return Err(Failure::not_shown());
    }
    open.stepped_up()?;
    Ok(show(&page(&open, &Fields::default(), None).await))
}

async fn make(open: Open, fields: Fields) -> Answer {
    let (asked, until) = match read(&open, &fields) {
        Ok(read) => read,
        Err(wrong) => return Ok(again(&open, &fields, wrong).await),
    };
    let asked = MakeLinkRequest { request_id: fields.request_id()?.to_string(), ..asked };
    match open.links().make_link(asked.clone()).await.map_err(Failure::from) {
        Ok(made) => made_page(&open, &asked, until, made.into_inner()).await,
        Err(failure) => match said(&failure) {
            Some(wrong) => Ok(again(&open, &fields, wrong).await),
            None => Err(failure),
        },
    }
}

/// What the form asks for, but for its id; or what is wrong with it.
fn read(open: &Open, fields: &Fields) -> Result<(MakeLinkRequest, DateTime<Utc>), Wrong> {
    let categories: Vec<i32> = rooms()
        .filter(|room| fields.all("category").any(|own| own == room.as_str()))
        .map(|room| room.to_proto())
        .collect();
    let (label, passcode) = (fields.one("label"), fields.one("passcode"));
    let times = fields.one("times").parse().ok().filter(|times| TIMES.contains(times));
    if label.is_empty() {
        return Err(("label", "link-label-wrong"));
    }
    if categories.is_empty() {
        return Err(("category", "share-what-wrong"));
    }
    if !passcode.is_empty() && passcode.chars().count() < PASSCODE_CHARACTERS_MIN {
        return Err(("passcode", "link-passcode-wrong"));
    }
    let last = last_day(fields.one("until"), open.local_now().date_naive());
    let until = last.and_then(days::end).ok_or(("until", "share-until-wrong"))?;
    let asked = MakeLinkRequest {
        patient_id: open.patient_id(),
        label: label.to_owned(),
        categories,
        download: fields.one("download") == "yes",
        until_time: Some(timestamp(until)),
        passcode: passcode.to_owned(),
        openings_max: times.ok_or(("times", "link-times-wrong"))?,
        ..MakeLinkRequest::default()
    };
    Ok((asked, until))
}

fn last_day(code: &str, today: NaiveDate) -> Option<NaiveDate> {
    let (_, days) = UNTIL.into_iter().find(|(key, _)| *key == code)?;
    today.checked_add_days(Days::new(days))
}

fn rooms() -> impl Iterator<Item = Category> {
    Category::ALL.iter().copied().filter(|room| is_by_link(*room))
}

fn said(failure: &Failure) -> Option<Wrong> {
    if failure.is(catalogue::TOO_MANY_GRANTS) {
        Some(("label", "share-too-many"))
    } else if failure.names("label") {
        Some(("label", "link-label-wrong"))
    } else if failure.names("passcode") {
        Some(("passcode", "link-passcode-wrong"))
    } else if failure.kind == FailureKind::Trouble(Trouble::NotShown) {
        Some(("category", "link-not-yours"))
    } else {
        None
    }
}

async fn again(open: &Open, fields: &Fields, wrong: Wrong) -> Response {
    show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(open, fields, Some(wrong)).await)
}

async fn page(open: &Open, fields: &Fields, wrong: Option<Wrong>) -> ShareLink {
    let words = open.words();
    let chosen = |name: &str, value: &str, usual: &str| match fields.one(name) {
        "" => value == usual,
        own => own == value,
    };
    let dress = |field: Field| {
        let field = Field { value: fields.one(field.name).to_owned(), ..field };
        match wrong.filter(|(name, _)| *name == field.name) {
            Some((_, key)) => field.wrong(words.t(key)),
            None => field,
        }
    };
    let question = |name, key: &str, many, choices| Question {
        name,
        legend: words.t(key),
        hint: String::new(),
        many,
        choices,
    };
    let room = |room: Category| {
        let so = fields.all("category").any(|own| own == room.as_str());
        Choice::new(room.as_str(), words.category(room)).chosen(so)
    };
    let until =
        UNTIL.map(|(key, _)| Choice::new(key, words.t(key)).chosen(chosen("until", key, UNTIL_USUAL)));
    let times = TIMES.map(|times| {
        let (value, usual) = (times.to_string(), TIMES_USUAL.to_string());
        let label = words.say("link-times").with("count", i64::from(times)).plain();
        Choice::new(value.clone(), label).chosen(chosen("times", &value, &usual))
    });
    let download = Choice::new("yes", words.t("link-download")).chosen(fields.one("download") == "yes");
    let label = Field::line("label", words.t("link-label")).hint(words.t("link-label-hint"));
    let passcode = Field::line("passcode", words.t("link-passcode")).hint(words.t("link-passcode-hint"));
    ShareLink {
        label: dress(Field { size_max: LABEL_CHARACTERS_MAX, ..label }),
        passcode: dress(Field { size_max: PASSCODE_CHARACTERS_MAX, ..passcode.optional() }),
        questions: vec![
            question("category", "share-kinds", true, rooms().map(room).collect()),
            question("download", "link-papers", true, vec![download]),
            question("until", "share-until", false, until.into()),
            question("times", "link-how-often", false, times.into()),
        ],
        problems: wrong
            .map(|(field, key)| Problem { field: field.to_owned(), text: words.t(key) })
            .into_iter()
            .collect(),
        frame: open.frame(Tab::Sharing).await,
    }
}

async fn made_page(
    open: &Open,
    asked: &MakeLinkRequest,
    until: DateTime<Utc>,
    made: MakeLinkResponse,
) -> Answer {
    open.wrote(made.position);
    let words = open.words();
    let text = shl::Made {
        public_url: &open.site().public_url,
        secret: &made.secret,
        content_key: &made.content_key,
        expires: until.timestamp(),
        has_passcode: !asked.passcode.is_empty(),
        lasts: asked.openings_max > 1,
        label: &words.t("shl-label"),
    }
    .text();
    let last = days::of(until - days::MOMENT);
    let last = crate::pages::parts::When::day(words, last, open.local_now().date_naive());
    let often = words.say("link-times").with("count", i64::from(asked.openings_max)).plain();
    Ok(show(&LinkMade {
        picture: Picture::of(&text).ok_or_else(Failure::bad_form)?,
        text,
        label: asked.label.clone(),
        has_passcode: !asked.passcode.is_empty(),
        facts: vec![
            Fact::new(words.t("grant-what"), crate::handlers::given::rooms(words, &asked.categories)),
            Fact::new(words.t("grant-until"), last.text),
            Fact::new(words.t("link-how-often"), often),
        ],
        frame: open.frame(Tab::Sharing).await,
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::TimeDelta;

    #[test]
    fn a_link_ends_at_the_end_of_a_day_and_never_later_than_it_may() {
        let today = NaiveDate::from_ymd_opt(2027, 3, 1).unwrap();
        for (key, _) in UNTIL {
            let last = last_day(key, today).unwrap();
            let until = days::end(last).unwrap();
            assert!(last > today && until - days::beginning(today) <= TimeDelta::days(365), "{key}");
        }
        assert_eq!(last_day("for ever", today), None);
    }

    #[test]
    fn neither_messages_nor_what_is_protected_is_handed_out() {
        assert!(!rooms().any(|room| room == Category::Messages || room.is_protected()));
        assert!(rooms().count() > 20);
    }
}
