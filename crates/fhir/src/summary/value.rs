//! Measured values, ranges and flags in plain words.
use super::decimal::readable;
use crate::category::ResourceType;
use crate::concept::{code_of, words, words_of};
use crate::json::Json;

/// A number exactly as it was recorded, and its unit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Measured {
    /// A decimal as text, so that nothing is lost.
    pub value: String,
    pub unit: Option<String>,
}

/// How a value stands to what is expected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Flag {
    Low,
    High,
    CriticallyLow,
    CriticallyHigh,
    Abnormal,
    Normal,
}

impl Flag {
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Low => "Low",
            Self::High => "High",
            Self::CriticallyLow => "Very low",
            Self::CriticallyHigh => "Very high",
            Self::Abnormal => "Outside the expected",
            Self::Normal => "As expected",
        }
    }
}

/// The one line beside the title.
pub(crate) fn value_of(resource_type: ResourceType, resource: &Json<'_>) -> Option<String> {
    match resource_type.as_str() {
        "Observation" => observed(resource).or_else(|| components(resource)),
        "DiagnosticReport" => resource.text_at("conclusion").map(str::to_owned).or_else(|| counted(resource)),
        "Claim" => resource.get("total").and_then(money),
        "ExplanationOfBenefit" => {
            let paid = resource.get("payment").and_then(|payment| payment.get("amount")).and_then(money);
            paid.map(|paid| format!("{paid} paid"))
        }
        "AllergyIntolerance" => {
            let reactions =
                resource.each("reaction").flat_map(|reaction| words_of(reaction, "manifestation"));
            Some(reactions.collect::<Vec<_>>().join(", ")).filter(|reactions| !reactions.is_empty())
        }
        "MedicationRequest" => resource.first("dosageInstruction").and_then(dosage),
        "MedicationStatement" => resource.first("dosage").and_then(dosage),
        "MedicationAdministration" => {
            resource.get("dosage").and_then(|given| given.get("dose")).and_then(quantity)
        }
        "Goal" => {
            resource.first("achievementStatus").and_then(words).map(|code| super::labels::status_words(&code))
        }
        "SupplyDelivery" => {
            resource.get("suppliedItem").and_then(|item| item.get("quantity")).and_then(quantity)
        }
        "Coverage" => resource.text_at("subscriberId").map(|number| format!("Member number {number}")),
        _ => None,
    }
}

/// `value[x]` of an observation or of a component.
pub(super) fn observed(resource: &Json<'_>) -> Option<String> {
    let number = || resource.get("valueInteger").and_then(Json::number).map(str::to_owned);
    let yes = |value: bool| if value { "Yes" } else { "No" }.to_owned();
    resource
        .get("valueQuantity")
        .and_then(quantity)
        .or_else(|| resource.get("valueCodeableConcept").and_then(words))
        .or_else(|| resource.text_at("valueString").map(str::to_owned))
        .or_else(number)
        .or_else(|| resource.get("valueBoolean").and_then(Json::bool).map(yes))
        .or_else(|| resource.get("valueRange").and_then(range))
        .or_else(|| resource.get("valueRatio").and_then(ratio))
        .or_else(|| {
            resource.text_at("valueDateTime").or_else(|| resource.text_at("valueTime")).map(str::to_owned)
        })
        .or_else(|| resource.get("dataAbsentReason").and_then(words))
}

/// Blood pressure as it is spoken; other parts by name.
fn components(resource: &Json<'_>) -> Option<String> {
    let by_code = |code| {
        resource
            .each("component")
            .find(|component| code_of(component, "code") == Some(code))?
            .get("valueQuantity")
    };
    if let (Some(upper), Some(lower)) = (by_code("8480-6"), by_code("8462-4")) {
        let shown = |quantity: &Json<'_>| quantity.get("value").and_then(Json::number).map(readable);
        let unit = unit_of(upper).map(|unit| format!(" {unit}")).unwrap_or_default();
        return Some(format!("{} over {}{unit}", shown(upper)?, shown(lower)?));
    }
    let parts = resource
        .each("component")
        .filter_map(|part| Some(format!("{}: {}", words(part.get("code")?)?, observed(part)?)));
    Some(parts.collect::<Vec<_>>().join("; ")).filter(|parts| !parts.is_empty())
}

fn counted(report: &Json<'_>) -> Option<String> {
    match report.each("result").count() {
        0 => None,
        1 => Some("1 result".to_owned()),
        count => Some(format!("{count} results")),
    }
}

pub(super) fn quantity(json: &Json<'_>) -> Option<String> {
    let value = readable(json.get("value")?.number()?);
    let compared = match json.text_at("comparator") {
        Some("<") => "less than ",
        Some("<=") => "at most ",
        Some(">=") => "at least ",
        Some(">") => "more than ",
        _ => "",
    };
    Some(match unit_of(json) {
        Some(unit) => format!("{compared}{value} {unit}"),
        None => format!("{compared}{value}"),
    })
}

/// UCUM annotations (`{score}`) say what is counted; a bare `1` says nothing.
fn unit_of(quantity: &Json<'_>) -> Option<String> {
    let unit = quantity.text_at("unit").or_else(|| quantity.text_at("code"))?;
    let plain = match unit {
        "1" => "",
        "Cel" => "°C",
        "[degF]" => "°F",
        "mm[Hg]" => "mmHg",
        "[lb_av]" => "lb",
        "[in_i]" => "in",
        "/min" => "per minute",
        "/h" => "per hour",
        other => other,
    };
    let plain = plain.replace(['{', '}'], "");
    Some(plain).filter(|unit| !unit.trim().is_empty())
}

pub(super) fn range(json: &Json<'_>) -> Option<String> {
    let (low, high) = (json.get("low"), json.get("high"));
    match (low, high) {
        (Some(low), Some(high)) => {
            let start = readable(low.get("value")?.number()?);
            Some(format!("{start} to {}", quantity(high)?))
        }
        (Some(low), None) => Some(format!("{} or more", quantity(low)?)),
        (None, Some(high)) => Some(format!("{} or less", quantity(high)?)),
        (None, None) => None,
    }
}

pub(super) fn ratio(json: &Json<'_>) -> Option<String> {
    Some(format!("{} in {}", quantity(json.get("numerator")?)?, quantity(json.get("denominator")?)?))
}

pub(super) fn money(json: &Json<'_>) -> Option<String> {
    let value = json.get("value")?.number()?;
    // Sources often drop a closing zero; money is read with both digits.
    let value = match value.split_once('.') {
        Some((whole, cents)) if cents.len() == 1 => format!("{whole}.{cents}0"),
        Some(_) => readable(value),
        None => format!("{value}.00"),
    };
    Some(match json.text_at("currency") {
        Some("USD") => format!("${value}"),
        Some(currency) => format!("{value} {currency}"),
        None => value,
    })
}

/// How a medicine is taken.
pub(super) fn dosage(json: &Json<'_>) -> Option<String> {
    if let Some(text) = json.text_at("text").or_else(|| json.text_at("patientInstruction")) {
        return Some(text.to_owned());
    }
    let rate = json.first("doseAndRate");
    let dose = rate.and_then(|rate| {
        rate.get("doseQuantity").and_then(quantity).or_else(|| rate.get("doseRange").and_then(range))
    });
    let timing = json.get("timing").and_then(timing);
    let as_needed = json.get("asNeededBoolean").and_then(Json::bool) == Some(true);
    let needed = as_needed.then(|| "when needed".to_owned());
    let parts: Vec<String> = [dose, timing, needed].into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn timing(json: &Json<'_>) -> Option<String> {
    let Some(repeat) = json.get("repeat") else { return json.get("code").and_then(words) };
    let frequency = repeat.get("frequency").and_then(Json::number).unwrap_or("1");
    let times = match frequency {
        "1" => "once".to_owned(),
        "2" => "twice".to_owned(),
        many => format!("{many} times"),
    };
    let unit = match repeat.text_at("periodUnit")? {
        "s" => "second",
        "min" => "minute",
        "h" => "hour",
        "d" => "day",
        "wk" => "week",
        "mo" => "month",
        _ => "year",
    };
    match repeat.get("period").and_then(Json::number)? {
        "1" | "1.0" => Some(format!("{times} every {unit}")),
        period => Some(format!("{times} every {} {unit}s", readable(period).trim_end_matches(".0"))),
    }
}

pub(super) fn measured_of(resource: &Json<'_>) -> Option<Measured> {
    if let Some(quantity) = resource.get("valueQuantity") {
        let value = quantity.get("value")?.number()?.to_owned();
        return Some(Measured { value, unit: unit_of(quantity) });
    }
    let value = resource.get("valueInteger")?.number()?.to_owned();
    Some(Measured { value, unit: None })
}

/// HL7 v3 ObservationInterpretation.
pub(super) fn flag_of(resource: &Json<'_>) -> Option<Flag> {
    match code_of(resource, "interpretation")? {
        "L" => Some(Flag::Low),
        "H" => Some(Flag::High),
        "LL" => Some(Flag::CriticallyLow),
        "HH" => Some(Flag::CriticallyHigh),
        "N" => Some(Flag::Normal),
        "A" | "AA" => Some(Flag::Abnormal),
        _ => None,
    }
}

pub(super) fn range_of(resource: &Json<'_>) -> Option<String> {
    let reference = resource.first("referenceRange")?;
    reference.text_at("text").map(str::to_owned).or_else(|| range(reference))
}
