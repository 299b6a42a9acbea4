//! Binds one patient's record together.

use crate::attendance::Visit;
use crate::bank::Objective;
use crate::dice::Dice;
use crate::goals::{self, Planned};
use crate::model::{
    CarePlan, CareTeamMember, Datum, Demographics, Enrolment, Goal, GoalLevel, Key, Patient, Person,
    PhaseKind, Role, Session,
};
use crate::notes::{self, Scene, Taken};
use crate::progress::{self, Occasion};
use crate::roster::{Blueprint, Dose, Service};
use crate::{clinical, conversation, coverage, documents, home, place, sessions};
use chrono::{Duration, NaiveDate};
use std::collections::BTreeMap;

/// What the record of one patient is written from.
#[derive(Clone, Copy)]
pub(crate) struct Care<'a> {
    pub(crate) seed: u64,
    pub(crate) today: NaiveDate,
    pub(crate) blueprint: &'a Blueprint,
    pub(crate) visits: &'a [Visit<'a>],
    pub(crate) staff: &'a [Person],
}

pub(crate) fn write(care: Care<'_>) -> Patient {
    let Care { seed, today, blueprint, visits, staff } = care;
    let mut patient = blank(care);
    for (index, service) in blueprint.services.iter().enumerate() {
        let own: Vec<&Visit<'_>> = visits.iter().filter(|visit| visit.slot.service == index).collect();
        let mut planned = goals::plan(seed, today, blueprint, service);
        let mut data: Vec<Datum> = Vec::new();
        for plan in &mut planned {
            let Some(objective) = plan.objective else { continue };
            let occasions: Vec<Occasion> = own
                .iter()
                .filter(|visit| progress::serves(objective.need, visit))
                .filter_map(|visit| sessions::occasion(seed, blueprint, service, visit))
                .collect();
            data.extend(progress::measure(seed, blueprint, service, plan, &occasions));
        }
        let mut held: Vec<Session> =
            own.iter().filter_map(|visit| held_session(care, service, visit, &own)).collect();
        patient.authorisations.extend(coverage::authorisations(seed, today, blueprint, service, &own, &held));
        held.retain(|session| session.start.date_naive() >= service.listed_from);
        write_notes(care, service, &own, &mut held, &planned, &data);
        let goals: Vec<Goal> = planned.into_iter().map(|plan| plan.goal).collect();
        patient.care_plans.extend(care_plan(care, service, &goals));
        patient.home_activities.extend(home::activities(seed, blueprint, service, &goals));
        patient.goals.extend(goals);
        patient.data.extend(data);
        patient.sessions.extend(held);
        patient.appointments.extend(
            own.iter()
                .filter(|visit| visit.date >= service.listed_from)
                .map(|visit| sessions::appointment(seed, blueprint, service, visit)),
        );
    }
    patient.data.sort_by(|a, b| (a.start, &a.key).cmp(&(b.start, &b.key)));
    patient.sessions.sort_by(|a, b| (a.start, &a.key).cmp(&(b.start, &b.key)));
    patient.appointments.sort_by(|a, b| (a.start, &a.key).cmp(&(b.start, &b.key)));
    patient.payer_decisions = coverage::decisions(today, blueprint, &patient.authorisations);
    patient.home_logs = home::logs(seed, today, blueprint, &patient.home_activities);
    patient.documents = documents::papers(seed, today, blueprint, &patient.goals, staff);
    patient
}

fn held_session(care: Care<'_>, service: &Service, visit: &Visit<'_>, all: &[&Visit<'_>]) -> Option<Session> {
    let staff = care.staff.iter().find(|person| person.key == visit.staff)?;
    let joined = all
        .iter()
        .find(|other| {
            other.date == visit.date
                && other.slot.inside.as_ref() == Some(&visit.slot.key)
                && other.held().is_some()
        })
        .map(|other| &other.staff);
    sessions::session(care.seed, care.blueprint, service, visit, staff, joined)
}

fn write_notes(
    care: Care<'_>,
    service: &Service,
    visits: &[&Visit<'_>],
    held: &mut [Session],
    planned: &[Planned],
    data: &[Datum],
) {
    let by_key: BTreeMap<Key, &Visit<'_>> = visits
        .iter()
        .filter(|visit| visit.held().is_some() && visit.date >= service.listed_from)
        .map(|visit| (sessions::key(visit), *visit))
        .collect();
    for session in held {
        let Some(author) = care.staff.iter().find(|person| person.key == session.rendering) else { continue };
        let Some(visit) = by_key.get(&session.key) else { continue };
        let date = session.start.date_naive();
        let objectives: Vec<(&Goal, &'static Objective)> =
            planned.iter().filter_map(|plan| Some((&plan.goal, plan.objective?))).collect();
        let taken =
            objectives.iter().filter_map(|(goal, objective)| taken(goal, objective, session, data)).collect();
        let open: Vec<(&Goal, &'static Objective)> = objectives
            .iter()
            .filter(|(_, objective)| progress::teaches(objective.need, visit.slot.kind))
            .filter(|(goal, _)| taught_on(goal, date))
            .copied()
            .collect();
        let last = visits
            .iter()
            .filter(|other| other.date < visit.date && other.held().is_some())
            .map(|other| other.date)
            .max();
        let changes = objectives
            .iter()
            .flat_map(|(goal, _)| goal.phases.iter().map(move |phase| (*goal, phase)))
            .filter(|(_, phase)| phase.kind == PhaseKind::TeachingChanged && phase.from == date)
            .map(|(goal, phase)| (goal, phase.reason.as_str()))
            .collect();
        let scene = Scene {
            blueprint: care.blueprint,
            author,
            taken,
            open,
            away_days: last.map_or(0, |last| (visit.date - last).num_days()),
            peers_missing: service.group.is_some() && visit.group_size < 2,
            changes,
        };
        notes::write(care.seed, care.today, session, &scene);
    }
}

fn taught_on(goal: &Goal, date: NaiveDate) -> bool {
    let phase = goal.phases.iter().rev().find(|phase| phase.from <= date);
    phase.is_some_and(|phase| matches!(phase.kind, PhaseKind::Teaching | PhaseKind::TeachingChanged))
        && !matches!(goal.status, crate::model::GoalStatus::Stopped { on, .. } if on <= date)
}

fn taken<'a>(
    goal: &'a Goal,
    objective: &'static Objective,
    session: &Session,
    data: &'a [Datum],
) -> Option<Taken<'a>> {
    let series: Vec<&Datum> = data.iter().filter(|datum| datum.goal == goal.key).collect();
    let at = series.iter().position(|datum| datum.session.as_ref() == Some(&session.key))?;
    let datum = *series.get(at)?;
    let taught = |datum: &&&Datum| !matches!(datum.phase, PhaseKind::Baseline | PhaseKind::Maintenance);
    let run = series
        .iter()
        .take(at + 1)
        .rev()
        .take_while(taught)
        .take_while(|datum| objective.rule.reached_by(datum.value.value()))
        .count();
    Some(Taken {
        goal,
        objective,
        datum,
        before: at.checked_sub(1).and_then(|before| series.get(before)).copied(),
        run,
    })
}

fn care_plan(care: Care<'_>, service: &Service, goals: &[Goal]) -> Option<CarePlan> {
    let mut dice = Dice::new(care.seed, format!("plan {}", service.key));
    let written = place::open_day(care.blueprint.from - Duration::days(dice.between(3, 9)));
    let signed_by_family = dice.chance(0.9).then(|| care.blueprint.guardian()).flatten();
    let title = match service.discipline {
        crate::model::Discipline::Aba => "Behaviour support and treatment plan",
        crate::model::Discipline::Speech if service.group.is_some() => "Speech group plan",
        crate::model::Discipline::Speech => "Speech-language plan of care",
        crate::model::Discipline::Occupational => "Occupational therapy plan of care",
        crate::model::Discipline::Physical => "Physical therapy plan of care",
    };
    Some(CarePlan {
        key: service.key.child("plan"),
        practice: service.practice.clone(),
        discipline: service.discipline,
        title: title.to_owned(),
        period: (care.blueprint.from, care.today + Duration::weeks(9)),
        author: service.lead.clone(),
        signed: place::at(written, dice.between(15 * 60 + 31, 17 * 60 + 44)),
        family_signature: signed_by_family.map(|member| {
            (member.account.clone(), place::open_day(written + Duration::days(dice.between(0, 3))))
        }),
        dose: dose(service),
        goals: goals
            .iter()
            .filter(|goal| goal.level == GoalLevel::LongTerm)
            .map(|goal| goal.key.clone())
            .collect(),
        discharge_criteria: "Goals met and kept at two later probes, or two reviews without gain after a changed plan, or the family's choice",
    })
}

fn dose(service: &Service) -> String {
    match service.dose {
        Dose::Comprehensive => {
            "25 hours a week with the technician, 4 hours with the analyst, family training every second week"
                .to_owned()
        }
        Dose::FocusedAfternoons | Dose::FocusedMornings => {
            "12 hours a week with the technician, 2 hours with the analyst, family training every second week"
                .to_owned()
        }
        Dose::Visits(times, minutes) if service.group.is_some() => {
            format!("group of 2 to 4, {times} × {minutes} minutes a week")
        }
        Dose::Visits(times, minutes) => format!("{times} × {minutes} minutes a week"),
    }
}

/// Everything that does not depend on how the weeks went.
fn blank(care: Care<'_>) -> Patient {
    let Care { seed, today, blueprint, staff, .. } = care;
    let mut dice = Dice::new(seed, format!("record {}", blueprint.key));
    let language = blueprint.language;
    let second = (language != crate::model::Language::English).then_some(crate::model::Language::English);
    Patient {
        key: blueprint.key.clone(),
        cast: blueprint.cast,
        demographics: Demographics {
            name: blueprint.name.clone(),
            birth_date: blueprint.birth_date,
            sex: blueprint.sex,
            languages: std::iter::once(language).chain(second).collect(),
            interpreter: blueprint.interpreter,
            households: blueprint.households.clone(),
            self_reference: blueprint.self_reference,
            school: (blueprint.months >= 40).then(|| {
                (*dice.pick(if blueprint.months >= 150 {
                    &["Mesquite Bend High School (demo)"]
                } else if blueprint.school_age() {
                    &["Quail Run Elementary (demo)", "Ironwood Elementary (demo)"]
                } else {
                    &["Little Wash Preschool (demo)", "Acacia Preschool (demo)"]
                }))
                .to_owned()
            }),
        },
        account: blueprint.account.clone(),
        family_key: blueprint.family_key.clone(),
        family: blueprint.family.clone(),
        siblings: blueprint.siblings.clone(),
        enrolments: blueprint
            .services
            .iter()
            .map(|service| Enrolment {
                key: service.key.clone(),
                practice: service.practice.clone(),
                discipline: service.discipline,
                chart_number: format!("DEMO-{:05}", dice.between(10_000, 99_999)),
                referred: blueprint.from - Duration::days(dice.between(25, 140)),
                started: blueprint.from,
                dose: dose(service),
                lead: service.lead.clone(),
                listed_from: service.listed_from,
            })
            .collect(),
        care_team: care_team(blueprint, staff),
        conditions: clinical::conditions(blueprint),
        allergies: clinical::allergies(seed, blueprint),
        medications: clinical::medications(seed, blueprint),
        equipment: clinical::equipment(blueprint),
        scores: clinical::scores(seed, today, blueprint),
        care_plans: Vec::new(),
        goals: Vec::new(),
        data: Vec::new(),
        appointments: Vec::new(),
        sessions: Vec::new(),
        coverages: coverage::coverages(seed, blueprint),
        authorisations: Vec::new(),
        payer_decisions: Vec::new(),
        threads: conversation::threads(seed, today, blueprint),
        documents: Vec::new(),
        home_activities: Vec::new(),
        home_logs: Vec::new(),
    }
}

fn care_team(blueprint: &Blueprint, staff: &[Person]) -> Vec<CareTeamMember> {
    let mut all: Vec<CareTeamMember> = Vec::new();
    let mut add = |person: &Key, until: Option<NaiveDate>| {
        if all.iter().any(|member| member.person == *person) {
            return;
        }
        let part = staff.iter().find(|one| one.key == *person).map_or("care team", |one| match &one.role {
            Role::Clinician { credential, .. } => credential.letters(),
            _ => "care team",
        });
        all.push(CareTeamMember {
            person: person.clone(),
            part: part.to_owned(),
            since: blueprint.from,
            until,
        });
    };
    for service in &blueprint.services {
        add(&service.lead, None);
        add(&service.by, None);
        if let Some((last, former)) = &service.former {
            add(former, Some(*last));
        }
    }
    for (person, part) in clinical::outside_partners(blueprint) {
        all.push(CareTeamMember { person, part: part.to_owned(), since: blueprint.from, until: None });
    }
    all
}
