//! The network's question: who had authority on a day, on which evidence, as it is known now or as it was known on another. Which record it
//! is of is nowhere but in the form.
use super::{
    family::problems,
    form::{Wrong, dressed},
    told::{Reader, Told},
};
use crate::{
    dates,
    failure::{Answer, Failure},
    form::Fields,
    handlers::days,
    pages::{
        Frame, Tab,
        authority::{AuthorityThen, Told as Shown},
        parts::{Field, Link, Notice, Tone, When},
        show_as,
    },
    session::Seat,
    visitor::Signed,
};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use holdfast_proto::{
    Word as _,
    consent::v1::{ListAuthorityRequest, ListAuthorityResponse},
    timestamp,
};
use holdfast_types::{PatientId, Role};
use http::StatusCode;

const HERE: &str = "/authority";

/// Whoever attests for a network who acts for its patients.
pub(in super::super) fn attests(signed: &Signed) -> bool {
    signed.who.is(Role::ComplianceOfficer) || signed.who.is(Role::PracticeAdministrator)
}

/// The network that the account attests for.
fn tenant(signed: &Signed) -> Result<String, Failure> {
    let attests = [Role::ComplianceOfficer, Role::PracticeAdministrator];
    let mut held = signed.who.account.roles.iter();
    let held = held.find(|held| Role::from_proto(held.role).is_some_and(|role| attests.contains(&role)));
    held.map(|held| held.tenant_id.clone()).ok_or_else(Failure::not_shown)
}

/// A page that a form leads to: a change of language begins again.
pub(super) fn frame(signed: &Signed) -> Frame {
    let tab = if signed.who.seat() == Seat::Officer { Tab::Office } else { Tab::Work };
    Frame { here: HERE.to_owned(), ..signed.frame(tab) }
}

pub(in super::super) fn back(signed: &Signed) -> Link {
    let (href, key) = match signed.who.seat() {
        Seat::Officer => ("/office", "office-title"),
        Seat::Staff | Seat::Family => ("/work", "work-title"),
    };
    Link::new(href, signed.words().t(key))
}

pub(super) async fn form(signed: Signed) -> Answer {
    tenant(&signed)?;
    Ok(show_as(StatusCode::OK, &page(&signed, &Fields::default(), None, None)))
}

/// What is asked: of which record, about which day, and as it was known on which. None: now.
pub(super) struct Asked {
    patient: PatientId,
    on: Option<NaiveDate>,
    known: Option<NaiveDate>,
}

impl Asked {
    pub(super) fn now(patient: PatientId) -> Self {
        Self { patient, on: None, known: None }
    }

    fn read(fields: &Fields) -> Result<Self, Wrong> {
        let patient = fields.one("patient").parse().map_err(|_| ("patient", "office-number-wrong"))?;
        let day = |name: &'static str| match fields.one(name) {
            "" => Ok(None),
            text => dates::typed(text).map(Some).ok_or((name, "authority-day-wrong")),
        };
        Ok(Self { patient, on: day("on")?, known: day("known")? })
    }

    /// A day stands for its noon: what changes on it has changed.
    fn at(&self) -> Option<DateTime<Utc>> {
        self.on.map(|day| days::beginning(day) + TimeDelta::hours(12))
    }

    pub(super) async fn listed(&self, signed: &Signed) -> Result<ListAuthorityResponse, Failure> {
        let asked = ListAuthorityRequest {
            patient_id: self.patient.to_string(),
            tenant_id: tenant(signed)?,
            at_time: self.at().map(timestamp),
            known_time: self.known.and_then(days::end).map(timestamp),
        };
        Ok(signed.authorities().list_authority(asked).await?.into_inner())
    }

    fn said(&self, signed: &Signed) -> String {
        let words = signed.words();
        let today = signed.local_now().date_naive();
        let day = |day: Option<NaiveDate>| When::day(words, day.unwrap_or(today), today).text;
        match self.known {
            None => words.say("authority-told").with("when", day(self.on)).plain(),
            known => {
                words.say("authority-told-then").with("when", day(self.on)).with("known", day(known)).plain()
            }
        }
    }
}

pub(super) async fn ask(signed: Signed, fields: Fields) -> Answer {
    match Asked::read(&fields) {
        Ok(asked) => answered(&signed, &fields, &asked, None).await,
        Err(wrong) => {
            tenant(&signed)?;
            Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page(&signed, &fields, Some(wrong), None)))
        }
    }
}

/// The answer; after something was done, with what it was.
pub(super) async fn answered(
    signed: &Signed,
    typed: &Fields,
    asked: &Asked,
    done: Option<&'static str>,
) -> Answer {
    let list = asked.listed(signed).await?;
    let number = asked.patient.to_string();
    let reader = Reader::Desk(signed, &number);
    let told = Told::of(&reader, &list, asked.at().unwrap_or_else(|| signed.now())).await?;
    let more = [("authority-new", "new"), ("acts-person", "person")];
    let shown = Shown {
        asked: asked.said(signed),
        person: told.person(),
        settled: told.settled(),
        more: more.into_iter().filter_map(|(key, what)| told.act(key, what, "")).collect(),
        number: number.clone(),
    };
    let mut page = page(signed, typed, None, Some(shown));
    if let Some(key) = done {
        page.frame.notice = Some(Notice { tone: Tone::Good, text: signed.words().t(key), link: None });
    }
    Ok(show_as(StatusCode::OK, &page))
}

fn page(signed: &Signed, typed: &Fields, wrong: Option<Wrong>, told: Option<Shown>) -> AuthorityThen {
    let words = signed.words();
    let day =
        |name, key: &str, hint: &str| Field::of("date", name, words.t(key)).hint(words.t(hint)).optional();
    let fields = [
        Field::line("patient", words.t("emergency-patient")).hint(words.t("authority-patient-hint")),
        day("on", "authority-on", "authority-on-hint"),
        day("known", "authority-known", "authority-known-hint"),
    ];
    AuthorityThen {
        frame: frame(signed),
        back: back(signed),
        fields: fields.into_iter().map(|field| dressed(words, typed, wrong, field)).collect(),
        problems: problems(words, wrong),
        told,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NUMBER: &str = "0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001";

    #[test]
    fn a_question_is_of_a_record_and_its_days_are_days() {
        let form = |pairs: &[(&str, &str)]| {
            Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
        };
        let wrong = |pairs: &[(&str, &str)]| Asked::read(&form(pairs)).err();
        assert_eq!(wrong(&[("patient", "412")]), Some(("patient", "office-number-wrong")));
        let of = |name, day| wrong(&[("patient", NUMBER), (name, day)]);
        assert_eq!(of("on", "2026-02-30"), Some(("on", "authority-day-wrong")));
        assert_eq!(of("known", "yesterday"), Some(("known", "authority-day-wrong")));
        let asked = Asked::read(&form(&[("patient", NUMBER), ("on", "2026-02-03")])).ok();
        let noon = asked.and_then(|asked| asked.at()).unwrap();
        let day = NaiveDate::from_ymd_opt(2026, 2, 3).unwrap();
        assert!(days::beginning(day) < noon && noon < days::end(day).unwrap());
    }
}
