//! Who may act for whom on which day: cases by state and age, and what must always hold.
mod always;
mod cases;

use super::*;
use crate::domain::record::Holder;
use chrono::NaiveDate;
use holdfast_types::{Action, Category, DocumentId};
use uuid::Uuid;

pub(super) const MOTHER: AccountId = account(1);
pub(super) const FATHER: AccountId = account(2);
pub(super) const CHILD: AccountId = account(3);
pub(super) const AUNT: AccountId = account(4);
pub(super) const OFFICER: AccountId = account(5);
pub(super) const ADMINISTRATOR: AccountId = account(6);

const fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(0xACC0 + number))
}

pub(super) fn day(text: &str) -> DateTime<Utc> {
    text.parse::<NaiveDate>().unwrap().and_time(chrono::NaiveTime::MIN).and_utc()
}

pub(super) fn rules() -> Arc<Rules> {
    Arc::new(Rules::of_the_table().unwrap())
}

pub(super) fn named(account: AccountId, relationship: Relationship) -> Holder {
    Holder { account, relationship }
}

/// A network's record, with both parents and the child's own login.
pub(super) fn family() -> Around {
    let holders = vec![
        named(MOTHER, Relationship::Parent),
        named(FATHER, Relationship::Parent),
        named(CHILD, Relationship::Patient),
    ];
    Around { holders, free_standing: false }
}

pub(super) fn born(date: &str, state: &str) -> Change {
    Change::Person(Person { born: date.parse().unwrap(), state: state.to_owned() })
}

pub(super) fn authority(number: u128, account: AccountId, basis: Basis, from: &str) -> Authority {
    Authority {
        id: AuthorityId::new(Uuid::from_u128(0xA0 + number)),
        account,
        basis,
        categories: Category::ALL.to_vec(),
        actions: Action::ALL.to_vec(),
        period: Period::try_new(day(from), None).unwrap(),
        in_place_of_person: false,
        evidence: Evidence { note: "shown at the desk".to_owned(), ..Evidence::default() },
        word: Word::Attested(ADMINISTRATOR),
        by: ADMINISTRATOR,
        withdrawn: false,
    }
}

pub(super) fn until(authority: Authority, end: &str) -> Authority {
    let period = Period::try_new(authority.period.from(), Some(day(end))).unwrap();
    Authority { period, ..authority }
}

pub(super) fn of(authority: Authority, categories: &[Category], actions: &[Action]) -> Authority {
    Authority { categories: categories.to_vec(), actions: actions.to_vec(), ..authority }
}

/// A record as it is told, one decision after the other.
#[derive(Clone)]
pub(super) struct Told {
    pub(super) state: State,
    pub(super) around: Around,
    pub(super) now: DateTime<Utc>,
}

impl Told {
    pub(super) fn of(around: Around) -> Self {
        Self { state: State::default(), around, now: day("2026-03-02") }
    }

    pub(super) fn command(&self, by: AccountId, change: Change) -> Command {
        let (around, rules) = (self.around.clone(), rules());
        Command { by, now: self.now, seen: None, present: 0, change, around, rules }
    }

    pub(super) fn refused(&self, by: AccountId, change: Change) -> Refusal {
        Authorities::decide(&self.state, self.command(by, change)).unwrap_err()
    }

    #[must_use]
    pub(super) fn and(self, change: Change) -> Self {
        self.by(ADMINISTRATOR, change)
    }

    #[must_use]
    pub(super) fn by(mut self, by: AccountId, change: Change) -> Self {
        let events = Authorities::decide(&self.state, self.command(by, change)).unwrap();
        self.state = events.iter().fold(self.state, Authorities::evolve);
        self
    }

    pub(super) fn may(&self, account: AccountId, action: Action, room: Category, on: DateTime<Utc>) -> bool {
        self.state.held(account, on).any(|span| span.holds(action, room))
    }

    pub(super) fn reads(&self, account: AccountId, room: Category, on: &str) -> bool {
        self.may(account, Action::Read, room, day(on))
    }

    pub(super) fn shares(&self, account: AccountId, room: Category, on: &str) -> bool {
        self.may(account, Action::Share, room, day(on))
    }
}

/// What is stored, one of each.
pub(crate) fn samples() -> Vec<Event> {
    let placement = until(authority(1, AUNT, Basis::FosterPlacement, "2026-01-05"), "2026-07-05");
    let documents = vec![DocumentId::new(Uuid::from_u128(0xD0C))];
    let evidence =
        Evidence { documents, issued: Some("2026-06-30".parse().unwrap()), note: "order 7/26".into() };
    let id = AuthorityId::new(Uuid::from_u128(0xF0));
    let freeze = Freeze {
        id,
        account: FATHER,
        placed: day("2026-03-02"),
        reason: "a report to the county".into(),
        by: ADMINISTRATOR,
        review: None,
    };
    let settled = |change| Event::Settled { change, spans: Vec::new() };
    let span = Span {
        account: MOTHER,
        relationship: Relationship::Parent,
        categories: vec![Category::Goals],
        actions: vec![Action::Read],
        period: Period::try_new(day("2014-03-02"), Some(day("2032-03-02"))).unwrap(),
        authority: Some(placement.id),
    };
    let waits = Authority { word: Word::Waits, in_place_of_person: true, ..placement.clone() };
    vec![
        Event::Settled { change: born("2014-03-02", "US-CA"), spans: vec![span] },
        settled(Change::Recorded(of(placement.clone(), &[Category::Goals], &[Action::Read]))),
        settled(Change::Recorded(of(waits, &[Category::Goals], &[Action::Read]))),
        settled(Change::Attested { authority: placement.id, by: ADMINISTRATOR }),
        settled(Change::Renewed { authority: placement.id, until: day("2027-01-05"), evidence }),
        settled(Change::Ended { authority: placement.id, ended: day("2026-09-01") }),
        settled(Change::Frozen(freeze)),
        settled(Change::Reviewed { freeze: id, review: Review { upheld: true, by: OFFICER, until: None } }),
        settled(Change::Withdrawn { authority: placement.id, by: MOTHER }),
    ]
}

#[test]
fn what_was_settled_before_the_protected_rooms_means_them_with_those_in_which_they_stood() {
    let settled = |rooms: &[Category]| {
        let order = authority(1, AUNT, Basis::CourtOrder, "2026-01-05");
        let span = Span {
            account: AUNT,
            relationship: Relationship::Guardian,
            categories: rooms.to_vec(),
            actions: vec![Action::Read],
            period: order.period,
            authority: Some(order.id),
        };
        let change = Change::Recorded(of(order, rooms, &[Action::Read]));
        Event::Settled { change, spans: vec![span] }
    };
    let read = |version, event: &Event| {
        let stored = serde_json::to_vec(event).unwrap();
        <Event as holdfast_eventlog::Event>::decode("authority.settled", version, &stored).unwrap()
    };
    let before = settled(&[Category::Conditions, Category::Notes]);
    let means =
        [Category::Conditions, Category::Notes].into_iter().chain(Category::PROTECTED.iter().copied());
    assert_eq!(read(1, &before), settled(&means.collect::<Vec<_>>()));
    assert_eq!(read(2, &before), before);
}
