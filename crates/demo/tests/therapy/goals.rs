//! Goals, their data and their words.

use crate::{patients, text, today};
use chrono::{Duration, NaiveDate};
use holdfast_demo::*;
use std::collections::{BTreeMap, BTreeSet};

#[test]
fn trial_scores_are_whole_trials() {
    for (_, patient) in patients() {
        for datum in &patient.data {
            match datum.value {
                // The count is kept, so 83 % of 10 cannot be said.
                Measure::Opportunities { correct, of, .. } => {
                    assert!(correct <= of && [5, 8, 10, 20].contains(&of));
                    assert_eq!((datum.value.value() * f64::from(of) / 100.0).round(), f64::from(correct));
                }
                Measure::Steps { alone, of } => assert!(alone <= of),
                Measure::Utterances { utterances, .. } => assert!(utterances >= 50),
                Measure::Latency { seconds, .. } | Measure::Seconds { seconds, .. } => assert!(seconds > 0.0),
                Measure::Attainment { level } => assert!((-2..=2).contains(&level)),
                _ => assert!(datum.value.value().is_finite()),
            }
        }
    }
}

#[test]
fn no_goal_climbs_in_a_straight_line() {
    for (_, patient) in patients() {
        for goal in &patient.goals {
            let taught: Vec<f64> = patient
                .series(&goal.key)
                .iter()
                .filter(|datum| !datum.probe && datum.phase != PhaseKind::Baseline)
                .map(|datum| datum.value.value())
                .collect();
            let steps: Vec<f64> = taught.windows(2).map(|pair| pair[1] - pair[0]).collect();
            if steps.len() < 7 {
                continue;
            }
            assert!(
                steps.iter().any(|step| *step <= 0.0) && steps.iter().any(|step| *step >= 0.0),
                "{}: {taught:?}",
                goal.key
            );
            assert!(
                steps.windows(2).any(|pair| (pair[0] - pair[1]).abs() > f64::EPSILON),
                "{}: {taught:?}",
                goal.key
            );
        }
    }
}

#[test]
fn goals_of_one_child_do_not_share_their_numbers() {
    for (_, patient) in patients() {
        let mut seen = BTreeSet::new();
        for goal in &patient.goals {
            let series: Vec<u64> =
                patient.series(&goal.key).iter().map(|datum| datum.value.value().to_bits()).collect();
            if series.len() > 3 {
                assert!(seen.insert(series), "{}", goal.key);
            }
        }
    }
}

#[test]
fn baselines_have_points_enough_and_phases_have_reasons() {
    for (_, patient) in patients() {
        for goal in patient.goals.iter().filter(|goal| goal.level == GoalLevel::Objective) {
            let series = patient.series(&goal.key);
            let measurement = goal.measurement.as_ref().unwrap();
            let sampled = matches!(
                series.first().map(|datum| &datum.value),
                Some(Measure::Utterances { .. } | Measure::Metres { .. } | Measure::Attainment { .. })
            );
            if series.iter().any(|datum| datum.phase != PhaseKind::Baseline) && !sampled {
                let baseline = measurement.baseline.as_ref().unwrap();
                assert!((3..=6).contains(&baseline.points), "{}: {}", goal.key, baseline.points);
            }
            assert!(goal.phases.iter().all(|phase| !phase.reason.is_empty()));
            assert!(goal.phases.is_sorted_by_key(|phase| phase.from), "{}: {:?}", goal.key, goal.phases);
            for datum in series {
                let phase =
                    goal.phases.iter().rev().find(|phase| phase.from <= datum.start.date_naive()).unwrap();
                assert_eq!(phase.kind, datum.phase, "{}", datum.key);
            }
        }
    }
}

#[test]
fn mastery_is_what_its_own_rule_says() {
    let mut achieved = 0;
    let mut objectives = 0;
    for (_, patient) in patients() {
        for goal in patient.goals.iter().filter(|goal| goal.level == GoalLevel::Objective) {
            let rule = goal.measurement.as_ref().unwrap().rule;
            let series = patient.series(&goal.key);
            objectives += usize::from(goal.status != GoalStatus::Planned);
            if let GoalStatus::Achieved { on } | GoalStatus::Sustaining { since: on } = goal.status {
                achieved += 1;
                let until: Vec<&&Datum> = series
                    .iter()
                    .filter(|datum| {
                        datum.start.date_naive() <= on && datum.phase != PhaseKind::Baseline && !datum.probe
                    })
                    .collect();
                let values: Vec<f64> = until.iter().map(|datum| datum.value.value()).collect();
                assert!(rule.met(&values), "{}: {values:?} by {rule:?}", goal.key);
            }
        }
    }
    let share = achieved as f64 / objectives as f64;
    assert!((0.25..0.70).contains(&share), "{share}");
}

#[test]
fn reduction_plans_burst_before_they_fall() {
    let (mut seen, mut burst) = (0, 0);
    for (_, patient) in patients() {
        for goal in &patient.goals {
            let series = patient.series(&goal.key);
            if !matches!(series.first().map(|datum| &datum.value), Some(Measure::Rate { .. })) {
                continue;
            }
            let of = |kind| {
                series.iter().filter(move |datum| datum.phase == kind).map(|datum| datum.value.value())
            };
            let before: Vec<f64> = of(PhaseKind::Baseline).collect();
            let first: Vec<f64> = of(PhaseKind::Teaching).take(3).collect();
            if first.len() == 3 {
                seen += 1;
                burst += usize::from(
                    first.iter().copied().fold(0.0, f64::max)
                        > before.iter().sum::<f64>() / before.len() as f64,
                );
            }
        }
    }
    assert!(seen > 3 && burst * 3 >= seen * 2, "{burst} of {seen}");
}

#[test]
fn one_sided_measures_name_their_side() {
    let mut sided = 0;
    for (_, patient) in patients() {
        for goal in &patient.goals {
            let one_sided =
                ["one leg", "one-leg", "single-leg", "turns the head", "heel first", "rolls over both"]
                    .iter()
                    .any(|word| goal.label.contains(word));
            if one_sided && goal.level == GoalLevel::Objective {
                sided += 1;
                let side = goal.side.unwrap();
                assert!(
                    goal.statement.contains(side.word()) && goal.label.contains(side.word()),
                    "{}",
                    goal.statement
                );
            }
        }
    }
    assert!(sided > 6);
}

#[test]
fn words_that_no_plan_should_hold_are_absent() {
    let banned = [
        "improve attention",
        "eye contact",
        "quiet hands",
        "sitting still",
        "sit still",
        "stimming",
        "low-functioning",
        "high-functioning",
        "suffers from",
        "wheelchair-bound",
        "non-compliant",
        "noncompliance",
        "tantrum",
        "restrain",
        "normal children",
        "afflicted",
        "mental age",
    ];
    for (_, patient) in patients() {
        let goals = patient.goals.iter().flat_map(|goal| {
            [goal.statement.clone(), goal.plain.clone(), goal.label.clone(), goal.why.to_owned()]
        });
        let notes = patient.sessions.iter().map(|session| text(&session.note));
        let messages =
            patient.threads.iter().flat_map(|thread| &thread.messages).map(|message| message.body.clone());
        for said in goals.chain(notes).chain(messages) {
            let low = said.to_lowercase();
            assert!(banned.iter().all(|word| !low.contains(word)), "{said}");
            assert!(!low.contains("{child}"), "{said}");
        }
        let iep: Vec<&Document> =
            patient.documents.iter().filter(|document| document.kind == DocumentKind::IepSummary).collect();
        for document in iep {
            let paper = String::from_utf8_lossy(&document.bytes).into_owned();
            assert!(patient.goals.iter().all(|goal| !paper.contains(&goal.statement)));
        }
    }
}

#[test]
fn every_objective_has_condition_behaviour_criterion_and_date() {
    for (_, patient) in patients() {
        for goal in patient.goals.iter().filter(|goal| goal.level == GoalLevel::Objective) {
            assert!(
                goal.statement.chars().any(|letter| letter.is_ascii_digit())
                    || goal.statement.contains("expected level"),
                "{}",
                goal.statement
            );
            assert!(goal.statement.contains(", by ") && goal.due > today(), "{}", goal.statement);
            assert!(!goal.plain.is_empty() && !goal.plain_es.is_empty() && goal.parent.is_some());
        }
    }
}

#[test]
fn standard_scores_are_half_a_year_apart() {
    for (_, patient) in patients() {
        let mut by_test: BTreeMap<(&str, &str), Vec<NaiveDate>> = BTreeMap::new();
        for score in patient.scores.iter().filter(|score| matches!(score.value, ScoreValue::Standard { .. }))
        {
            by_test.entry((score.instrument, score.part)).or_default().push(score.time.date_naive());
        }
        assert!(
            by_test
                .values()
                .all(|dates| dates.windows(2).all(|pair| pair[1] - pair[0] >= Duration::days(180)))
        );
    }
}
