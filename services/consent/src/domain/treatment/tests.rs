//! Given what family and practice have said to each other, when one of them says more, then what follows.
use super::*;
use crate::domain::care::tests::reads;
use holdfast_types::{Action, Category, Role};

const ROOMS: [Category; 2] = [Category::Notes, Category::Goals];

fn account(number: u128) -> AccountId {
    AccountId::new(Uuid::from_u128(0xACC0 + number))
}

fn at(hours: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_772_452_800 + 3600 * hours, 0).unwrap()
}

fn policy() -> Care {
    reads(Role::Therapist, &ROOMS)
}

fn proposal(side: Side, care: Care) -> Proposal {
    Proposal {
        patient: PatientId::new(Uuid::from_u128(0xA1)),
        practice: PracticeId::new(Uuid::from_u128(0xB1)),
        side,
        by: account(1),
        proposed: at(0),
        care,
        introduction: "Mateo, speech on Tuesdays".into(),
    }
}

fn propose(side: Side, care: Care) -> Command {
    Command::Propose { proposal: proposal(side, care), policy: policy(), unended: 0 }
}

fn agreement(care: Care) -> Agreement {
    let grants =
        care.lines().into_iter().map(|line| Given { grant: GrantId::new(Uuid::from_u128(0x61)), line });
    Agreement { holder: account(1), agreed: at(1), grants: grants.collect(), care }
}

fn agree(care: Care) -> Command {
    Command::Agree { agreement: agreement(care), policy: policy() }
}

fn accept() -> Command {
    Command::Accept { by: account(2), agreement: agreement(policy()) }
}

fn end(side: Side) -> Command {
    Command::End { side, by: account(3), now: at(2) }
}

fn after(commands: &[Command]) -> State {
    commands.iter().fold(State::default(), |state, command| {
        let events = Treatment::decide(&state, command.clone()).unwrap();
        events.iter().fold(state, Treatment::evolve)
    })
}

fn refusal(before: &[Command], command: Command) -> Refusal {
    Treatment::decide(&after(before), command).unwrap_err()
}

pub(crate) fn samples() -> Vec<Event> {
    let contributes = Line {
        role: Role::FrontDesk,
        categories: vec![Category::Appointments],
        actions: vec![Action::Read, Action::Contribute],
    };
    let narrowed = Agreement { grants: vec![], ..agreement(reads(Role::Therapist, &[Category::Goals])) };
    vec![
        Event::Proposed(proposal(Side::Family, policy())),
        Event::Proposed(proposal(Side::Practice, Care::of(&[contributes]))),
        Event::Agreed(agreement(policy())),
        Event::Accepted { by: account(2), agreement: agreement(policy()) },
        Event::Narrowed(narrowed),
        Event::Ended { side: Side::Practice, by: account(3), ended: at(2) },
        Event::Ended { side: Side::Family, by: account(1), ended: at(2) },
    ]
}

#[test]
fn what_a_family_proposes_stands_once_the_practice_accepts() {
    let state = after(&[propose(Side::Family, policy()), accept()]);
    assert!(matches!(&state, State::Standing { agreement, .. } if agreement.care == policy()));
    assert_eq!(state.grants().len(), 1);
}

#[test]
fn what_a_practice_proposes_stands_once_a_holder_agrees_to_it_or_to_less() {
    let goals = reads(Role::Therapist, &[Category::Goals]);
    for care in [policy(), goals] {
        let state = after(&[propose(Side::Practice, policy()), agree(care.clone())]);
        assert!(matches!(&state, State::Standing { agreement, .. } if agreement.care == care));
    }
}

#[test]
fn nobody_agrees_to_what_they_proposed_themselves() {
    assert_eq!(refusal(&[propose(Side::Family, policy())], agree(policy())), Refusal::Proposed);
    assert_eq!(refusal(&[propose(Side::Practice, policy())], accept()), Refusal::Proposed);
}

#[test]
fn a_family_agrees_to_something_and_to_nothing_beyond_the_policy() {
    let visits = reads(Role::Therapist, &[Category::Visits]);
    for (care, broken) in [(Care::default(), Refusal::NothingShared), (visits, Refusal::BeyondPolicy)] {
        assert_eq!(refusal(&[], propose(Side::Family, care.clone())), broken);
        assert_eq!(refusal(&[propose(Side::Practice, policy())], agree(care)), broken);
    }
}

#[test]
fn a_family_changes_its_mind_while_the_practice_treats() {
    let goals = reads(Role::Therapist, &[Category::Goals]);
    let standing = [propose(Side::Practice, policy()), agree(policy())];
    let state = after(&[&standing[..], &[agree(goals.clone())]].concat());
    assert!(matches!(&state, State::Standing { agreement, .. } if agreement.care == goals));
    let same = Treatment::decide(&after(&standing), agree(policy()));
    assert_eq!(same, Ok(vec![Event::Agreed(agreement(policy()))]), "its answer to what is asked for since");
}

#[test]
fn a_policy_narrows_what_stands_and_nothing_else() {
    let goals = agreement(reads(Role::Therapist, &[Category::Goals]));
    let proposed = [propose(Side::Practice, policy())];
    let narrow = Command::Narrow(goals.clone());
    assert_eq!(Treatment::decide(&after(&proposed), narrow.clone()), Ok(vec![]));
    let standing = after(&[propose(Side::Practice, policy()), agree(policy())]);
    assert_eq!(Treatment::decide(&standing, narrow), Ok(vec![Event::Narrowed(goals)]));
    let same = Command::Narrow(agreement(policy()));
    assert_eq!(Treatment::decide(&standing, same), Ok(vec![]));
}

#[test]
fn either_side_ends_what_was_proposed_and_what_stands_and_both_may_begin_again() {
    for begun in [vec![propose(Side::Family, policy())], vec![propose(Side::Family, policy()), accept()]] {
        for side in [Side::Family, Side::Practice] {
            let ended = [&begun[..], &[end(side)]].concat();
            assert!(after(&ended).grants().is_empty());
            for late in [end(side), accept(), agree(policy())] {
                assert_eq!(refusal(&ended, late), Refusal::Ended);
            }
            let again = after(&[&ended[..], &[propose(Side::Practice, policy())]].concat());
            assert!(matches!(again, State::Proposed(_)));
        }
    }
}

#[test]
fn one_practice_is_proposed_once_and_a_record_has_so_many_practices_at_most() {
    let proposed = [propose(Side::Family, policy())];
    assert_eq!(refusal(&proposed, propose(Side::Practice, policy())), Refusal::Proposed);
    let standing = [propose(Side::Family, policy()), accept()];
    assert_eq!(refusal(&standing, propose(Side::Family, policy())), Refusal::Stands);
    assert_eq!(refusal(&standing, accept()), Refusal::Stands);
    let proposal = proposal(Side::Family, policy());
    let crowded = Command::Propose { proposal, policy: policy(), unended: UNENDED_MAX };
    assert_eq!(refusal(&[], crowded), Refusal::TooMany);
}
