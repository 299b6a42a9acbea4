//! Goals and the care plans that hold them.
use super::{
    Chart, Entry,
    form::{amount, day, moment},
    item,
};
use anyhow::Result;
use holdfast_demo::{AskedBy, Better, CarePlan, Goal, GoalStatus, Measurement, PhaseKind};
use holdfast_fhir::{
    PATIENT_REFERENCE,
    authored::{self, Achievement, Baseline, Comparison, Criterion, GoalStatus as Stage, Named, Span},
};

pub(super) fn entries(chart: Chart<'_>) -> Result<Vec<Entry>> {
    let goals = chart
        .patient
        .goals
        .iter()
        .map(|one| Ok(Entry::new(&one.author, "Goal", &one.key, goal(chart, one)?)));
    let plans = chart
        .patient
        .care_plans
        .iter()
        .map(|one| Ok(Entry::new(&one.author, "CarePlan", &one.key, plan(chart, one)?)));
    goals.chain(plans).collect()
}

fn goal(chart: Chart<'_>, goal: &Goal) -> Result<Vec<u8>> {
    let (status, achievement) = stage(goal);
    let plain = if chart.speaks_spanish() { &goal.plain_es } else { &goal.plain };
    let baseline =
        goal.measurement.as_ref().and_then(|measurement| Some((measurement, measurement.baseline.as_ref()?)));
    Ok(authored::goal(&authored::Goal {
        id: item(&goal.key),
        description: goal.statement.clone(),
        plain_words: Some(plain.clone()).filter(|plain| !plain.is_empty()),
        domain: Some(goal.domain.to_owned()),
        status,
        achievement,
        start: day(goal.start)?,
        baseline: baseline
            .map(|(measurement, baseline)| {
                anyhow::Ok(Baseline {
                    amount: amount(baseline.median, measurement.unit)?,
                    measured: day(baseline.to)?,
                    conditions: Some(format!("median of {}, {}", baseline.points, baseline.conditions)),
                })
            })
            .transpose()?,
        criterion: match &goal.measurement {
            Some(measurement) => criterion(goal, measurement)?,
            None => carried(chart, goal)?,
        },
        expressed_by: Some(match goal.asked_by {
            AskedBy::Family => Named { key: None, display: "The family".to_owned() },
            AskedBy::Child => Named {
                key: Some(PATIENT_REFERENCE.to_owned()),
                display: chart.patient.demographics.name.given.clone(),
            },
            AskedBy::Clinician => chart.person(&goal.author),
            AskedBy::School => Named { key: None, display: "The school".to_owned() },
        }),
    }))
}

fn criterion(goal: &Goal, measurement: &Measurement) -> Result<Criterion> {
    let rule = &measurement.rule;
    Ok(Criterion {
        measure: format!("{}: {}", goal.label, measurement.method),
        comparison: match rule.better {
            Better::More => Comparison::AtLeast,
            Better::Less => Comparison::AtMost,
        },
        amount: amount(rule.threshold, measurement.unit)?,
        mastery_rule: Some(format!("in {} sessions in a row", rule.consecutive)),
        due: Some(day(goal.due)?),
    })
}

/// A long-term goal is reached by its objectives.
fn carried(chart: Chart<'_>, goal: &Goal) -> Result<Criterion> {
    let objectives =
        chart.patient.goals.iter().filter(|other| other.parent.as_ref() == Some(&goal.key)).count();
    Ok(Criterion {
        measure: "Objectives reached".to_owned(),
        comparison: Comparison::AtLeast,
        amount: amount(f64::from(u32::try_from(objectives.max(1))?), "{objectives}")?,
        mastery_rule: None,
        due: Some(day(goal.due)?),
    })
}

fn stage(goal: &Goal) -> (Stage, Option<Achievement>) {
    if goal.phases.last().is_some_and(|phase| phase.kind == PhaseKind::OnHold) {
        return (Stage::OnHold, Some(Achievement::InProgress));
    }
    match goal.status {
        GoalStatus::Planned => (Stage::Accepted, None),
        GoalStatus::Baseline | GoalStatus::InProgress => (Stage::Active, Some(Achievement::InProgress)),
        GoalStatus::Improving => (Stage::Active, Some(Achievement::Improving)),
        GoalStatus::NoChange => (Stage::Active, Some(Achievement::NoChange)),
        GoalStatus::Worsening => (Stage::Active, Some(Achievement::Worsening)),
        GoalStatus::Achieved { .. } => (Stage::Completed, Some(Achievement::Achieved)),
        GoalStatus::Sustaining { .. } => (Stage::Active, Some(Achievement::Sustaining)),
        GoalStatus::Stopped { .. } => (Stage::Cancelled, Some(Achievement::NotAchieved)),
    }
}

fn plan(chart: Chart<'_>, plan: &CarePlan) -> Result<Vec<u8>> {
    let (from, until) = plan.period;
    let signed = match &plan.family_signature {
        Some((who, on)) => format!("Signed by {} on {on}.", chart.person(who).display),
        None => "Not yet signed by the family.".to_owned(),
    };
    Ok(authored::care_plan(&authored::CarePlan {
        id: item(&plan.key),
        title: plan.title.clone(),
        description: Some(format!(
            "Discharge when: {}. {signed}",
            plan.discharge_criteria.trim_end_matches('.')
        )),
        period: Span { start: day(from)?, end: Some(day(until)?) },
        created: moment(plan.signed)?,
        author: chart.person(&plan.author),
        goals: plan.goals.iter().map(|key| chart.goal(key)).collect(),
        addresses: Vec::new(),
        activities: vec![plan.dose.clone()],
        completed: until < chart.network.today,
    }))
}
