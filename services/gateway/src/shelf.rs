//! The records that an account may open, under their aliases, and what the people in them are called.
//!
//! The list is kept for half a minute per account, so that a page costs none; a record that is not found is asked for again at once. A
//! name is kept for whoever holds the record alone: to everybody else it is told anew, by a decision and a look, on each page. The
//! services decide anew at every call, whatever is kept here.
mod listed;
mod names;

pub use listed::{Listed, role};

use crate::cookie::{self, Cookie};
use crate::{
    alias,
    failure::Failure,
    pages::{
        Frame, OpenRecord, Tab,
        parts::{Notice, Tone},
    },
    session::Seat,
    site::Site,
    visitor::Signed,
};
use axum::extract::{FromRequestParts, RawPathParams};
use chrono::{NaiveDate, TimeDelta};
use holdfast_proto::{
    Word as _,
    consent::v1::{Grant, ListRecordsRequest, RecordAccess},
    records::v1::Demographics,
};
use holdfast_types::{Action, Basis, Category, Relationship};
use http::{Uri, request::Parts};
use std::sync::Arc;

const KEPT: TimeDelta = TimeDelta::seconds(30);
const PAGE_SIZE: i32 = 200;
/// Ten pages of records: 2,000.
const PAGES_MAX: usize = 10;
/// Categories that the banner names one by one.
const NAMED_MAX: usize = 3;

pub type Shelf = Vec<Listed>;

/// What a person is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    pub name: String,
    /// One letter: the only thing of the record in a title.
    pub label: String,
    pub birth_date: Option<NaiveDate>,
    /// Nobody's: for demonstration.
    pub made_up: bool,
}

impl Named {
    pub fn of(demographics: &Demographics) -> Self {
        let given = match demographics.preferred_name.trim() {
            "" => demographics.given_name.trim(),
            preferred => preferred,
        };
        let name = [given, demographics.family_name.trim()].join(" ").trim().to_owned();
        Self {
            label: name.chars().next().map(|letter| letter.to_uppercase().collect()).unwrap_or_default(),
            birth_date: demographics.birth_date.parse().ok(),
            made_up: is_made_up(&demographics.identifiers),
            name,
        }
    }
}

/// Whoever is known by numbers of places alone that no real one may be called by (RFC 2606), as the demo network's patients are.
fn is_made_up(identifiers: &[String]) -> bool {
    let reserved = |identifier: &String| {
        let system = identifier.split('|').next().and_then(|system| system.parse::<Uri>().ok());
        system.is_some_and(|system| system.host().is_some_and(|host| host.ends_with(".example")))
    };
    !identifiers.is_empty() && identifiers.iter().all(reserved)
}

impl Signed {
    /// The records that the account may open.
    pub async fn shelf(&self) -> Result<Arc<Shelf>, Failure> {
        match self.site().shelves.get(&self.who.account_id, self.now()) {
            Some(shelf) => Ok(shelf),
            None => self.fresh_shelf().await,
        }
    }

    /// The records that the account may open now, for the pages that list them.
    pub async fn fresh_shelf(&self) -> Result<Arc<Shelf>, Failure> {
        let account = self.who.account_id;
        let opened =
            async { if self.who.treats() { self.in_emergency().listed().await } else { Ok(Vec::new()) } };
        let (listed, opened) = tokio::try_join!(self.listed(), opened)?;
        let listed = listed.into_iter().map(|record| (record, Basis::Holder));
        let all = listed.chain(opened.into_iter().map(|record| (record, Basis::Emergency)));
        let put = |(at, (record, basis))| self.put(at, record, basis);
        let shelf: Shelf = all.enumerate().filter_map(put).collect();
        let shelf = Arc::new(shelf);
        self.site().shelves.put(account, Arc::clone(&shelf), self.now() + KEPT, self.now());
        Ok(shelf)
    }

    async fn listed(&self) -> Result<Vec<RecordAccess>, Failure> {
        let (mut listed, mut page_token) = (Vec::new(), String::new());
        for _ in 0..PAGES_MAX {
            let asked = ListRecordsRequest { page_size: PAGE_SIZE, page_token };
            let page = self.consent().list_records(asked).await?.into_inner();
            listed.extend(page.records);
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        Ok(listed)
    }

    /// What was opened in an emergency is a record of its own here; none where no grant of that basis is in force.
    fn put(&self, at: usize, mut record: RecordAccess, basis: Basis) -> Option<Listed> {
        let patient = record.patient_id.parse().ok()?;
        let taken = |grant: &Grant| grant.basis == Basis::Emergency.to_proto();
        let emergency = basis == Basis::Emergency;
        record.grants.retain(|grant| taken(grant) == emergency);
        if emergency && record.grants.is_empty() {
            return None;
        }
        let alias = if emergency { alias::of_emergency } else { alias::of };
        Some(Listed {
            alias: alias(self.who.account_id, patient),
            emergency,
            patient,
            tenant_id: record.tenant_id,
            relationship: Relationship::from_proto(record.relationship),
            not_held: record.not_held,
            grants: record.grants,
            stripe: u8::try_from(at % 4 + 1).unwrap_or(1),
        })
    }

    /// The record behind an alias of this account.
    pub async fn open(&self, alias: &str) -> Result<Open, Failure> {
        let find = |shelf: &Shelf| shelf.iter().find(|listed| listed.alias == alias).cloned();
        let record = match find(self.shelf().await?.as_ref()) {
            Some(found) => found,
            None => find(self.fresh_shelf().await?.as_ref()).ok_or_else(Failure::not_shown)?,
        };
        let signed = if record.emergency { self.in_emergency() } else { self.clone() };
        Ok(Open { signed, record })
    }
}

/// The record of a route under `/r/{r}`: an argument of its handlers.
#[derive(Clone)]
pub struct Open {
    signed: Signed,
    pub record: Listed,
}

impl std::ops::Deref for Open {
    type Target = Signed;
    fn deref(&self) -> &Signed {
        &self.signed
    }
}

impl Open {
    /// For the contracts.
    pub fn patient_id(&self) -> String {
        self.record.patient.to_string()
    }

    /// The caller holds the record, or rooms of it.
    pub fn is_held(&self) -> bool {
        self.record.relationship.is_some()
    }

    /// What is worth asking for: see [`Listed::may`].
    pub fn may(&self, action: Action, category: Category) -> bool {
        self.record.may(action, category)
    }

    /// Another record of the same shelf.
    pub fn beside(&self, record: &Listed) -> Self {
        Self { record: record.clone(), ..self.clone() }
    }

    /// An address under the record.
    pub fn path(&self, rest: &str) -> String {
        format!("/r/{}{rest}", self.record.alias)
    }

    /// What the person is called; "a patient" where the name is not shared.
    pub async fn named(&self) -> Named {
        let shared = |record: &Listed, _| record.may(Action::Read, Category::Demographics);
        let names = self.names_where(std::slice::from_ref(&self.record), shared).await.ok();
        let named = names.and_then(|mut names| names.remove(&self.record.patient));
        match named {
            Some(named) if !named.name.is_empty() => Named::clone(&named),
            _ => {
                let name = self.words().t("patient-unnamed");
                Named { label: String::new(), name, birth_date: None, made_up: false }
            }
        }
    }

    /// The frame of a page of this record: banner, tabs, unread messages.
    pub async fn frame(&self, tab: Tab) -> Frame {
        let patient = self.record.patient;
        let (named, unread) = tokio::join!(self.named(), self.unread(std::slice::from_ref(&self.record)));
        let unread = unread.get(&patient).copied().unwrap_or_default();
        let open = OpenRecord {
            alias: self.record.alias.clone(),
            label: named.label,
            name: named.name,
            acting: self.acting(),
            stripe: self.record.stripe,
        };
        let family = |open| Frame::family(self.words(), Some(open), tab, unread);
        let frame = match self.who.seat() {
            Seat::Family => family(open),
            Seat::Staff if self.is_held() => family(open).beside(Tab::Work),
            Seat::Officer if self.is_held() => family(open).beside(Tab::Office),
            Seat::Staff | Seat::Officer => Frame::staff(self.words(), Some(open), tab, unread),
        };
        let mut frame = self.dress(frame);
        if self.record.emergency {
            frame.tabs.retain(|way| !way.href.ends_with("/messages"));
        }
        if self.record.emergency && frame.notice.is_none() {
            let text = format!("{}. {}", self.emergency(), self.words().t("emergency-watched"));
            frame.notice = Some(Notice { tone: Tone::Stop, text, link: None });
        }
        if !self.record.may_share() {
            frame.tabs.retain(|way| !way.href.ends_with("/sharing"));
        }
        if !self.record.holds_everything() {
            frame.more.retain(|way| !way.href.ends_with("/looked"));
        }
        frame
    }

    /// By what right, until when; none where the record is the account's own.
    fn acting(&self) -> Option<String> {
        match self.record.relationship {
            Some(Relationship::Patient) => None,
            Some(held) => Some(self.words().t(role(held))),
            None if self.record.emergency => Some(self.emergency()),
            None => Some(self.shared()),
        }
    }

    /// That it was opened in an emergency, until when.
    fn emergency(&self) -> String {
        let last =
            self.record.grants.iter().filter_map(|grant| grant.until_time).max_by_key(|end| end.seconds);
        let until = self.when(last.as_ref()).map_or_else(String::new, |when| when.text);
        self.words().say("emergency-until").with("when", until).plain()
    }

    /// What is shared with the account, until when.
    pub fn shared(&self) -> String {
        shared(&self.signed, &self.record)
    }
}

/// What is shared with the account, until when: "Goals, Visit notes · shared until Feb 22".
pub fn shared(signed: &Signed, record: &Listed) -> String {
    let words = signed.words();
    // It ends for the account when the last of the grants does; one without an end never does.
    let ends: Option<Vec<_>> = record.grants.iter().map(|grant| grant.until_time).collect();
    let last = ends.and_then(|ends| ends.into_iter().max_by_key(|end| end.seconds));
    let until =
        signed.day(last.as_ref()).map(|when| words.say("work-shared-until").with("when", when.text).plain());
    std::iter::once(rooms(signed, record)).chain(until).collect::<Vec<_>>().join(" · ")
}

/// The rooms that are shared with the account: "Goals, Visit notes, Shots, +2".
pub fn rooms(signed: &Signed, record: &Listed) -> String {
    let mut categories: Vec<Category> = (record.grants.iter())
        .flat_map(|grant| &grant.categories)
        .filter_map(|number| Category::from_proto(*number))
        .collect();
    categories.sort_unstable();
    categories.dedup();
    let mut parts: Vec<String> =
        categories.iter().take(NAMED_MAX).map(|category| signed.words().category(*category)).collect();
    if categories.len() > NAMED_MAX {
        parts.push(format!("+{}", categories.len() - NAMED_MAX));
    }
    parts.join(", ")
}

impl FromRequestParts<Arc<Site>> for Open {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, site: &Arc<Site>) -> Result<Self, Failure> {
        let signed = Signed::from_request_parts(parts, site).await?;
        let params =
            RawPathParams::from_request_parts(parts, site).await.map_err(|_| Failure::not_shown())?;
        let alias = params.iter().find(|(name, _)| *name == "r").map(|(_, alias)| alias.to_owned());
        let open = signed.open(&alias.unwrap_or_default()).await?;
        signed.set(Cookie::new(cookie::OPEN, open.record.alias.clone()));
        Ok(open)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_called_as_they_wish_and_a_title_holds_one_letter() {
        let mut demographics = Demographics {
            given_name: "Mateo".into(),
            family_name: "R.".into(),
            birth_date: "2020-03-03".into(),
            ..Demographics::default()
        };
        let named = Named::of(&demographics);
        assert_eq!((named.name.as_str(), named.label.as_str()), ("Mateo R.", "M"));
        assert_eq!(named.birth_date, NaiveDate::from_ymd_opt(2020, 3, 3));
        demographics.preferred_name = "teo".into();
        assert_eq!(Named::of(&demographics).name, "teo R.");
        assert_eq!(Named::of(&demographics).label, "T");
        assert_eq!(Named::of(&Demographics::default()).label, "");
    }

    #[test]
    fn whoever_is_known_by_reserved_names_alone_is_made_up() {
        let made_up = |all: &[&str]| is_made_up(&all.iter().map(ToString::to_string).collect::<Vec<_>>());
        assert!(made_up(&["https://little-steps.example/charts|7", "https://stride.example/charts|8"]));
        for real in ["https://clinic.org/charts|8", "https://example.clinic.org|8", "urn:oid:1.2.3|a.example"]
        {
            assert!(!made_up(&["https://stride.example|8", real]), "{real}");
        }
        assert!(!made_up(&[]));
    }
}
