//! What of a resource can be proposed in words: what it is, how much it is, and a note beside it; all else stays byte by byte.
use crate::{form::Fields, pages::parts::Field, words::Words};
use bytes::Bytes;
use holdfast_proto::records::v1::Item;
use serde_json::{Number, Value, json, value::RawValue};
use std::collections::BTreeMap;

/// Concepts that say what an item is, the first that it has.
const CONCEPTS: [&str; 4] = ["code", "medicationCodeableConcept", "vaccineCode", "description"];
/// Or texts that do.
const TEXTS: [&str; 3] = ["valueString", "description", "title"];
/// Types of FHIR R4 with `note`.
const NOTED: [&str; 10] = [
    "AllergyIntolerance",
    "CarePlan",
    "Condition",
    "Device",
    "Goal",
    "Immunization",
    "MedicationRequest",
    "MedicationStatement",
    "Observation",
    "Procedure",
];

type Elements = BTreeMap<String, Box<RawValue>>;

fn elements(item: &Item) -> Elements {
    serde_json::from_slice(&item.fhir_json).unwrap_or_default()
}

fn value(elements: &Elements, name: &str) -> Option<Value> {
    serde_json::from_str(elements.get(name)?.get()).ok()
}

/// The element that says what it is, with those words.
fn text(item: &Item, elements: &Elements) -> Option<(&'static str, Value, String)> {
    // What was measured stays; what was found is another.
    let measured = elements.contains_key("valueQuantity") || elements.contains_key("valueString");
    let concepts = CONCEPTS.iter().filter(|_| !measured);
    let concept =
        concepts.filter_map(|name| Some((*name, value(elements, name)?))).find(|(_, own)| own.is_object());
    if let Some((name, own)) = concept {
        let said = own.get("text").and_then(Value::as_str).unwrap_or(&item.title).to_owned();
        return Some((name, own, said));
    }
    TEXTS.iter().find_map(|name| {
        let own = value(elements, name)?;
        let said = own.as_str()?.to_owned();
        Some((*name, own, said))
    })
}

pub(super) fn fields(words: Words, item: &Item) -> Vec<Field> {
    let elements = elements(item);
    let said = text(item, &elements);
    let said = said.map(|(.., said)| Field::line("text", words.t("propose-text")).value(said));
    let amount = value(&elements, "valueQuantity").and_then(|own| Some(own.get("value")?.to_string()));
    let amount = amount.map(|amount| Field::line("amount", words.t("propose-amount")).value(amount));
    let noted = NOTED.contains(&item.resource_type.as_str());
    let note =
        noted.then(|| Field { size_max: 1000, ..Field::text("note", words.t("propose-note")).optional() });
    said.into_iter().chain(amount).chain(note).collect()
}

/// The resource as it should be.
pub(super) fn rewritten(item: &Item, typed: &Fields) -> Result<Bytes, (&'static str, &'static str)> {
    let mut elements = elements(item);
    let mut changed: Vec<(&str, Value)> = Vec::new();
    if let Some((name, own, said)) = text(item, &elements) {
        let should = typed.one("text");
        if should.is_empty() {
            return Err(("text", "propose-text-wrong"));
        }
        if should != said {
            // Codes say what it was called: who accepts it chooses new ones.
            changed.push((name, if own.is_object() { json!({ "text": should }) } else { json!(should) }));
        }
    }
    if let Some(mut quantity) = value(&elements, "valueQuantity").filter(|own| own.get("value").is_some()) {
        let amount: Number =
            serde_json::from_str(typed.one("amount")).map_err(|_| ("amount", "propose-amount-wrong"))?;
        if quantity.get("value") != Some(&Value::Number(amount.clone())) {
            if let Some(own) = quantity.as_object_mut() {
                own.insert("value".to_owned(), Value::Number(amount));
            }
            changed.push(("valueQuantity", quantity));
        }
    }
    let note = typed.one("note");
    if !note.is_empty() && NOTED.contains(&item.resource_type.as_str()) {
        let notes = value(&elements, "note").and_then(|own| own.as_array().cloned()).unwrap_or_default();
        let notes: Vec<Value> = notes.into_iter().chain([json!({ "text": note })]).collect();
        changed.push(("note", Value::Array(notes)));
    }
    for (name, value) in changed {
        let written = serde_json::value::to_raw_value(&value).map_err(|_| ("text", "propose-text-wrong"))?;
        elements.insert(name.to_owned(), written);
    }
    serde_json::to_vec(&elements).map(Bytes::from).map_err(|_| ("text", "propose-text-wrong"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    fn item(resource_type: &str, json: &str) -> Item {
        Item {
            resource_type: resource_type.into(),
            title: "Autism".into(),
            fhir_json: json.as_bytes().to_vec().into(),
            ..Item::default()
        }
    }

    fn typed(pairs: &[(&str, &str)]) -> Fields {
        Fields::new(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn names(item: &Item) -> Vec<&'static str> {
        fields(Words::new(Lang::En), item).iter().map(|field| field.name).collect()
    }

    fn become_of(item: &Item, pairs: &[(&str, &str)]) -> String {
        String::from_utf8(rewritten(item, &typed(pairs)).unwrap().to_vec()).unwrap()
    }

    #[test]
    fn another_diagnosis_is_proposed_in_words_and_takes_no_codes_along() {
        let json = r#"{"code":{"coding":[{"code":"F84.0"}]},"resourceType":"Condition"}"#;
        let autism = item("Condition", json);
        assert_eq!(names(&autism), ["text", "note"]);
        assert_eq!(become_of(&autism, &[("text", "Autism")]), json, "what is called as before is as before");
        assert_eq!(
            become_of(&autism, &[("text", "ADHD"), ("note", "Dr. Vale said so")]),
            r#"{"code":{"text":"ADHD"},"note":[{"text":"Dr. Vale said so"}],"resourceType":"Condition"}"#
        );
        assert_eq!(rewritten(&autism, &typed(&[("text", "")])), Err(("text", "propose-text-wrong")));
    }

    #[test]
    fn of_what_was_measured_the_amount_is_proposed_and_all_else_keeps_its_digits() {
        let json = r#"{"code":{"text":"Weight"},"referenceRange":[{"low":{"value":7.20}}],"resourceType":"Observation","valueQuantity":{"unit":"kg","value":20}}"#;
        let weight = item("Observation", json);
        assert_eq!(names(&weight), ["amount", "note"]);
        let after = become_of(&weight, &[("amount", "21.5")]);
        assert!(
            after.contains(r#""valueQuantity":{"unit":"kg","value":21.5}"#) && after.contains("7.20"),
            "{after}"
        );
        assert_eq!(
            rewritten(&weight, &typed(&[("amount", "heavy")])),
            Err(("amount", "propose-amount-wrong"))
        );
    }

    #[test]
    fn a_goal_and_a_plan_are_proposed_by_their_own_words() {
        let goal = item("Goal", r#"{"description":{"text":"Say hello"},"resourceType":"Goal"}"#);
        assert!(become_of(&goal, &[("text", "Wave")]).contains(r#""description":{"text":"Wave"}"#));
        let plan = item("CarePlan", r#"{"description":"Twice a week","resourceType":"CarePlan"}"#);
        assert!(become_of(&plan, &[("text", "Once a week")]).contains(r#""description":"Once a week""#));
        assert_eq!(names(&item("Encounter", "{}")), Vec::<&str>::new());
    }
}
