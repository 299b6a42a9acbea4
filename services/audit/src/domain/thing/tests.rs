//! What a thing came to be, and who of those to whom its room is open would be shown it.
use super::*;
use holdfast_access::{
    GrantFact, Grantee, KeptFrom, MarkFact, Policies, Record, Request, RoleAssignment, decide_in_part,
};
use holdfast_types::{
    AccountId, Action, Basis, GrantId, Narrowing, PatientId, Period, Purpose, Relationship, Role, TenantId,
};
use std::{sync::LazyLock, time::Duration};

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::load().unwrap());
const THING: Uuid = Uuid::from_u128(0x71);

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::minutes(minutes)
}

fn author(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(number))
}

fn practice() -> PracticeId {
    PracticeId::new(Uuid::from_u128(0xC1))
}

fn patient() -> PatientId {
    PatientId::new(Uuid::from_u128(0xA1))
}

fn said(event_type: &str, by: u128, occurred: i64, recorded: i64) -> ThingSaid {
    ThingSaid {
        event_type: event_type.to_owned(),
        category: Some(Category::Goals),
        actor: Actor::Account(author(by)).to_string(),
        occurred: at(occurred),
        recorded: at(recorded),
        published: None,
    }
}

fn item(said: &[ThingSaid]) -> ThingThen {
    ThingThen::of(THING, said).unwrap()
}

fn thread(with: PracticeId) -> ThingThen {
    let started = ThreadStarted { practice_id: with.to_string(), ..ThreadStarted::default() };
    let published = Some(Any::from_msg(&started).unwrap());
    item(&[
        ThingSaid { published, ..said("thread.started", 1, 10, 10) },
        said("thread.message-posted", 1, 10, 10),
        said("thread.message-posted", 2, 30, 30),
    ])
}

/// A therapist at the practice, to whom all of the room is given, or a part of it.
fn verdict(thing: &ThingThen, narrowing: Option<Narrowing>, marks: &[Marked]) -> ThingVerdict {
    let roles = vec![RoleAssignment {
        role: Role::Therapist,
        tenant: TenantId::new(Uuid::nil()),
        practice: Some(practice()),
    }];
    let caller = Caller { account: author(9), session: None, roles, expires: DateTime::<Utc>::MAX_UTC };
    let grant = GrantFact {
        id: GrantId::new(Uuid::from_u128(0x61)),
        revision: 1,
        patient: patient(),
        grantee: Grantee::Account(caller.account),
        categories: vec![Category::Goals],
        actions: vec![Action::Read],
        purposes: vec![Purpose::Treatment],
        period: Period::try_new(at(0), None).unwrap(),
        basis: Basis::Holder,
        revoked: None,
        narrowing,
        uses: None,
    };
    let marked = |(number, what): (usize, &Marked)| MarkFact {
        id: MarkId::new(Uuid::from_u128(0x30 + number as u128)),
        patient: patient(),
        what: *what,
        kept_from: KeptFrom::Everybody,
    };
    let facts = Facts {
        grants: vec![grant],
        marks: marks.iter().enumerate().map(marked).collect(),
        consent_age: Some(Duration::ZERO),
        ..Facts::default()
    };
    let record = Record { patient: patient(), categories: vec![Category::Goals] };
    let request = Request {
        caller: &caller,
        action: Action::Read,
        record: &record,
        purpose: Purpose::Treatment,
        now: at(100),
        consent_age_max: Duration::ZERO,
    };
    let (decision, within) = decide_in_part(&POLICIES, &request, &facts);
    assert!(
        matches!(decision, holdfast_access::Decision::Permitted { .. }),
        "the room is open: {decision:?}"
    );
    thing.verdict(&caller, &facts, &within)
}

#[test]
fn a_thing_is_where_its_stream_put_it_last_and_of_all_who_had_a_hand_in_it() {
    let moved = ThingSaid { category: Some(Category::Notes), ..said("item.changed", 2, 5, 40) };
    let gone = ThingSaid { category: None, ..said("item.retracted", 3, 50, 50) };
    let thing = item(&[said("item.recorded", 1, 3, 20), moved, gone]);
    assert_eq!((thing.kind, thing.category), (ThingKind::Item, Category::Notes));
    assert_eq!(thing.authors, [1, 2, 3].map(|by| Actor::Account(author(by)).to_string()));
    assert_eq!((thing.first, thing.last), (at(5), at(5)), "by what it says itself");
    let undated = item(&[said("item.recorded", 1, 20, 20), said("item.changed", 1, 40, 40)]);
    assert_eq!(undated.first, at(20), "what says no time happened when it first came");
    let thread = thread(practice());
    assert_eq!((thread.first, thread.last), (at(10), at(30)));
    assert_eq!(ThingThen::of(THING, &[]), None);
    assert_eq!(
        ThingThen::of(THING, &[said("thread.message-posted", 1, 1, 1)]),
        None,
        "its beginning is not known"
    );
}

#[test]
fn marks_keep_a_thing_back_by_itself_or_by_anybody_who_had_a_hand_in_it() {
    let thing = item(&[said("item.recorded", 1, 3, 20), said("item.changed", 2, 3, 40)]);
    let by = |number: u128| ThingVerdict::Marked(vec![MarkId::new(Uuid::from_u128(number))]);
    assert_eq!(verdict(&thing, None, &[]), ThingVerdict::Open);
    assert_eq!(verdict(&thing, None, &[Marked::Item(THING)]), by(0x30));
    assert_eq!(verdict(&thing, None, &[Marked::Item(Uuid::nil()), Marked::Author(author(2))]), by(0x31));
    assert_eq!(verdict(&thing, None, &[Marked::Author(author(3))]), ThingVerdict::Open);
}

#[test]
fn what_is_not_of_the_part_that_is_given_is_not_open() {
    let thing = item(&[said("item.recorded", 1, 30, 50), said("item.changed", 2, 30, 60)]);
    let part = |change: fn(&mut Narrowing)| {
        let mut narrowing = Narrowing::default();
        change(&mut narrowing);
        verdict(&thing, Some(narrowing), &[])
    };
    assert_eq!(part(|of| of.items = vec![THING]), ThingVerdict::Open);
    assert_eq!(part(|of| of.items = vec![Uuid::nil()]), ThingVerdict::BeyondPart);
    assert_eq!(part(|of| of.authors = vec![author(1), author(2)]), ThingVerdict::Open);
    assert_eq!(part(|of| of.authors = vec![author(1)]), ThingVerdict::BeyondPart, "another had a hand in it");
    assert_eq!(part(|of| of.since = Some(at(30))), ThingVerdict::Open);
    assert_eq!(part(|of| of.since = Some(at(31))), ThingVerdict::BeyondPart);
    assert_eq!(part(|of| of.until = Some(at(30))), ThingVerdict::BeyondPart);
}

#[test]
fn a_thread_is_for_those_who_hold_a_role_at_its_practice_and_for_the_records_holders() {
    assert_eq!(verdict(&thread(practice()), None, &[]), ThingVerdict::Open);
    let elsewhere = thread(PracticeId::new(Uuid::from_u128(0xC2)));
    assert_eq!(verdict(&elsewhere, None, &[]), ThingVerdict::OfAnotherPractice);
    let holder = Facts { relationship: Some(Relationship::Parent), ..Facts::default() };
    let caller =
        Caller { account: author(1), session: None, roles: vec![], expires: DateTime::<Utc>::MAX_UTC };
    assert_eq!(elsewhere.verdict(&caller, &holder, &Within::default()), ThingVerdict::Open);
    let erased = Facts { erased: true, ..holder };
    assert_eq!(
        elsewhere.verdict(&caller, &erased, &Within::default()),
        ThingVerdict::Erased { is_said: true }
    );
}
