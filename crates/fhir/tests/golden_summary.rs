//! What a family would read of a small bundle of our own, kept as a golden file.
use holdfast_fhir::{Item, Limits, PATIENT_REFERENCE, Reference, Target, read_bundle, summary};

const SMALL: &[u8] = include_bytes!("fixtures/small_transaction.json");

#[test]
fn a_small_bundle_is_categorised_and_said_in_plain_words() {
    let bundle = read_bundle(SMALL, &Limits::default()).unwrap();
    let mut page = String::new();
    let patient = bundle.patient.as_ref().unwrap();
    page += &format!(
        "patient: {} born {}\n",
        patient.spoken_name().unwrap(),
        patient.birth_date.as_ref().unwrap()
    );
    page +=
        &format!("  {:?} {:?} {:?} {:?}\n", patient.sex, patient.birth_sex, patient.race, patient.languages);
    page += &format!("  {} | {}\n", patient.addresses[0].spoken(), patient.telecoms[0].value);
    for entry in &bundle.directory {
        page += &format!("directory: {} {} [{}]\n", entry.kind.as_str(), entry.name, entry.source_key);
    }
    for item in &bundle.items {
        page += &told(item, &summary::of(&item.json).unwrap());
    }
    for warning in &bundle.warnings {
        page += &format!("warning: {} {:?} x{}\n", warning.place, warning.kind, warning.count);
    }
    insta::assert_snapshot!(page);
}

fn told(item: &Item, read: &summary::Summary) -> String {
    let mut told = format!("\n{} | {} | {}\n", item.category, item.source_key, read.title);
    told += &format!("  value {:?} flag {:?} expected {:?}\n", read.value, read.flag, read.reference_range);
    told +=
        &format!("  status {:?} from {:?}\n", read.status, read.occurred.as_ref().map(ToString::to_string));
    for row in &read.rows {
        let value = match &row.value {
            summary::RowValue::Text(text) => text.clone(),
            summary::RowValue::When(when) => when.to_string(),
            summary::RowValue::Span { start, end } => format!("{start:?} to {end:?}"),
            summary::RowValue::Reference(reference) => said(reference),
        };
        told += &format!("  {}: {value}\n", row.label);
    }
    if let Some(text) = &read.text {
        told += &format!("  text: {text}\n");
    }
    told
}

fn said(reference: &Reference) -> String {
    let target = match &reference.target {
        Target::Patient => PATIENT_REFERENCE.to_owned(),
        Target::Resource { source_key } => source_key.clone(),
        Target::Logical { resource_type, identifier } => format!("{resource_type:?} by {}", identifier.value),
        Target::Contained { id } => format!("#{id}"),
        Target::External { url } => url.clone(),
        Target::Described => "only words".to_owned(),
    };
    format!("{} -> {target}", reference.display.as_deref().unwrap_or("(no words)"))
}

#[test]
fn decimals_stay_as_they_were_written() {
    let bundle = read_bundle(SMALL, &Limits::default()).unwrap();
    let ferritin = bundle.items.iter().find(|item| item.source_key == "Observation/lab-1").unwrap();
    assert!(std::str::from_utf8(&ferritin.json).unwrap().contains(r#""value":9.50}"#));
    assert_eq!(summary::of(&ferritin.json).unwrap().measured.unwrap().value, "9.50");
}

#[test]
fn provenance_is_attached_to_what_it_speaks_of() {
    let bundle = read_bundle(SMALL, &Limits::default()).unwrap();
    let recorded: Vec<_> = bundle.items.iter().map(|item| bundle.provenance_of(item).count()).collect();
    assert_eq!(recorded.iter().sum::<usize>(), 1);
    let ferritin = bundle.items.iter().find(|item| item.source_key == "Observation/lab-1").unwrap();
    let provenance = bundle.provenance_of(ferritin).next().unwrap();
    assert_eq!(provenance.recorded.as_ref().unwrap().as_str(), "2025-03-04T16:31:00-08:00");
    assert_eq!(provenance.targets[0].target, Target::Patient);
    assert_eq!(provenance.agents[0].who.display.as_deref(), Some("Dr. Robin Sedgebrook"));
}

#[test]
fn the_same_content_has_the_same_digest_however_it_is_laid_out() {
    let pretty = read_bundle(SMALL, &Limits::default()).unwrap();
    let tight: String = std::str::from_utf8(SMALL).unwrap().lines().map(str::trim_start).collect();
    let tight = read_bundle(tight.as_bytes(), &Limits::default()).unwrap();
    assert_eq!(pretty, tight);
}

#[test]
fn people_are_compared_by_name_and_birth_date() {
    let patient = read_bundle(SMALL, &Limits::default()).unwrap().patient.unwrap();
    let key = |family, given, born| holdfast_fhir::MatchKey::new(family, given, born);
    assert!(patient.match_key() == key(" FERNHOLLOW", "juniper", "2019-04-02"));
    assert!(patient.match_key() != key("Maplewood", "Juniper", "2019-04-02"), "the old name does not count");
    assert!(patient.match_key() != key("Fernhollow", "Juniper", "2019-04-03"));
    assert!(key("", "Juniper", "2019-04-02").is_none());
}
