//! Who acts for the person of one record: what is known, each fact with its evidence and its dates, and the settled list of who holds which
//! rooms until when. Every event carries the whole list, so that a replay gives what was in force, whatever the rules say later.
mod known;
mod reckoning;
mod rules;

pub use known::{Authority, Basis, Evidence, Freeze, Known, Person, Review, Word};
pub use reckoning::{Around, Rooms, everything, held_by, spans};
pub use rules::{Rules, RulesError, is_state};

use chrono::{DateTime, TimeDelta, Utc};
use holdfast_eventlog::{Decider, DecodeError};
use holdfast_types::{AccountId, AuthorityId, Category, Period, Relationship, Span};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// Authorities of one record, ended ones too.
pub const AUTHORITIES_MAX: usize = 64;
pub const FREEZES_MAX: usize = 64;
/// Long enough for an officer to look into it.
pub const FREEZE_LASTS: TimeDelta = TimeDelta::hours(72);

/// One thing that becomes known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    Person(Person),
    /// Attested, in a holder's own word, or waiting.
    Recorded(Authority),
    Attested {
        authority: AuthorityId,
        by: AccountId,
    },
    /// What waited does so no more: taken back by who proposed it, or turned down.
    Withdrawn {
        authority: AuthorityId,
        by: AccountId,
    },
    Renewed {
        authority: AuthorityId,
        until: DateTime<Utc>,
        evidence: Evidence,
    },
    Ended {
        authority: AuthorityId,
        ended: DateTime<Utc>,
    },
    Frozen(Freeze),
    Reviewed {
        freeze: AuthorityId,
        review: Review,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub enum Event {
    #[serde(rename = "authority.settled")]
    Settled { change: Change, spans: Vec<Span> },
}

impl holdfast_eventlog::Event for Event {
    const AGGREGATE: &'static str = "authority";
    /// 2: the protected rooms are told apart from those in which they stood.
    const SCHEMA_VERSION: u16 = 2;

    fn upcast(event_type: &str, _: u16, mut payload: Value) -> Result<Value, DecodeError> {
        let malformed = |source| DecodeError::Malformed { event_type: event_type.to_owned(), source };
        let Some(data) = payload.get_mut("data") else { return Ok(payload) };
        let recorded =
            data.pointer("/change/recorded/categories").map(|_| "/change/recorded/categories".to_owned());
        let spans = data["spans"].as_array().map_or(0, Vec::len);
        let lists = (0..spans).map(|number| format!("/spans/{number}/categories")).chain(recorded);
        for list in lists.collect::<Vec<_>>() {
            if let Some(list) = data.pointer_mut(&list) {
                let mut rooms: Vec<Category> = serde_json::from_value(list.take()).map_err(malformed)?;
                Category::tell_apart(&mut rooms);
                *list = serde_json::to_value(rooms).map_err(malformed)?;
            }
        }
        Ok(payload)
    }

    fn event_type(&self) -> &'static str {
        match self {
            Self::Settled { .. } => "authority.settled",
        }
    }
}

#[derive(Debug, Clone)]
pub struct Command {
    pub by: AccountId,
    pub now: DateTime<Utc>,
    /// The revision on which it was decided, where its sender says so.
    pub seen: Option<u64>,
    pub present: u64,
    pub change: Change,
    pub around: Around,
    pub rules: Arc<Rules>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct State {
    pub known: Known,
    /// None: nothing was settled yet, and every holder holds everything.
    pub spans: Option<Vec<Span>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("the person is born in the future")]
    NotBorn,
    #[error("it names no room or no action")]
    NothingHeld,
    #[error("the period ends before it begins, or does not end later than before")]
    EndsBeforeItBegins,
    #[error("what it rests on has an end")]
    EndMissing,
    #[error("nobody is a proxy of themselves")]
    OfOneself,
    #[error("it is more than the holder holds, or longer, or handed on by a proxy")]
    BeyondOwn,
    #[error("the account holds something of the record already")]
    AlreadyHolder,
    #[error("the account holds nothing of the record that could be frozen")]
    NotHolder,
    #[error("the record has no such authority or freeze")]
    NotRecorded,
    #[error("it has ended, or waits no more")]
    Ended,
    #[error("somebody else has to")]
    SamePerson,
    #[error("the record has as many authorities or freezes as it may")]
    TooMany,
    #[error("who acts for the person has changed since it was seen")]
    NotAsSeen,
}

/// The rules of the aggregate; its stream has the id of the patient.
pub struct Authorities;

impl Decider for Authorities {
    type State = State;
    type Command = Command;
    type Event = Event;
    type Refusal = Refusal;

    fn decide(state: &State, command: Command) -> Result<Vec<Event>, Refusal> {
        if command.seen.is_some_and(|seen| seen != command.present) {
            return Err(Refusal::NotAsSeen);
        }
        allowed(state, &command)?;
        let Command { change, around, rules, .. } = command;
        let spans = spans(&state.known.clone().with(&change), &around, &rules);
        Ok(vec![Event::Settled { change, spans }])
    }

    fn evolve(state: State, event: &Event) -> State {
        let Event::Settled { change, spans } = event;
        State { known: state.known.with(change), spans: Some(spans.clone()) }
    }
}

impl State {
    /// What the account holds at the moment, as it was settled.
    pub fn held(&self, account: AccountId, at: DateTime<Utc>) -> impl Iterator<Item = &Span> {
        let spans = self.spans.iter().flatten();
        spans.filter(move |span| span.account == account && span.period.contains(at))
    }
}

fn allowed(state: &State, command: &Command) -> Result<(), Refusal> {
    let Command { by, now, change, .. } = command;
    let known = &state.known;
    match change {
        Change::Person(person) if person.born > now.date_naive() => Err(Refusal::NotBorn),
        Change::Person(_) => Ok(()),
        Change::Recorded(authority) => recorded(known, authority, command),
        Change::Attested { authority, .. } => match known.authority(*authority)? {
            over if !over.waits() => Err(Refusal::Ended),
            waiting if waiting.by == *by => Err(Refusal::SamePerson),
            _ => Ok(()),
        },
        Change::Withdrawn { authority, .. } => match known.authority(*authority)? {
            waiting if waiting.waits() => Ok(()),
            _ => Err(Refusal::Ended),
        },
        Change::Renewed { authority, until, .. } => match known.authority(*authority)?.period.until() {
            None => Err(Refusal::EndsBeforeItBegins),
            Some(before) if before <= *now => Err(Refusal::Ended),
            Some(before) if before >= *until => Err(Refusal::EndsBeforeItBegins),
            Some(_) => Ok(()),
        },
        Change::Ended { authority, ended } => match known.authority(*authority)? {
            over if over.withdrawn || over.period.until().is_some_and(|until| until <= *ended) => {
                Err(Refusal::Ended)
            }
            _ => Ok(()),
        },
        Change::Frozen(freeze) => frozen(known, freeze, command),
        Change::Reviewed { freeze, review } => {
            let freeze = known.freeze(*freeze)?;
            // What is lifted ended when somebody said so, which is before it is decided.
            let early = review.upheld && review.until.is_some_and(|until| until <= *now);
            if freeze.by == *by {
                Err(Refusal::SamePerson)
            } else if freeze.ends().is_some_and(|end| end <= *now) {
                Err(Refusal::Ended)
            } else if early {
                Err(Refusal::EndsBeforeItBegins)
            } else {
                Ok(())
            }
        }
    }
}

fn recorded(known: &Known, authority: &Authority, command: &Command) -> Result<(), Refusal> {
    let Command { by, now, around, rules, .. } = command;
    if authority.categories.is_empty() || authority.actions.is_empty() {
        return Err(Refusal::NothingHeld);
    }
    if authority.basis == Basis::FosterPlacement && authority.period.until().is_none() {
        return Err(Refusal::EndMissing);
    }
    if known.authorities.len() >= AUTHORITIES_MAX {
        return Err(Refusal::TooMany);
    }
    let of_person = |account: AccountId| {
        around.of_person(account) || known.stand(*now).any(|one| one.is_of_person(account))
    };
    if authority.basis != Basis::Person && of_person(authority.account) {
        return Err(Refusal::OfOneself);
    }
    if authority.basis != Basis::Appointment {
        return Ok(());
    }
    if authority.account == *by {
        return Err(Refusal::OfOneself);
    }
    if !everything(known, around, rules, authority.account, *now).is_empty() {
        return Err(Refusal::AlreadyHolder);
    }
    let within = reckoning::moments(known, rules).into_iter();
    let within = within.filter(|moment| authority.period.contains(*moment));
    let asked = authority.rooms();
    let covers = |moment: DateTime<Utc>| {
        let own = held_by(known, around, rules, *by, moment);
        asked.iter().all(|(room, actions)| own.get(room).is_some_and(|held| held.is_superset(actions)))
    };
    let covered = within.chain([authority.period.from()]).all(covers);
    if covered { Ok(()) } else { Err(Refusal::BeyondOwn) }
}

fn frozen(known: &Known, freeze: &Freeze, command: &Command) -> Result<(), Refusal> {
    let Command { around, rules, now, .. } = command;
    if known.freezes.len() >= FREEZES_MAX {
        return Err(Refusal::TooMany);
    }
    let is_person = known.stand(*now).any(|one| one.is_of_person(freeze.account));
    if is_person || around.of_person(freeze.account) {
        return Err(Refusal::OfOneself);
    }
    match everything(known, around, rules, freeze.account, *now).is_empty() {
        true => Err(Refusal::NotHolder),
        false => Ok(()),
    }
}

/// What an account is by what its authority rests on.
pub const fn relationship(basis: Basis) -> Relationship {
    match basis {
        Basis::Person => Relationship::Patient,
        Basis::Birth | Basis::Custody | Basis::Assent => Relationship::Parent,
        Basis::CourtOrder
        | Basis::FosterPlacement
        | Basis::Guardianship
        | Basis::PowerOfAttorney
        | Basis::Incapacity => Relationship::Guardian,
        Basis::Appointment => Relationship::Proxy,
    }
}

/// A period that ends earlier; none where it had not begun.
fn cut(period: Period, at: DateTime<Utc>) -> Option<Period> {
    let until = period.until().map_or(at, |until| until.min(at));
    Period::try_new(period.from(), Some(until)).ok()
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) use tests::samples;
