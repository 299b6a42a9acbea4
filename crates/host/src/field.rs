//! Reading single fields of a request: ids, words, times and bounded texts, each refused by the field's name.
use crate::{catalogue, reason::Reason, status::Problem};
use chrono::{DateTime, Utc};
use holdfast_proto::Word;
use holdfast_types::IdParseError;
use prost_types::Timestamp;
use std::str::FromStr;

/// An id that must be there.
pub fn id<Id: FromStr<Err = IdParseError>>(field: &str, text: &str) -> Result<Id, Problem> {
    optional_id(field, text)?.ok_or_else(|| missing(field))
}

/// An id that may be absent: empty is none.
pub fn optional_id<Id: FromStr<Err = IdParseError>>(field: &str, text: &str) -> Result<Option<Id>, Problem> {
    match text {
        "" => Ok(None),
        text => text
            .parse()
            .map(Some)
            .map_err(|_| Problem::of_field(catalogue::ID_MALFORMED, field, "expected a UUID")),
    }
}

/// A word of the vocabulary that must be there.
pub fn word<W: Word>(field: &str, number: i32) -> Result<W, Problem> {
    optional_word(field, number)?.ok_or_else(|| missing(field))
}

/// A word of the vocabulary that may be unspecified.
pub fn optional_word<W: Word>(field: &str, number: i32) -> Result<Option<W>, Problem> {
    match (number, W::from_proto(number)) {
        (0, _) => Ok(None),
        (_, Some(word)) => Ok(Some(word)),
        (_, None) => Err(Problem::of_field(catalogue::FIELD_INVALID, field, "not a value of its enum")),
    }
}

/// A list of words, each at most once, with no more than `count_max` entries.
pub fn words<W: Word + PartialEq>(field: &str, numbers: &[i32], count_max: usize) -> Result<Vec<W>, Problem> {
    count(field, numbers.len(), count_max)?;
    let mut words = Vec::new();
    for (index, number) in numbers.iter().enumerate() {
        let word = word(&format!("{field}[{index}]"), *number)?;
        if !words.contains(&word) {
            words.push(word);
        }
    }
    Ok(words)
}

/// Refuses a list that is too long.
pub fn count(field: &str, count: usize, count_max: usize) -> Result<(), Problem> {
    if count > count_max {
        return Err(Problem::of_field(catalogue::TOO_MANY, field, format!("at most {count_max} entries"))
            .with("count_max", count_max));
    }
    Ok(())
}

/// A message that must be there.
pub fn required<T>(field: &str, message: Option<T>) -> Result<T, Problem> {
    message.ok_or_else(|| missing(field))
}

/// A time that may be absent.
pub fn time(field: &str, timestamp: Option<&Timestamp>) -> Result<Option<DateTime<Utc>>, Problem> {
    timestamp
        .map(holdfast_proto::time)
        .transpose()
        .map_err(|_| Problem::of_field(catalogue::DATE_IMPOSSIBLE, field, "outside the years 0001 to 9999"))
}

/// A text of one line: trimmed, without control characters.
pub fn line(
    field: &str,
    text: &str,
    characters_min: usize,
    characters_max: usize,
) -> Result<String, Problem> {
    bounded(field, text, characters_min, characters_max, |character| character.is_control())
}

/// A text of many lines: trimmed, without control characters other than line ends and tabs.
pub fn lines(
    field: &str,
    text: &str,
    characters_min: usize,
    characters_max: usize,
) -> Result<String, Problem> {
    bounded(field, text, characters_min, characters_max, |character| {
        character.is_control() && !matches!(character, '\n' | '\r' | '\t')
    })
}

fn bounded(
    field: &str,
    text: &str,
    characters_min: usize,
    characters_max: usize,
    forbidden: impl Fn(char) -> bool,
) -> Result<String, Problem> {
    let refuse =
        |reason: &'static Reason, description: String| Err(Problem::of_field(reason, field, description));
    let text = text.trim();
    let characters = text.chars().count();
    if characters > characters_max {
        return refuse(catalogue::TEXT_TOO_LONG, format!("at most {characters_max} characters"))
            .map_err(|problem: Problem| problem.with("characters_max", characters_max));
    }
    if characters < characters_min {
        return match characters {
            0 => Err(missing(field)),
            _ => refuse(catalogue::FIELD_INVALID, format!("at least {characters_min} characters")),
        };
    }
    if text.chars().any(forbidden) {
        return refuse(catalogue::FIELD_INVALID, "no control characters".to_owned());
    }
    Ok(text.to_owned())
}

fn missing(field: &str) -> Problem {
    Problem::of_field(catalogue::FIELD_MISSING, field, "must be filled")
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_types::{Category, PatientId};

    fn reason<T: std::fmt::Debug>(result: Result<T, Problem>) -> &'static str {
        result.unwrap_err().reason().name()
    }

    #[test]
    fn an_id_is_a_uuid() {
        let sound = "01890000-0000-7000-8000-000000000001";
        assert_eq!(id::<PatientId>("patient_id", sound).unwrap().to_string(), sound);
        assert_eq!(optional_id::<PatientId>("patient_id", "").unwrap(), None);
        assert_eq!(reason(id::<PatientId>("patient_id", "")), "FIELD_MISSING");
        assert_eq!(reason(id::<PatientId>("patient_id", "seven")), "ID_MALFORMED");
    }

    #[test]
    fn a_word_is_one_of_the_vocabulary() {
        assert_eq!(word::<Category>("category", Category::Notes.to_proto()).unwrap(), Category::Notes);
        assert_eq!(optional_word::<Category>("category", 0).unwrap(), None);
        assert_eq!(reason(word::<Category>("category", 0)), "FIELD_MISSING");
        assert_eq!(reason(word::<Category>("category", 999)), "FIELD_INVALID");
        let twice = [Category::Notes.to_proto(), Category::Notes.to_proto()];
        assert_eq!(words::<Category>("categories", &twice, 30).unwrap(), [Category::Notes]);
        assert_eq!(reason(words::<Category>("categories", &twice, 1)), "TOO_MANY");
        let problem = words::<Category>("categories", &[1, 0], 30).unwrap_err();
        assert!(problem.to_string().contains("categories[1]"));
    }

    #[test]
    fn a_text_is_trimmed_and_counted_in_characters() {
        assert_eq!(line("title", "  Élodie ", 1, 6).unwrap(), "Élodie");
        assert_eq!(reason(line("title", "Élodies", 1, 6)), "TEXT_TOO_LONG");
        assert_eq!(reason(line("title", "   ", 1, 6)), "FIELD_MISSING");
        assert_eq!(reason(line("title", "a", 2, 6)), "FIELD_INVALID");
        assert_eq!(line("title", "", 0, 6).unwrap(), "");
    }

    #[test]
    fn control_characters_are_refused() {
        assert_eq!(reason(line("title", "a\nb", 1, 6)), "FIELD_INVALID");
        assert_eq!(lines("body", "a\nb", 1, 6).unwrap(), "a\nb");
        assert_eq!(reason(lines("body", "a\0b", 1, 6)), "FIELD_INVALID");
    }

    #[test]
    fn a_time_is_one_of_the_calendar() {
        assert_eq!(time("from_time", None).unwrap(), None);
        let endless = Timestamp { seconds: i64::MAX, nanos: 0 };
        assert_eq!(reason(time("from_time", Some(&endless))), "DATE_IMPOSSIBLE");
    }
}
