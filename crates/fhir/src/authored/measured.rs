//! One session's value towards a goal.
use super::build::{Fields, coded, note, number, period, quantity, reference, references, said};
use super::{Amount, Named, Span};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProgressObservation {
    pub id: String,
    /// What was measured; most skills have no code.
    pub measure: String,
    pub value: Amount,
    pub session: Span,
    pub performers: Vec<Named>,
    pub encounter: Option<Named>,
    /// The goals that it speaks of.
    pub goals: Vec<Named>,
    pub trials: Option<Trials>,
    /// Baseline, intervention, probe: R4 has no element for it.
    pub phase: Option<String>,
    pub comment: Option<String>,
}

/// Kept beside the percentage, because 4 of 5 is not 80 of 100.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trials {
    pub correct: u32,
    pub opportunities: u32,
    /// The highest help that was given.
    pub prompt: Option<String>,
}

#[must_use]
pub fn observation(progress: &ProgressObservation) -> Vec<u8> {
    let mut components = Vec::new();
    let counted = |name: &str, count| {
        Fields::default().set("code", said(name)).set("valueInteger", number(count)).done()
    };
    let worded =
        |name: &str, words: &str| Fields::default().set("code", said(name)).text("valueString", words).done();
    if let Some(trials) = &progress.trials {
        components.push(counted("Correct", trials.correct));
        components.push(counted("Opportunities", trials.opportunities));
        components.extend(trials.prompt.as_deref().map(|prompt| worded("Help given", prompt)));
    }
    components.extend(progress.phase.as_deref().map(|phase| worded("Phase", phase)));
    let therapy = "http://terminology.hl7.org/CodeSystem/observation-category";
    Fields::resource("Observation", &progress.id, "subject")
        .text("status", "final")
        .many("category", vec![coded(therapy, "therapy", "Therapy")])
        .set("code", said(&progress.measure))
        .set("effectivePeriod", period(&progress.session))
        .many("performer", references(&progress.performers))
        .maybe("encounter", progress.encounter.as_ref().map(reference))
        .many("focus", references(&progress.goals))
        .set("valueQuantity", quantity(&progress.value))
        .many("component", components)
        .many("note", progress.comment.as_deref().map(note).into_iter().collect())
        .bytes()
}
