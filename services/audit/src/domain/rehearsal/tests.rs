//! What is rehearsed is what comes of it: against everything that could be asked, before the change and after it was really heard.
use super::*;
use chrono::TimeDelta;
use holdfast_access::{KeptFrom, MarkFact, Within, decide};
use holdfast_types::{GrantId, MarkId, Narrowing, Relationship};
use proptest::{
    collection::vec,
    option,
    prelude::*,
    sample::{select, subsequence},
};
use std::sync::LazyLock;

static POLICIES: LazyLock<Policies> = LazyLock::new(|| Policies::load().unwrap());

const ROOMS: [Category; 4] = [Category::Goals, Category::Notes, Category::Messages, Category::Documents];

fn id(number: u128) -> Uuid {
    Uuid::from_u128(number)
}

fn now() -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_000_000, 0).unwrap()
}

fn patient() -> PatientId {
    PatientId::new(id(0xA1))
}

fn accounts() -> impl Strategy<Value = AccountId> {
    select(vec![AccountId::new(id(0xACC)), AccountId::new(id(0xACD))])
}

fn practices() -> impl Strategy<Value = PracticeId> {
    select(vec![PracticeId::new(id(0xB1)), PracticeId::new(id(0xB2))])
}

fn callers() -> impl Strategy<Value = Caller> {
    let role = (select(vec![Role::Therapist, Role::FrontDesk, Role::ComplianceOfficer]), practices());
    (accounts(), vec(role, 0..2)).prop_map(|(account, roles)| Caller {
        account,
        session: None,
        roles: roles
            .into_iter()
            .map(|(role, practice)| RoleAssignment {
                role,
                tenant: TenantId::new(id(0x7E1)),
                practice: Some(practice),
            })
            .collect(),
        expires: DateTime::<Utc>::MAX_UTC,
    })
}

/// One of them holds the other; the rest overlap.
fn narrowings() -> Vec<Narrowing> {
    let authors = vec![AccountId::new(id(0xACC))];
    vec![
        Narrowing { items: vec![id(1)], ..Narrowing::default() },
        Narrowing { authors: authors.clone(), ..Narrowing::default() },
        Narrowing { authors, since: Some(now()), ..Narrowing::default() },
    ]
}

prop_compose! {
    fn grants()(
        number in 1..5_u128,
        grantee in prop_oneof![
            accounts().prop_map(Grantee::Account),
            (practices(), select(vec![Role::Therapist, Role::FrontDesk]))
                .prop_map(|(practice, role)| Grantee::Practice { practice, role }),
        ],
        categories in subsequence(ROOMS.to_vec(), 1..=ROOMS.len()),
        actions in subsequence(ACTIONS.to_vec(), 1..=ACTIONS.len()),
        purposes in subsequence(vec![Purpose::Treatment, Purpose::Payment, Purpose::EmergencyTreatment], 1..=2),
        basis in prop_oneof![3 => Just(Basis::Holder), 1 => Just(Basis::Emergency)],
        from in -3..2_i64,
        hours in option::of(1..6_i64),
        narrowing in option::weighted(0.4, select(narrowings())),
    ) -> GrantFact {
        let from = now() + TimeDelta::hours(from);
        let period = Period::try_new(from, hours.map(|hours| from + TimeDelta::hours(hours))).unwrap();
        let (id, patient) = (GrantId::new(id(number)), patient());
        GrantFact { id, revision: 1, patient, grantee, categories, actions, purposes, period, revoked: None, basis, narrowing, uses: None }
    }
}

fn marks() -> impl Strategy<Value = MarkFact> {
    let what = prop_oneof![
        2 => select(ROOMS.to_vec()).prop_map(Marked::Category),
        1 => (1..4_u128).prop_map(|number| Marked::Item(id(number))),
        1 => accounts().prop_map(Marked::Author),
    ];
    let kept_from = prop_oneof![
        Just(KeptFrom::Everybody),
        accounts().prop_map(KeptFrom::Account),
        practices().prop_map(KeptFrom::Practice),
    ];
    (1..5_u128, what, kept_from).prop_map(|(number, what, kept_from)| MarkFact {
        id: MarkId::new(id(number)),
        patient: patient(),
        what,
        kept_from,
    })
}

fn facts() -> impl Strategy<Value = Vec<ConsentFact>> {
    let fact = prop_oneof![
        4 => grants().prop_map(|grant| vec![ConsentFact::GrantGiven(grant)]),
        2 => marks().prop_map(|mark| vec![ConsentFact::MarkSet(mark)]),
        1 => changes(),
        1 => Just(vec![ConsentFact::RecordOpened { patient: patient(), tenant: TenantId::new(id(0x7E1)) }]),
        1 => accounts().prop_map(|account| vec![ConsentFact::HolderAdded {
            patient: patient(), account, relationship: Relationship::Parent,
        }]),
    ];
    vec(fact, 0..8).prop_map(|facts| facts.concat())
}

/// As consent would publish it once it was made: under an id of its own, or of what stands.
fn changes() -> impl Strategy<Value = Vec<ConsentFact>> {
    let given = || {
        grants().prop_map(|grant| {
            let period = Period::try_new(now(), grant.period.until().filter(|until| *until > now())).unwrap();
            ConsentFact::GrantGiven(GrantFact { id: GrantId::new(Uuid::max()), period, ..grant })
        })
    };
    let revoked = || {
        (1..5_u128).prop_map(|number| ConsentFact::GrantRevoked {
            grant: GrantId::new(id(number)),
            revoked: now(),
            revision: u64::MAX,
        })
    };
    let marked = |mark| ConsentFact::MarkSet(MarkFact { id: MarkId::new(Uuid::max()), ..mark });
    let lifted = |number| ConsentFact::MarkLifted { patient: patient(), mark: MarkId::new(id(number)) };
    prop_oneof![
        3 => given().prop_map(|given| vec![given]),
        3 => revoked().prop_map(|revoked| vec![revoked]),
        3 => (revoked(), given()).prop_map(|(revoked, given)| vec![revoked, given]),
        3 => marks().prop_map(move |mark| vec![marked(mark)]),
        2 => (1..5_u128).prop_map(move |number| vec![lifted(number)]),
    ]
}

/// What of a room is open for one purpose: the parts, or none where all of it is.
type Everything = BTreeMap<(Action, Category, Purpose), BTreeSet<String>>;

/// Everything that a caller could do with each room, for every purpose, and what is kept back within them.
fn everything(stood: &Stood, caller: &Caller) -> (Everything, BTreeSet<String>) {
    let facts = stood.facts(caller, now());
    let mut open = BTreeMap::new();
    for action in ACTIONS {
        for category in ROOMS {
            for purpose in Purpose::ALL {
                let record = Record { patient: patient(), categories: vec![category] };
                let (purpose, consent_age_max) = (*purpose, Duration::ZERO);
                let request =
                    Request { caller, action, record: &record, purpose, now: now(), consent_age_max };
                let (decision, within) = decide_in_part(&POLICIES, &request, &facts);
                if matches!(decision, Decision::Permitted { .. }) {
                    open.insert((action, category, purpose), within.parts_of(category));
                }
            }
        }
    }
    let withheld = Withheld::of(caller, patient(), &facts);
    let kept = withheld.items().iter().map(ToString::to_string).chain(withheld.authors());
    (open, kept.collect())
}

/// Whether there is something in what is open here that is not in what is open there: nothing, parts, or all of it.
fn is_more(here: Option<&BTreeSet<String>>, there: Option<&BTreeSet<String>>) -> bool {
    match (here, there) {
        (None, _) => false,
        (Some(_), None) => true,
        (Some(here), Some(there)) if here.is_empty() => !there.is_empty(),
        (Some(here), Some(there)) => !there.is_empty() && here.difference(there).next().is_some(),
    }
}

/// All of it here and nothing there, or the other way round.
fn is_whole(one: Option<&BTreeSet<String>>, other: Option<&BTreeSet<String>>) -> bool {
    matches!((one, other), (Some(all), None) | (None, Some(all)) if all.is_empty())
}

fn stood(facts: &[ConsentFact]) -> Stood {
    let mut stood = Stood::default();
    facts.iter().cloned().for_each(|fact| stood.hear(fact));
    stood
}

fn rehearsal(said: &[ConsentFact], change: &[ConsentFact], things: BTreeSet<Uuid>) -> Rehearsal<'static> {
    let sayings = said.iter().cloned().zip(1..).map(|(fact, lane_seq)| Saying { lane_seq, fact: Some(fact) });
    Rehearsal::new(&POLICIES, sayings.collect(), change.to_vec(), things)
}

/// A look of the caller at some rooms, as the gate would have recorded it.
fn look(
    stood: &Stood,
    caller: &Caller,
    seq: u64,
    (action, in_part): (Action, bool),
    rooms: &[Category],
) -> (Decided, Within) {
    let facts = stood.facts(caller, now());
    let record = Record { patient: patient(), categories: rooms.to_vec() };
    let (purpose, consent_age_max) = (Purpose::Treatment, Duration::ZERO);
    let request = Request { caller, action, record: &record, purpose, now: now(), consent_age_max };
    let (decision, within) = match in_part {
        true => decide_in_part(&POLICIES, &request, &facts),
        false => (decide(&POLICIES, &request, &facts), Within::default()),
    };
    let decided = Decided {
        decision,
        caller: caller.clone(),
        asked: Asked::Rooms { action, record, in_part, ahead_of_visit: false },
        purpose,
        now: now(),
        consent_age: Some(Duration::ZERO),
        consent_age_max,
        consent_seq: Some(seq),
        policy_digest: POLICIES.digest_hex(),
        relationship: facts.relationship,
    };
    (decided, within)
}

fn permitted(decision: &Decision) -> &[Category] {
    match decision {
        Decision::Permitted { categories, .. } => categories,
        Decision::Refused { .. } => &[],
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn whom_it_is_said_to_reach_from_now_on_is_whom_it_reaches_once_it_is_made(
        said in facts(), change in changes(), caller in callers(),
    ) {
        let rehearsed = rehearsal(&said, &change, BTreeSet::new()).from_now_on(&caller, patient(), now());
        let (before, kept_before) = everything(&stood(&said), &caller);
        let made = [said, change].concat();
        let (after, kept_after) = everything(&stood(&made), &caller);
        let of_room = |open: &Everything, action: Action, category: Category| -> Option<BTreeSet<String>> {
            let purposes = Purpose::ALL.iter().filter_map(|purpose| open.get(&(action, category, *purpose)));
            let all: Vec<_> = purposes.collect();
            let whole = all.iter().any(|parts| parts.is_empty());
            let parts = || all.iter().flat_map(|parts| parts.iter().cloned()).collect();
            (!all.is_empty()).then(|| if whole { BTreeSet::new() } else { parts() })
        };
        let changed = |more: &Everything, less: &Everything| -> Vec<(Category, bool)> {
            let pairs = ROOMS.iter().flat_map(|room| ACTIONS.iter().map(move |action| (*action, *room)));
            let changed = pairs.filter_map(|(action, room)| {
                let (here, there) = (of_room(more, action, room), of_room(less, action, room));
                let (here, there) = (here.as_ref(), there.as_ref());
                is_more(here, there).then(|| (room, is_whole(here, there)))
            });
            changed.collect()
        };
        let (gains, losses) = (changed(&after, &before), changed(&before, &after));
        let rooms = |changed: &[(Category, bool)]| {
            changed.iter().map(|(room, _)| *room).collect::<BTreeSet<_>>().into_iter().collect::<Vec<_>>()
        };
        let both = [gains.clone(), losses.clone()].concat();
        let in_part = |room: &Category| both.iter().all(|(other, whole)| other != room || !whole);
        let reads = |open: &Everything| open.keys().any(|(action, _, _)| *action == Action::Read);
        let truly = Reach {
            gained: rooms(&gains),
            lost: rooms(&losses),
            parts: rooms(&both).into_iter().filter(in_part).collect(),
            less_within_rooms: kept_after.difference(&kept_before).next().is_some() && reads(&before),
            more_within_rooms: kept_before.difference(&kept_after).next().is_some() && reads(&after),
        };
        prop_assert_eq!(rehearsed.unwrap_or_default(), truly);
    }

    #[test]
    fn a_past_look_would_have_gone_as_it_goes_once_the_change_is_made(
        said in facts(), change in changes(), caller in callers(), known in 0..9_usize,
        action in select(ACTIONS.to_vec()), rooms in subsequence(ROOMS.to_vec(), 1..=4), in_part in any::<bool>(),
    ) {
        let known = known.min(said.len());
        let then = &said[..known];
        let (decided, within) = look(&stood(then), &caller, known as u64, (action, in_part), &rooms);
        let rehearsed = rehearsal(&said, &change, BTreeSet::new()).past(&decided, &[]);
        let made = [then, change.as_slice()].concat();
        let (again, within_again) = look(&stood(&made), &caller, known as u64, (action, in_part), &rooms);
        let parts = |decision: &Decision, within: &Within| -> BTreeMap<Category, BTreeSet<String>> {
            permitted(decision).iter().map(|room| (*room, within.parts_of(*room))).collect()
        };
        let (was, is) = (parts(&decided.decision, &within), parts(&again.decision, &within_again));
        let beyond = |more: &BTreeMap<Category, BTreeSet<String>>, less: &BTreeMap<_, _>| -> Vec<Category> {
            more.keys().copied().filter(|room| is_more(more.get(room), less.get(room))).collect()
        };
        let in_part = |rooms: &[Category]| -> Vec<Category> {
            rooms.iter().copied().filter(|room| !is_whole(was.get(room), is.get(room))).collect()
        };
        let (closed, opened) = (beyond(&was, &is), beyond(&is, &was));
        match &rehearsed {
            Some(otherwise) if otherwise.effect == Effect::Stopped => {
                prop_assert_eq!(&otherwise.categories, &closed);
                prop_assert_eq!(&otherwise.parts, &in_part(&closed));
                prop_assert!(!closed.is_empty());
            }
            Some(otherwise) => {
                prop_assert_eq!(&otherwise.categories, &opened);
                prop_assert_eq!(&otherwise.parts, &in_part(&opened));
            }
            None => prop_assert!(closed.is_empty() && opened.is_empty(), "{:?} {:?}", closed, opened),
        }
    }
}

#[test]
fn a_look_that_showed_what_would_be_marked_is_stopped_and_tells_how_much_was_shown() {
    let caller = Caller {
        account: AccountId::new(id(0xACC)),
        session: None,
        roles: Vec::new(),
        expires: DateTime::<Utc>::MAX_UTC,
    };
    let grant = GrantFact {
        id: GrantId::new(id(1)),
        revision: 1,
        patient: patient(),
        grantee: Grantee::Account(caller.account),
        categories: ROOMS.to_vec(),
        actions: vec![Action::Read],
        purposes: vec![Purpose::Treatment],
        period: Period::try_new(now() - TimeDelta::hours(1), None).unwrap(),
        revoked: None,
        narrowing: None,
        basis: Basis::Holder,
        uses: None,
    };
    let said = [ConsentFact::GrantGiven(grant)];
    let (decided, _) = look(&stood(&said), &caller, 1, (Action::Read, true), &ROOMS);
    let mark = |kept_from| {
        let what = Marked::Item(id(0x17E));
        ConsentFact::MarkSet(MarkFact { id: MarkId::new(id(1)), patient: patient(), what, kept_from })
    };
    let things = || BTreeSet::from([id(0x17E), id(0x17F)]);
    let past =
        |kept_from, shown: &[Uuid]| rehearsal(&said, &[mark(kept_from)], things()).past(&decided, shown);
    let stopped = Otherwise { effect: Effect::Stopped, categories: vec![], parts: vec![], kept_back: 2 };
    assert_eq!(past(KeptFrom::Everybody, &[id(0x17E), id(0x17F), id(7)]), Some(stopped));
    assert_eq!(past(KeptFrom::Everybody, &[id(7)]), None, "nothing of it was shown");
    let another = KeptFrom::Account(AccountId::new(id(0xACD)));
    assert_eq!(past(another, &[id(0x17E)]), None, "it is kept from somebody else");
}

#[test]
fn who_would_lose_what_they_took_in_an_emergency_is_named() {
    let (account, tenant) = (AccountId::new(id(0xACC)), TenantId::new(id(0x7E1)));
    let grant = GrantFact {
        id: GrantId::new(id(1)),
        revision: 1,
        patient: patient(),
        grantee: Grantee::Account(account),
        categories: ROOMS.to_vec(),
        actions: vec![Action::Read],
        purposes: vec![Purpose::EmergencyTreatment],
        period: Period::try_new(now(), Some(now() + TimeDelta::hours(4))).unwrap(),
        revoked: None,
        narrowing: None,
        basis: Basis::Emergency,
        uses: None,
    };
    let opened = ConsentFact::RecordOpened { patient: patient(), tenant };
    let said = [opened, ConsentFact::GrantGiven(grant)];
    let stop = ConsentFact::GrantRevoked { grant: GrantId::new(id(1)), revoked: now(), revision: 2 };
    let rehearsal = rehearsal(&said, &[stop], BTreeSet::new());
    let named = rehearsal.named(now());
    let caller = &named[&Whom::Account(account)];
    let lost = rehearsal.from_now_on(caller, patient(), now()).unwrap().lost;
    assert_eq!(lost.into_iter().collect::<BTreeSet<_>>(), ROOMS.into_iter().collect());
}
