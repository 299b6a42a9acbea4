//! Rooms and things as they stood to somebody who was given a part for a while, and who there was to be asked for.
use super::*;
use crate::domain::Known;
use chrono::TimeDelta;
use holdfast_access::{GrantFact, KeptFrom, MarkFact, Marked, Policies};
use holdfast_types::{
    Action, Actor, Basis, DocumentId, GrantId, MarkId, Narrowing, PatientId, Period, Purpose, TenantId,
};
use std::sync::LazyLock;

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::load().unwrap());
const OPEN: Uuid = Uuid::from_u128(0x71);
const MARKED: Uuid = Uuid::from_u128(0x72);
const BEYOND: Uuid = Uuid::from_u128(0x73);
const ERASED: Uuid = Uuid::from_u128(0x74);

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn patient() -> PatientId {
    PatientId::new(Uuid::from_u128(0xA1))
}

fn parent() -> AccountId {
    AccountId::new(Uuid::from_u128(0xB1))
}

fn therapist() -> AccountId {
    AccountId::new(Uuid::from_u128(0xB2))
}

fn marked(number: u128, item: Uuid) -> ConsentFact {
    let (id, what) = (MarkId::new(Uuid::from_u128(number)), Marked::Item(item));
    ConsentFact::MarkSet(MarkFact { id, patient: patient(), what, kept_from: KeptFrom::Everybody })
}

/// All notes, and of goals what happened from the tenth minute on.
fn said() -> Vec<Saying> {
    let (patient, account, relationship) = (patient(), parent(), Relationship::Parent);
    let grant = |number, category, narrowing| {
        ConsentFact::GrantGiven(GrantFact {
            id: GrantId::new(Uuid::from_u128(number)),
            revision: 1,
            patient,
            grantee: Grantee::Account(therapist()),
            categories: vec![category],
            actions: vec![Action::Read],
            purposes: vec![Purpose::Treatment],
            period: Period::try_new(at(0), None).unwrap(),
            basis: Basis::Holder,
            revoked: None,
            narrowing,
            uses: None,
        })
    };
    let facts = [
        ConsentFact::RecordOpened { patient, tenant: TenantId::new(Uuid::nil()) },
        ConsentFact::HolderAdded { patient, account, relationship },
        grant(0x61, Category::Notes, None),
        grant(0x62, Category::Goals, Some(Narrowing { since: Some(at(10)), ..Narrowing::default() })),
        marked(0x31, MARKED),
    ];
    (1..).zip(facts).map(|(lane_seq, fact)| Saying { lane_seq, fact: Some(fact) }).collect()
}

fn things() -> BTreeMap<Uuid, Vec<ThingSaid>> {
    let thing = |event_type: &str, occurred| {
        vec![ThingSaid {
            event_type: event_type.to_owned(),
            category: Some(Category::Goals),
            actor: Actor::Account(parent()).to_string(),
            occurred: at(occurred),
            recorded: at(occurred),
            published: None,
        }]
    };
    BTreeMap::from([
        (OPEN, thing("item.recorded", 20)),
        (MARKED, thing("item.recorded", 20)),
        (BEYOND, thing("item.recorded", 5)),
        (ERASED, thing("document.added", 20)),
    ])
}

fn reading(account: AccountId, count: Count, today: (&Withheld, &Within)) -> Reading {
    let erased = BTreeSet::from([DocumentId::new(ERASED)]);
    let known = Known { said: said(), erased, ..Known::default() };
    let rooms = [Category::Goals, Category::Notes, Category::Medications].to_vec();
    let things_asked = vec![OPEN, MARKED, BEYOND, ERASED, Uuid::nil()];
    let reader = Reader { account, at: at(60), rooms, things: things_asked, count };
    let standing = Standing::of(&POLICIES, patient(), account, reader.at, known);
    let rooms = Rooms::of(standing, &reader.rooms);
    assert_eq!(rooms.leave_out(), account == therapist());
    rooms.reading(&reader, &things(), count != Count::None, today)
}

fn verdicts(reading: &Reading) -> Vec<ThingVerdict> {
    reading.things.iter().map(|(_, conclusion)| conclusion.verdict.clone()).collect()
}

fn rooms(reading: &Reading) -> Vec<(Category, bool, bool, Option<usize>)> {
    reading
        .rooms
        .iter()
        .map(|room| (room.category, room.is_open(), room.is_in_part(), room.kept_back))
        .collect()
}

#[test]
fn each_room_stands_by_itself_and_each_thing_as_it_was_shown() {
    let all = (&Withheld::default(), &Within::default());
    let read = reading(therapist(), Count::All, all);
    let mut stood = rooms(&read);
    stood.sort_unstable();
    let mut expected = [
        (Category::Goals, true, true, Some(2)),
        (Category::Notes, true, false, Some(0)),
        (Category::Medications, false, false, None),
    ];
    expected.sort_unstable();
    assert_eq!(stood, expected);
    let by_mark = ThingVerdict::Marked(vec![MarkId::new(Uuid::from_u128(0x31))]);
    let erased = ThingVerdict::Erased { is_said: false };
    assert_eq!(verdicts(&read), [ThingVerdict::Open, by_mark, ThingVerdict::BeyondPart, erased]);
    let by_then = reading(therapist(), Count::HappenedBy(at(10)), all);
    assert_eq!(rooms(&by_then).iter().find_map(|room| room.3.filter(|kept| *kept > 0)), Some(1));
}

#[test]
fn to_a_holder_everything_was_open_and_an_erased_paper_is_said_to_be() {
    let read = reading(parent(), Count::None, (&Withheld::default(), &Within::default()));
    assert!(rooms(&read).iter().all(|(_, open, in_part, kept)| *open && !in_part && kept.is_none()));
    let [open, erased] = [ThingVerdict::Open, ThingVerdict::Erased { is_said: true }];
    assert_eq!(verdicts(&read), [open.clone(), open.clone(), open, erased]);
}

#[test]
fn those_who_can_be_asked_for_are_holders_then_grantees_then_who_looked() {
    let looker = AccountId::new(Uuid::from_u128(0xB3));
    let named = readers(said(), [looker, therapist(), looker].into_iter(), at(60));
    let told: Vec<_> = named.iter().map(|named| (named.account, named.relationship, named.granted)).collect();
    assert_eq!(
        told,
        [(parent(), Some(Relationship::Parent), false), (therapist(), None, true), (looker, None, false)]
    );
}
