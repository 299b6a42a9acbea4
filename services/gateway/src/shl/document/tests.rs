//! What somebody with a phone, and a program, finds in what a link gave out.
use super::*;
use crate::words::Lang;
use holdfast_proto::timestamp;

fn content(lang: Lang) -> Content {
    let now = DateTime::from_timestamp(1_796_000_000, 0).unwrap();
    let item = |id: &str, title: &str, body: &'static [u8]| Item {
        item_id: id.into(),
        title: title.into(),
        summary: "2 < 3 tablets & more".into(),
        occurred_time: Some(timestamp(now)),
        fhir_json: body.into(),
        ..Item::default()
    };
    let demographics = Demographics {
        family_name: "Vega".into(),
        given_name: "Leo".into(),
        birth_date: "2019-04-01".into(),
        ..Demographics::default()
    };
    let person = Patient { patient_id: "p1".into(), demographics: Some(demographics), ..Patient::default() };
    let document =
        Document { document_id: "d1".into(), title: "Plan".into(), size_bytes: 3, ..Document::default() };
    let document = Document { media_type: "application/pdf".into(), ..document };
    let body = b"{\"resourceType\":\"AllergyIntolerance\",\"dose\":1.50}";
    let allergies = vec![item("i1", "Nuts", body), item("i2", "Torn", b"{")];
    Content {
        words: Words::new(lang),
        now,
        link: "l1".into(),
        until: Some(timestamp(now)),
        person: Some(person),
        rooms: vec![
            Room { room: Category::Allergies, items: allergies },
            Room { room: Category::Goals, items: Vec::new() },
        ],
        papers: vec![Paper { document, content: Some(b"pdf".to_vec()) }],
        left_out: false,
    }
}

fn read(content: &Content) -> Value {
    serde_json::from_slice(&content.document().unwrap()).unwrap()
}

#[test]
fn the_first_resource_says_in_words_what_is_in_the_document_and_refers_to_the_rest() {
    let bundle = read(&content(Lang::En));
    assert_eq!((&bundle["resourceType"], &bundle["type"]), (&"Bundle".into(), &"document".into()));
    let entries = bundle["entry"].as_array().unwrap();
    let kinds: Vec<_> =
        entries.iter().map(|entry| entry["resource"]["resourceType"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["Composition", "Patient", "AllergyIntolerance", "DocumentReference"]);
    let sections = entries[0]["resource"]["section"].as_array().unwrap();
    let titles: Vec<_> = sections.iter().map(|section| section["title"].as_str().unwrap()).collect();
    assert_eq!(titles, ["Name and address", "Allergies", "Papers"]);
    let words = sections[1]["text"]["div"].as_str().unwrap();
    assert!(words.starts_with("<div xmlns=\"http://www.w3.org/1999/xhtml\">"), "{words}");
    assert!(words.contains("Nuts") && words.contains("Torn"), "{words}");
    assert!(words.contains("2 &#60; 3 tablets &#38; more"), "{words}");
    let full: Vec<_> = entries.iter().map(|entry| &entry["fullUrl"]).collect();
    for section in sections {
        for entry in section["entry"].as_array().unwrap() {
            assert!(full.contains(&&entry["reference"]), "{entry} is not there");
        }
    }
}

#[test]
fn what_was_recorded_is_given_out_as_it_is_and_nothing_is_empty() {
    let content = content(Lang::En);
    let text = String::from_utf8(content.document().unwrap()).unwrap();
    assert!(text.contains("\"dose\":1.50"), "a decimal keeps its digits");
    assert!(!text.contains("\"\"") && !text.contains("[]") && !text.contains("{}"), "{text}");
    let bundle = read(&content);
    assert_eq!(bundle["entry"][1]["resource"]["name"][0]["given"][0], "Leo");
    assert_eq!(bundle["entry"][3]["resource"]["content"][0]["attachment"]["data"], "cGRm");
}

#[test]
fn a_paper_that_may_not_be_saved_is_named_and_not_given_and_what_is_left_out_is_said() {
    let mut content = content(Lang::Es);
    content.left_out = true;
    content.papers[0].content = None;
    content.person = None;
    let bundle = read(&content);
    assert!(bundle["entry"][2]["resource"]["content"][0]["attachment"].get("data").is_none());
    assert!(bundle["entry"][0]["resource"].get("subject").is_none());
    let words = bundle["entry"][0]["resource"]["section"][0]["text"]["div"].as_str().unwrap();
    assert!(words.contains(&content.words.t("shl-newest-only")), "{words}");
}
