//! What is commanded of treatments and of policies.
use crate::steps::{Command as Any, Step, What};
use chrono::{DateTime, Utc};
use holdfast_consent::domain::{
    care::{Care, Line},
    grant as grants,
    grant::Treating,
    treatment::{Agreement, Command, Given, Proposal, Side, id_of},
    treatment_policy,
};
use holdfast_types::{AccountId, Action, Category, GrantId, PatientId, PracticeId, Role};
use uuid::Uuid;

/// A policy; one treatment that is proposed, accepted, narrowed and ended, and one that is agreed to.
pub(crate) const STORY: [(What, u8, u8, u8); 7] = [
    (What::SetPolicy, 0, 0, 0),
    (What::Propose, 0, 0, 0),
    (What::Accept, 1, 0, 0),
    (What::Narrow, 1, 0, 2),
    (What::EndTreatment, 1, 0, 0),
    (What::Propose, 0, 0, 1),
    (What::Agree, 0, 0, 1),
];

pub(crate) const fn kind(command: &Command) -> What {
    match command {
        Command::Propose { .. } => What::Propose,
        Command::Agree { .. } => What::Agree,
        Command::Accept { .. } => What::Accept,
        Command::Narrow(_) => What::Narrow,
        Command::End { .. } => What::EndTreatment,
    }
}

/// `version`: of the policy in force.
pub(crate) fn commanded(step: &Step, by: AccountId, now: DateTime<Utc>, version: u64) -> Any {
    match step.what {
        What::Treat => {
            let treating = line(step.patient(), by, step.id(), step.way, now);
            Any::Grant(grants::Command::Treat { treating, unended: 0 })
        }
        What::SetPolicy => {
            let seen = if step.way < 3 { version } else { version + 1 };
            Any::Policy(policy(by, step.way, seen, now))
        }
        what => Any::Treatment(Box::new(command(what, step.patient(), by, (step.thing, step.way), now))),
    }
}

/// One of three practices.
pub(crate) fn practice(thing: u8) -> PracticeId {
    PracticeId::new(Uuid::from_u128(0xB0 + u128::from(thing)))
}

/// Notes for therapists, or goals beside them, or goals alone; or what the desk books by.
fn some(way: u8) -> Line {
    let (role, categories) = match way {
        0 => (Role::Therapist, vec![Category::Notes, Category::Goals]),
        1 => (Role::Therapist, vec![Category::Notes]),
        2 => (Role::Therapist, vec![Category::Goals]),
        _ => (Role::FrontDesk, vec![Category::Appointments]),
    };
    Line { role, categories, actions: vec![Action::Read] }
}

fn line(patient: PatientId, by: AccountId, thing: Uuid, way: u8, now: DateTime<Utc>) -> Treating {
    Treating { patient, practice: PracticeId::new(thing), by, line: some(way), now }
}

fn command(
    what: What,
    patient: PatientId,
    by: AccountId,
    (thing, way): (u8, u8),
    now: DateTime<Utc>,
) -> Command {
    let (practice, care, policy) = (practice(thing), Care::of(&[some(way)]), Care::usual());
    let grant = GrantId::new(Uuid::new_v5(&id_of(patient, practice).uuid(), &[way]));
    let grants = vec![Given { grant, line: some(way) }];
    let agreement = Agreement { holder: by, agreed: now, care: care.clone(), grants };
    match what {
        What::Agree => Command::Agree { agreement, policy },
        What::Accept => Command::Accept { by, agreement },
        What::Narrow => Command::Narrow(agreement),
        What::EndTreatment => {
            let side = if way == 0 { Side::Family } else { Side::Practice };
            Command::End { side, by, now }
        }
        _ => {
            let side = if way % 2 == 0 { Side::Family } else { Side::Practice };
            let introduction = "on Tuesdays".to_owned();
            let proposal = Proposal { patient, practice, side, by, proposed: now, care, introduction };
            Command::Propose { proposal, policy, unended: 0 }
        }
    }
}

fn policy(by: AccountId, way: u8, seen: u64, now: DateTime<Utc>) -> treatment_policy::Command {
    treatment_policy::Command { care: Care::of(&[some(way)]), by, now, seen }
}
