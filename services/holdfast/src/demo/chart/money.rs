//! Insurance cover, authorised units, and what the payer answered.
use super::{
    Chart, Entry,
    form::{coded, day, patient, resource},
    item,
    visits::desk,
};
use anyhow::Result;
use holdfast_demo::{Authorisation, CountedIn, Coverage, Enrolment, Key, PayerDecision, PayerOutcome};
use holdfast_fhir::authored::{self, Named, Span, coverage};
use serde_json::{Value, json};

/// The front desk writes the cover; claims are read and written by who treats.
pub(super) fn entries(chart: Chart<'_>) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let Some(Enrolment { practice, lead, .. }) = chart.patient.enrolments.first() else { return Ok(entries) };
    for one in &chart.patient.coverages {
        entries.push(Entry::new(desk(chart, practice).unwrap_or(lead), "Coverage", &one.key, cover(one)?));
    }
    let payer = chart.patient.coverages.first().map_or("Payer", |coverage| coverage.payer);
    for one in &chart.patient.authorisations {
        let lead = chart.patient.enrolments.iter().find(|enrolment| enrolment.practice == one.practice);
        let author = lead.map_or(&chart.patient.key, |enrolment| &enrolment.lead);
        entries.push(Entry::new(author, "ClaimResponse", &one.key, authorised(one, payer)));
    }
    for one in &chart.patient.payer_decisions {
        entries.push(Entry::new(lead, "ClaimResponse", &one.key, decided(one, payer)));
    }
    Ok(entries)
}

fn cover(known: &Coverage) -> Result<Vec<u8>> {
    Ok(coverage(&authored::Coverage {
        id: item(&known.key),
        payor: Named { key: None, display: known.payer.to_owned() },
        plan: Some(known.plan.to_owned()),
        member_number: known.member_id.clone(),
        relationship: "child".to_owned(),
        period: Span { start: day(known.from)?, end: known.until.map(day).transpose()? },
        order: known.order,
    }))
}

fn authorised(known: &Authorisation, payer: &str) -> Vec<u8> {
    let counted = match known.counted_in {
        CountedIn::Units => "units",
        CountedIn::Visits => "visits",
    };
    let Authorisation { code, words, authorised, delivered, left, week_limit, .. } = known;
    let said = format!(
        "{words}: {authorised} {counted}, at most {week_limit} a week; {delivered} used, {left} left"
    );
    answer(
        &known.key,
        &known.from.to_string(),
        payer,
        "complete",
        (code, &said),
        json!({
            "preAuthRef": known.number,
            "preAuthPeriod": { "start": known.from.to_string(), "end": known.until.to_string() },
        }),
    )
}

fn decided(known: &PayerDecision, payer: &str) -> Vec<u8> {
    let (outcome, words) = match known.outcome {
        PayerOutcome::Approved => ("complete", "Approved".to_owned()),
        PayerOutcome::Denied { reason } => ("error", format!("Denied, reason {reason}")),
        PayerOutcome::AppealSent => ("queued", "Appeal sent".to_owned()),
        PayerOutcome::Overturned => ("complete", "Denial overturned".to_owned()),
    };
    let said = format!("{words}. {}", known.text);
    answer(&known.key, &known.on.to_string(), payer, outcome, (known.code, &said), json!({}))
}

/// A payer's answer to a request for units of a code.
fn answer(
    key: &Key,
    created: &str,
    payer: &str,
    outcome: &str,
    (code, said): (&str, &str),
    more: Value,
) -> Vec<u8> {
    let mut fields = json!({
        "status": "active",
        "type": coded("http://terminology.hl7.org/CodeSystem/claim-type", "professional", &format!("Prior authorisation of {code}")),
        "use": "preauthorization",
        "patient": patient(),
        "created": created,
        "insurer": { "display": payer },
        "outcome": outcome,
        "disposition": said,
    });
    if let (Some(fields), Value::Object(more)) = (fields.as_object_mut(), more) {
        fields.extend(more);
    }
    resource("ClaimResponse", key, fields)
}
