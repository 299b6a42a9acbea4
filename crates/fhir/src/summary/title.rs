//! What an item is called in a list.
use crate::category::ResourceType;
use crate::concept::{words, words_of};
use crate::directory::name_of;
use crate::json::Json;

pub(crate) fn title_of(resource_type: ResourceType, resource: &Json<'_>) -> String {
    let concept = |name: &str| resource.first(name).and_then(words);
    let text = |name: &str| resource.text_at(name).map(str::to_owned).filter(|text| !text.trim().is_empty());
    let told = match resource_type.as_str() {
        "MedicationRequest" | "MedicationStatement" | "MedicationAdministration" | "MedicationDispense" => {
            concept("medicationCodeableConcept").or_else(|| medication_reference(resource))
        }
        "Immunization" => concept("vaccineCode"),
        "Encounter" => {
            concept("type").or_else(|| concept("serviceType")).or_else(|| encounter_class(resource))
        }
        "Goal" => concept("description"),
        "CarePlan" => text("title").or_else(|| words_of(resource, "category").pop()),
        "Consent" => concept("category"),
        "CareTeam" => {
            text("name").or_else(|| concept("reasonCode").map(|reason| format!("Care team: {reason}")))
        }
        "ImagingStudy" => text("description").or_else(|| concept("procedureCode")),
        "DocumentReference" => text("description").or_else(|| concept("type")),
        "Composition" => text("title").or_else(|| concept("type")),
        "ClinicalImpression" => concept("code").or_else(|| text("description")),
        "Device" => resource.first("deviceName").and_then(|name| name.text_at("name")).map(str::to_owned),
        "SupplyDelivery" => {
            resource.get("suppliedItem").and_then(|item| item.get("itemCodeableConcept")).and_then(words)
        }
        "Coverage" => plan_name(resource).or_else(|| concept("type")),
        "Claim" | "ExplanationOfBenefit" => billed(resource),
        "Appointment" => {
            text("description").or_else(|| concept("serviceType")).or_else(|| concept("appointmentType"))
        }
        "Media" => concept("type")
            .or_else(|| resource.get("content").and_then(|c| c.text_at("title")).map(str::to_owned)),
        "FamilyMemberHistory" => concept("relationship"),
        "Patient" | "Practitioner" | "PractitionerRole" | "Organization" | "Location" | "RelatedPerson" => {
            Some(name_of(resource)).filter(|name| !name.is_empty())
        }
        _ => None,
    };
    told.or_else(|| concept("code"))
        .or_else(|| concept("type").filter(|_| resource_type.as_str() != "Encounter"))
        .or_else(|| text("title"))
        .unwrap_or_else(|| plain_name(resource_type))
}

fn medication_reference(resource: &Json<'_>) -> Option<String> {
    let reference = resource.get("medicationReference")?;
    let contained = reference.text_at("reference").and_then(|text| text.strip_prefix('#')).and_then(|id| {
        resource.each("contained").find(|inner| inner.text_at("id") == Some(id))?.get("code").and_then(words)
    });
    contained.or_else(|| reference.text_at("display").map(str::to_owned))
}

/// HL7 v3 ActEncounterCode, in the words of a waiting room.
fn encounter_class(resource: &Json<'_>) -> Option<String> {
    let class = resource.get("class")?;
    let said = match class.text_at("code")? {
        "AMB" => "Visit",
        "EMER" => "Emergency visit",
        "HH" => "Home visit",
        "VR" => "Video or telephone visit",
        "IMP" | "ACUTE" | "NONAC" => "Hospital stay",
        "OBSENC" => "Observation stay",
        "SS" => "Short stay",
        _ => return words(class),
    };
    Some(said.to_owned())
}

fn plan_name(coverage: &Json<'_>) -> Option<String> {
    let payor = coverage.first("payor").and_then(|payor| payor.text_at("display"));
    let plan =
        coverage.each("class").find(|class| class.get("type").and_then(words).as_deref() == Some("plan"));
    let plan = plan.and_then(|class| class.text_at("name"));
    match (payor, plan) {
        (Some(payor), Some(plan)) => Some(format!("{payor}, {plan}")),
        (one, other) => one.or(other).map(str::to_owned),
    }
}

/// The first thing billed, and how many more.
fn billed(claim: &Json<'_>) -> Option<String> {
    let services = claim.each("item").filter_map(|item| item.get("productOrService")).filter_map(words);
    let services: Vec<String> = services.collect();
    let first = services.first()?;
    Some(match services.len() {
        1 => first.clone(),
        more => format!("{first} and {} more", more - 1),
    })
}

/// The name of a type in small words: `Nutrition order`.
fn plain_name(resource_type: ResourceType) -> String {
    let name = match resource_type.as_str() {
        "QuestionnaireResponse" => "Form",
        "MedicationRequest" => "Prescription",
        "Encounter" => "Visit",
        "Observation" => "Measurement",
        "DocumentReference" => "Document",
        "ExplanationOfBenefit" => "Statement of benefits",
        other => other,
    };
    let mut spoken = String::with_capacity(name.len() + 4);
    for (position, letter) in name.char_indices() {
        if position > 0 && letter.is_ascii_uppercase() {
            spoken.push(' ');
            spoken.push(letter.to_ascii_lowercase());
        } else {
            spoken.push(letter);
        }
    }
    spoken
}
