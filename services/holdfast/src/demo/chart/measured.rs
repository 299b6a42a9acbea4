//! What was measured towards each goal, session by session.
use super::{
    Chart, Entry,
    form::{amount, span},
    item,
};
use anyhow::Result;
use holdfast_demo::{Datum, Key, Measure, PhaseKind, Setting};
use holdfast_fhir::authored::{Named, ProgressObservation, Trials, observation};
use std::collections::BTreeSet;

pub(super) fn entries(chart: Chart<'_>) -> Result<Vec<Entry>> {
    // What a confidential visit measured says that there was one.
    let sessions = chart.patient.sessions.iter().filter(|session| session.confidential);
    let confidential: BTreeSet<&Key> = sessions.map(|session| &session.key).collect();
    let told = |datum: &&Datum| datum.session.as_ref().is_none_or(|key| !confidential.contains(key));
    chart
        .patient
        .data
        .iter()
        .filter(told)
        .map(|one| Ok(Entry::new(&one.observer, "Observation", &one.key, measured(chart, one)?)))
        .collect()
}

fn measured(chart: Chart<'_>, datum: &Datum) -> Result<Vec<u8>> {
    let goal = chart.goal(&datum.goal);
    let trials = match datum.value {
        Measure::Opportunities { correct, of, help } => {
            Some(Trials { correct, opportunities: of, prompt: Some(help.words().to_owned()) })
        }
        _ => None,
    };
    let session = chart.patient.sessions.iter().find(|session| datum.session.as_ref() == Some(&session.key));
    let place = match datum.setting {
        Setting::Clinic => "in the clinic",
        Setting::Home => "at home",
        Setting::Community => "in the community",
        Setting::Telehealth => "by video",
    };
    let probe = if datum.probe { ", probe" } else { "" };
    Ok(observation(&ProgressObservation {
        id: item(&datum.key),
        measure: goal.display.clone(),
        value: amount(datum.value.value(), datum.value.unit())?,
        session: span(datum.start, datum.end)?,
        performers: vec![chart.person(&datum.observer)],
        encounter: session.map(|session| Named {
            key: Some(format!("Encounter/{}", item(&session.key))),
            display: super::visits::title(session),
        }),
        goals: vec![goal],
        trials,
        phase: Some(phase(datum.phase).to_owned()),
        comment: Some(format!("{}, {place}{probe}", datum.value.words())),
    }))
}

const fn phase(kind: PhaseKind) -> &'static str {
    match kind {
        PhaseKind::Baseline => "Baseline",
        PhaseKind::Teaching => "Teaching",
        PhaseKind::TeachingChanged => "Teaching, changed",
        PhaseKind::Maintenance => "Maintenance",
        PhaseKind::OnHold => "On hold",
    }
}
