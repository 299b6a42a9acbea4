//! Practice at home: what was asked for, and what the family wrote down.
use super::{
    Chart, Entry,
    form::{day, patient, resource, text},
    item,
};
use anyhow::Result;
use holdfast_demo::{Done, HomeActivity, HomeLog};
use holdfast_fhir::authored::{self, Span};
use serde_json::{Value, json};

pub(super) fn entries(chart: Chart<'_>) -> Result<Vec<Entry>> {
    let asked = chart.patient.home_activities.iter();
    let asked = asked.map(|one| Ok(Entry::new(&one.taught_by, "CarePlan", &one.key, activity(chart, one)?)));
    let done = chart.patient.home_logs.iter();
    let done = done.map(|one| Ok(Entry::new(&one.by, "QuestionnaireResponse", &one.key, log(chart, one))));
    asked.chain(done).collect()
}

fn activity(chart: Chart<'_>, known: &HomeActivity) -> Result<Vec<u8>> {
    Ok(authored::care_plan(&authored::CarePlan {
        id: item(&known.key),
        title: known.name.clone(),
        description: Some(format!(
            "{}. {}. {}.",
            stop(&known.purpose),
            stop(&known.dose),
            stop(&known.stop_rule)
        )),
        period: Span { start: day(known.from)?, end: None },
        created: day(known.from)?,
        author: chart.person(&known.taught_by),
        goals: vec![chart.goal(&known.goal)],
        addresses: Vec::new(),
        activities: known.steps.clone(),
        completed: false,
    }))
}

fn stop(sentence: &str) -> &str {
    sentence.trim_end_matches('.')
}

fn log(chart: Chart<'_>, known: &HomeLog) -> Vec<u8> {
    let name = chart.patient.home_activities.iter().find(|activity| activity.key == known.activity);
    let name = name.map(|activity| activity.name.as_str()).unwrap_or_default();
    let done = match known.done {
        Done::Yes => "yes".to_owned(),
        Done::Partly => "partly".to_owned(),
        Done::No { reason } => format!("no: {reason}"),
    };
    let said = |id: &str, question: &str, answer: Value| json!({ "linkId": id, "text": question, "answer": [answer] });
    let words = |text: &str| json!({ "valueString": text });
    let mut items = vec![
        said("activity", "Practice at home", words(name)),
        said("day", "Day", json!({ "valueDate": known.day.to_string() })),
        said("done", "Done", words(&done)),
    ];
    items.extend(
        known
            .difficulty
            .map(|hard| said("difficulty", "How hard, 1 easy to 5 hard", json!({ "valueInteger": hard }))),
    );
    items.extend(known.mood.map(|mood| said("mood", "Mood", words(mood))));
    items.extend(known.note.as_deref().map(|note| said("note", "Note", words(note))));
    if known.filmed {
        items.push(said("filmed", "Filmed", json!({ "valueBoolean": true })));
    }
    resource(
        "QuestionnaireResponse",
        &known.key,
        json!({
            "status": "completed",
            "subject": patient(),
            "authored": text(known.entered),
            "author": { "display": chart.person(&known.by).display },
            "language": known.language.tag(),
            "item": items,
        }),
    )
}
