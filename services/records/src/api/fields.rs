//! Reading demographics and masks out of requests, each wrong field by its name.
use crate::domain::demographics::{Demographics, Field};
use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use holdfast_host::{Problem, catalogue, field, mask};
use holdfast_proto::records::v1 as pb;
use holdfast_types::PatientId;
use prost_types::FieldMask;
use uuid::Uuid;

const NAME_CHARACTERS_MAX: usize = 100;
const LANGUAGES_MAX: usize = 10;
const IDENTIFIERS_MAX: usize = 20;
const IDENTIFIER_CHARACTERS_MAX: usize = 300;
const GENDERS: &[&str] = &["male", "female", "other", "unknown"];

pub(super) fn demographics(sent: pb::Demographics, now: DateTime<Utc>) -> Result<Demographics, Problem> {
    let line =
        |name: &str, text: &str| field::line(&format!("demographics.{name}"), text, 0, NAME_CHARACTERS_MAX);
    Ok(Demographics {
        family_name: line("family_name", &sent.family_name)?,
        given_name: line("given_name", &sent.given_name)?,
        preferred_name: line("preferred_name", &sent.preferred_name)?,
        birth_date: birth_date(&sent.birth_date, now)?,
        gender: gender(&sent.gender)?,
        address: field::lines("demographics.address", &sent.address, 0, 500)?,
        phone: line("phone", &sent.phone)?,
        email: email(&sent.email)?,
        languages: list("languages", &sent.languages, LANGUAGES_MAX, is_language_tag)?,
        identity_language: line("identity_language", &sent.identity_language)?,
        identifiers: list("identifiers", &sent.identifiers, IDENTIFIERS_MAX, is_identifier)?,
    })
}

/// The fields that a mask means; all of them without one.
pub(super) fn masked(sent: Option<&FieldMask>) -> Result<Vec<Field>, Problem> {
    let known: Vec<&str> = Field::ALL.iter().map(|field| field.path()).collect();
    let paths = mask::paths(sent, &known)?;
    Ok(Field::ALL.iter().copied().filter(|field| paths.contains(&field.path())).collect())
}

/// Ids, each once, in the order sent.
pub(super) fn patients(name: &str, sent: &[String], count_max: usize) -> Result<Vec<PatientId>, Problem> {
    field::count(name, sent.len(), count_max)?;
    let mut ids = Vec::with_capacity(sent.len());
    for (at, text) in sent.iter().enumerate() {
        let id = field::id(&format!("{name}[{at}]"), text)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    Ok(ids)
}

/// A source of a record, whose id is no other thing's.
pub(super) fn source(name: &str, sent: &str) -> Result<Option<Uuid>, Problem> {
    match sent {
        "" => Ok(None),
        sent => sent
            .parse()
            .map(Some)
            .map_err(|_| Problem::of_field(catalogue::ID_MALFORMED, name, "expected a UUID")),
    }
}

fn birth_date(text: &str, now: DateTime<Utc>) -> Result<String, Problem> {
    let text = text.trim();
    if text.is_empty() {
        return Ok(String::new());
    }
    // Somewhere it is tomorrow already.
    let latest = (now + TimeDelta::days(1)).date_naive();
    let written = NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|date| date.to_string() == text);
    match written.filter(|date| *date <= latest) {
        Some(_) => Ok(text.to_owned()),
        None => Err(Problem::of_field(
            catalogue::DATE_IMPOSSIBLE,
            "demographics.birth_date",
            "expected a date that has been, like 2020-03-03",
        )),
    }
}

fn gender(text: &str) -> Result<String, Problem> {
    if text.is_empty() || GENDERS.contains(&text) {
        return Ok(text.to_owned());
    }
    let expected = format!("expected one of {}", GENDERS.join(", "));
    Err(Problem::of_field(catalogue::FIELD_INVALID, "demographics.gender", expected))
}

fn email(text: &str) -> Result<String, Problem> {
    let email = field::line("demographics.email", text, 0, 254)?;
    let plausible = |(name, host): (&str, &str)| !name.is_empty() && !host.is_empty() && !host.contains('@');
    if email.is_empty()
        || (email.split_once('@').is_some_and(plausible) && !email.contains(char::is_whitespace))
    {
        return Ok(email);
    }
    Err(Problem::of_field(catalogue::FIELD_INVALID, "demographics.email", "expected an e-mail address"))
}

fn list(
    name: &str,
    sent: &[String],
    count_max: usize,
    valid: fn(&str) -> bool,
) -> Result<Vec<String>, Problem> {
    let name = format!("demographics.{name}");
    field::count(&name, sent.len(), count_max)?;
    let checked = sent.iter().enumerate().map(|(at, text)| {
        let name = format!("{name}[{at}]");
        let text = field::line(&name, text, 1, IDENTIFIER_CHARACTERS_MAX)?;
        if valid(&text) {
            Ok(text)
        } else {
            Err(Problem::of_field(catalogue::FIELD_INVALID, name, "not well-formed"))
        }
    });
    checked.collect()
}

/// As far as RFC 5646 section 2.1 goes without its registry.
fn is_language_tag(text: &str) -> bool {
    let mut parts = text.split('-');
    let primary = parts
        .next()
        .is_some_and(|part| (2..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphabetic()));
    primary
        && parts.all(|part| {
            (1..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

fn is_identifier(text: &str) -> bool {
    text.split_once('|').is_some_and(|(system, value)| !system.is_empty() && !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_772_452_800, 0).unwrap()
    }

    fn reason(sent: pb::Demographics) -> &'static str {
        demographics(sent, now()).unwrap_err().reason().name()
    }

    #[test]
    fn a_birth_date_is_a_day_that_has_been() {
        let born = |text: &str| pb::Demographics { birth_date: text.into(), ..pb::Demographics::default() };
        assert_eq!(demographics(born("2020-02-29"), now()).unwrap().birth_date, "2020-02-29");
        for wrong in ["2021-02-29", "2020-2-29", "29.02.2020", "2999-01-01", "2020"] {
            assert_eq!(reason(born(wrong)), "DATE_IMPOSSIBLE", "{wrong}");
        }
    }

    #[test]
    fn each_field_is_checked_by_its_name() {
        let sent = pb::Demographics::default;
        assert_eq!(reason(pb::Demographics { gender: "f".into(), ..sent() }), "FIELD_INVALID");
        assert_eq!(reason(pb::Demographics { email: "a b@c".into(), ..sent() }), "FIELD_INVALID");
        assert_eq!(reason(pb::Demographics { languages: vec!["x".into()], ..sent() }), "FIELD_INVALID");
        assert_eq!(reason(pb::Demographics { languages: vec!["en".into(); 11], ..sent() }), "TOO_MANY");
        assert_eq!(reason(pb::Demographics { identifiers: vec!["P-1".into()], ..sent() }), "FIELD_INVALID");
        assert_eq!(reason(pb::Demographics { family_name: "x".repeat(101), ..sent() }), "TEXT_TOO_LONG");
        let fine = pb::Demographics {
            gender: "female".into(),
            email: "june@family.example".into(),
            languages: vec!["zh-Hant-TW".into()],
            identifiers: vec!["https://practice.example|P|1".into()],
            ..sent()
        };
        assert!(demographics(fine, now()).is_ok());
    }

    #[test]
    fn a_mask_names_fields_of_demographics() {
        let mask = |paths: &[&str]| FieldMask { paths: paths.iter().map(ToString::to_string).collect() };
        assert_eq!(masked(Some(&mask(&["phone"]))).unwrap(), [Field::Phone]);
        assert_eq!(masked(None).unwrap(), Field::ALL);
        assert_eq!(masked(Some(&mask(&["patient_id"]))).unwrap_err().reason().name(), "FIELD_MASK_UNKNOWN");
    }
}
