//! What a series amounts to: its baseline, whether a probe held, and the goal's status.

use crate::model::{Baseline, Better, Datum, GoalStatus, PhaseKind, Rule};
use chrono::NaiveDate;

/// Maintenance has its own threshold: 80 % of what was asked, or a quarter more time.
pub(super) fn holds(rule: &Rule, value: f64) -> bool {
    match rule.better {
        Better::More => value >= (rule.threshold * 0.85).min(80.0),
        Better::Less => value <= rule.threshold * 1.25 + 0.01,
    }
}

pub(super) fn baseline(data: &[Datum]) -> Option<Baseline> {
    let points: Vec<&Datum> = data.iter().filter(|datum| datum.phase == PhaseKind::Baseline).collect();
    let (first, last) = (points.first()?, points.last()?);
    let values: Vec<f64> = points.iter().map(|datum| datum.value.value()).collect();
    Some(Baseline {
        median: median(&values),
        points: points.len(),
        from: first.start.date_naive(),
        to: last.start.date_naive(),
        conditions: "usual materials, no teaching, no prompts",
    })
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    let upper = sorted.get(middle).copied().unwrap_or(0.0);
    if sorted.len() % 2 == 1 {
        upper
    } else {
        (upper + sorted.get(middle.wrapping_sub(1)).copied().unwrap_or(upper)) / 2.0
    }
}

pub(super) fn status(
    data: &[Datum],
    rule: &Rule,
    stopped: Option<(NaiveDate, &'static str)>,
    mastered: Option<NaiveDate>,
) -> GoalStatus {
    if let Some((on, reason)) = stopped {
        return GoalStatus::Stopped { on, reason };
    }
    if let Some(on) = mastered {
        let probed = data.last().is_some_and(|datum| datum.phase == PhaseKind::Maintenance);
        return if probed { GoalStatus::Sustaining { since: on } } else { GoalStatus::Achieved { on } };
    }
    let of = |phase: fn(PhaseKind) -> bool| {
        data.iter().filter(|datum| phase(datum.phase)).map(|datum| datum.value.value()).collect::<Vec<f64>>()
    };
    let before = of(|phase| phase == PhaseKind::Baseline);
    let taught = of(|phase| phase != PhaseKind::Baseline);
    if data.is_empty() {
        return GoalStatus::Planned;
    }
    if taught.len() < 2 {
        return GoalStatus::Baseline;
    }
    let latest = median(&taught.iter().rev().take(4).copied().collect::<Vec<f64>>());
    let start = median(&before);
    let gain = if rule.better == Better::More { latest - start } else { start - latest };
    let need = (rule.threshold - start).abs().max(0.01);
    match gain / need {
        share if share > 0.15 => GoalStatus::Improving,
        share if share < -0.15 => GoalStatus::Worsening,
        _ => GoalStatus::NoChange,
    }
}
