//! Plans a service's goals: long-term goals with objectives under them, each with condition, behaviour and criterion.

use crate::bank::{self, Objective, Shape};
use crate::dice::Dice;
use crate::model::{AskedBy, Goal, GoalLevel, GoalStatus, Key, Measurement, Side};
use crate::place;
use crate::roster::{Blueprint, Need, Service};
use chrono::{Duration, NaiveDate};

/// A goal and, for an objective, what it grows from.
pub(crate) struct Planned {
    pub(crate) goal: Goal,
    pub(crate) objective: Option<&'static Objective>,
    /// Agreed but not begun.
    pub(crate) later: bool,
}

pub(crate) fn plan(seed: u64, today: NaiveDate, blueprint: &Blueprint, service: &Service) -> Vec<Planned> {
    let mut dice = Dice::new(seed, format!("goals {}", service.key));
    let due = today + Duration::weeks(dice.between(6, 14));
    let mut all = Vec::new();
    let chosen = choose(&mut dice, service, blueprint.cast.is_some());
    for need in service.needs {
        let own: Vec<&Objective> =
            chosen.iter().copied().filter(|objective| objective.need == *need).collect();
        let Some(aim) = bank::long_term(*need).filter(|_| !own.is_empty()) else { continue };
        let key = service.key.child(format!("goal-{}", slug(*need)));
        let parent = Goal {
            key: key.clone(),
            parent: None,
            level: GoalLevel::LongTerm,
            practice: service.practice.clone(),
            discipline: service.discipline,
            domain: aim.domain,
            label: aim.plain.to_owned(),
            statement: format!("{}, by {}", aim.statement, (due + Duration::weeks(20)).format("%b %-d, %Y")),
            plain: aim.plain.to_owned(),
            plain_es: aim.plain_es.to_owned(),
            why: aim.why,
            asked_by: asked_by(&mut dice, aim.why),
            author: service.lead.clone(),
            start: blueprint.from,
            due: due + Duration::weeks(20),
            side: None,
            measurement: None,
            phases: Vec::new(),
            status: GoalStatus::InProgress,
        };
        let domain = parent.domain;
        all.push(Planned { goal: parent, objective: None, later: false });
        for objective in own {
            let position = chosen.iter().position(|other| other.slug == objective.slug).unwrap_or(0);
            let later = position + 1 == chosen.len() && chosen.len() > 3 && dice.chance(0.4);
            let side = objective.sided.then(|| if dice.chance(0.5) { Side::Left } else { Side::Right });
            all.push(Planned {
                goal: objective_goal(
                    &mut dice, today, blueprint, service, objective, &key, domain, side, position, due,
                ),
                objective: Some(objective),
                later,
            });
        }
    }
    all
}

#[expect(clippy::too_many_arguments, reason = "one call, right above")]
fn objective_goal(
    dice: &mut Dice,
    today: NaiveDate,
    blueprint: &Blueprint,
    service: &Service,
    objective: &'static Objective,
    parent: &Key,
    domain: &'static str,
    side: Option<Side>,
    position: usize,
    due: NaiveDate,
) -> Goal {
    let weeks = (today - blueprint.from).num_days() / 7;
    // Staggered: the first begin with the plan, later ones as others are met.
    let goals = i64::try_from(service.goals).unwrap_or(3);
    let wait = (i64::try_from(position).unwrap_or(0) - 1).max(0) * weeks / (goals + 1) + dice.between(0, 1);
    let on_side = side.map_or(String::new(), |side| format!(" ({})", side.word()));
    Goal {
        key: parent.child(objective.slug),
        parent: Some(parent.clone()),
        level: GoalLevel::Objective,
        practice: service.practice.clone(),
        discipline: service.discipline,
        domain,
        label: format!("{}{on_side}", objective.label),
        statement: format!(
            "{}, {}{on_side}{} {}, by {}",
            objective.when,
            objective.does,
            if matches!(objective.shape, Shape::Steps { .. }) { "," } else { "" },
            objective.shape.criterion(&objective.rule),
            due.format("%b %-d, %Y")
        ),
        plain: objective.plain.to_owned(),
        plain_es: objective.plain_es.to_owned(),
        why: bank::long_term(objective.need).map_or("", |aim| aim.why),
        asked_by: AskedBy::Clinician,
        author: service.lead.clone(),
        start: place::open_day(blueprint.from + Duration::weeks(wait)),
        due,
        side,
        measurement: Some(Measurement {
            method: objective.shape.method(),
            unit: objective.shape.unit(),
            rule: objective.rule,
            baseline: None,
        }),
        phases: Vec::new(),
        status: GoalStatus::Planned,
    }
}

/// Round-robin over the needs, so that each long-term goal has an objective before any has two.
fn choose(dice: &mut Dice, service: &Service, showcase: bool) -> Vec<&'static Objective> {
    let mut piles: Vec<Vec<&'static Objective>> =
        service.needs.iter().map(|need| dice.shuffled(&bank::objectives(*need))).collect();
    if showcase {
        // Cast records show the measures that need most care: sides, samples, scales. The last of a pile is taken first.
        for pile in &mut piles {
            pile.sort_by_key(|objective| {
                objective.sided
                    || matches!(
                        objective.shape,
                        Shape::Metres { .. }
                            | Shape::Utterances { .. }
                            | Shape::Syllables { .. }
                            | Shape::Rate { .. }
                    )
            });
        }
    }
    let mut chosen = Vec::new();
    while chosen.len() < service.goals && piles.iter().any(|pile| !pile.is_empty()) {
        for pile in &mut piles {
            if chosen.len() < service.goals
                && let Some(objective) = pile.pop()
            {
                chosen.push(objective);
            }
        }
    }
    chosen
}

fn asked_by(dice: &mut Dice, why: &str) -> AskedBy {
    if why.contains("by the child") || why.contains("Own ") || why.contains("Wants to") {
        return AskedBy::Child;
    }
    *dice.pick(&[AskedBy::Family, AskedBy::Family, AskedBy::Clinician, AskedBy::School])
}

fn slug(need: Need) -> String {
    format!("{need:?}").to_lowercase()
}
