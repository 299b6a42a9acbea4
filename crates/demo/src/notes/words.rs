//! Sentences that all notes share.

use super::{Scene, Taken};
use crate::dice::Dice;
use crate::model::{Better, Help, Measure, PhaseKind, Relationship};
use std::cmp::Ordering;

pub(super) const fn relation(relationship: Relationship) -> &'static str {
    match relationship {
        Relationship::Mother => "mother",
        Relationship::Father => "father",
        Relationship::Stepmother => "stepmother",
        Relationship::Stepfather => "stepfather",
        Relationship::Grandmother => "grandmother",
        Relationship::FosterParent => "foster mother",
        Relationship::Aunt => "aunt",
    }
}

/// What was counted, with how it was helped, and the last number.
pub(super) fn counted(dice: &mut Dice, taken: &Taken<'_>, compare: bool) -> String {
    let activity = dice.pick(taken.objective.activities);
    let value = taken.datum.value.words();
    let label = &taken.goal.label;
    let help = match taken.datum.value {
        Measure::Opportunities { help, correct, of } if correct < of => match help {
            Help::Independent => ", the rest after a pause".to_owned(),
            help => format!(", the rest {}", help.words()),
        },
        _ => String::new(),
    };
    let before = match taken.before {
        Some(before) if compare => format!("; {} on {}", before.value.words(), before.start.format("%b %-d")),
        _ => String::new(),
    };
    let probe = match taken.datum.phase {
        PhaseKind::Baseline => " (baseline, no teaching)",
        PhaseKind::Maintenance => " (probe, no teaching)",
        _ => "",
    };
    match dice.between(0, 2) {
        0 => format!("{label}{probe}: {value}{help}{before}. Worked on with {activity}."),
        1 => format!("With {activity}, {label}{probe}: {value}{help}{before}."),
        _ => format!("{label}, in {activity}{probe}: {value}{help}{before}."),
    }
}

/// Judgement of one goal, from its number.
pub(super) fn judged(dice: &mut Dice, scene: &Scene<'_>, taken: &Taken<'_>) -> String {
    let label = &taken.goal.label;
    let rule = &taken.objective.rule;
    if taken.datum.phase == PhaseKind::Baseline {
        return (*dice.pick(&[
            "Baseline being taken; no judgement yet.",
            "Another baseline point before teaching starts.",
            "Baseline: numbers taken as they come.",
        ]))
        .to_owned();
    }
    if taken.run >= rule.consecutive && rule.consecutive > 1 {
        return format!("{label}: {} sessions in a row at the mark, rule met.", taken.run);
    }
    if taken.run > 0 {
        return match dice.between(0, 1) {
            0 => format!("{label}: at the mark ({} of {} in a row).", taken.run, rule.consecutive),
            _ => format!(
                "{label} reached the criterion today; {} more needed in a row.",
                rule.consecutive.saturating_sub(taken.run)
            ),
        };
    }
    match taken.direction() {
        Some(Ordering::Greater) => (*dice.pick(&[
            format!(
                "{label}: better than last time, {} hold with less help.",
                if rule.better == Better::More { "gains" } else { "changes" }
            ),
            format!("Moving in the right direction for {label}."),
            format!("{label}: a step forward, not yet steady."),
        ]))
        .clone(),
        Some(Ordering::Less) if scene.away_days >= 10 => format!(
            "{label}: lower after {} days away, expected to come back with practice.",
            scene.away_days
        ),
        Some(Ordering::Less) => (*dice.pick(&[
            format!("{label}: below last time; tired by the end, will watch the next two sessions."),
            format!("{label} varies from visit to visit; two more points before changing anything."),
            format!("{label}: a lower day, help was still needed at the start."),
        ]))
        .clone(),
        Some(Ordering::Equal) => format!("{label}: about the same as last time."),
        None => format!("{label}: first number of this plan."),
    }
}

pub(super) fn times(n: i64) -> String {
    match n {
        1 => "once".to_owned(),
        2 => "twice".to_owned(),
        n => format!("{n} times"),
    }
}

/// "a, b and c".
pub(super) fn list(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

/// A capital at the start of each sentence, whatever was put together.
pub(super) fn sentence_case(text: &str) -> String {
    let mut start = true;
    let mut letters = text.chars().peekable();
    let mut out = String::with_capacity(text.len());
    while let Some(letter) = letters.next() {
        out.push(if start && letter.is_alphabetic() {
            letter.to_uppercase().next().unwrap_or(letter)
        } else {
            letter
        });
        let ends =
            matches!(letter, '.' | '!' | '?') && letters.peek().is_none_or(|next| matches!(next, ' ' | '"'));
        start = ends || (start && !letter.is_alphanumeric() && letter != '/');
    }
    out
}
