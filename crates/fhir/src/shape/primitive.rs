//! The primitive types of FHIR R4 and how their values are written.
use crate::error::Problem;
use crate::json::Json;
use crate::time::{DateTimeError, FhirDateTime, Precision, parse_time};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Primitive {
    Boolean,
    Integer,
    UnsignedInt,
    PositiveInt,
    Decimal,
    Text,
    Code,
    Uri,
    Id,
    Date,
    DateTime,
    Instant,
    Time,
    Base64,
    Xhtml,
}

impl Primitive {
    pub(super) fn parse(name: &str) -> Option<Self> {
        Some(match name {
            "boolean" => Self::Boolean,
            "integer" => Self::Integer,
            "unsignedInt" => Self::UnsignedInt,
            "positiveInt" => Self::PositiveInt,
            "decimal" => Self::Decimal,
            "string" | "markdown" => Self::Text,
            "code" => Self::Code,
            "uri" | "url" | "canonical" | "oid" | "uuid" => Self::Uri,
            "id" => Self::Id,
            "date" => Self::Date,
            "dateTime" => Self::DateTime,
            "instant" => Self::Instant,
            "time" => Self::Time,
            "base64Binary" => Self::Base64,
            "xhtml" => Self::Xhtml,
            _ => return None,
        })
    }

    pub(super) fn check(self, value: &Json<'_>) -> Result<(), Problem> {
        let right = match (self, value) {
            (Self::Boolean, Json::Bool(_)) | (Self::Decimal, Json::Number(_)) => true,
            (Self::Integer, Json::Number(text)) => text.parse::<i32>().is_ok(),
            (Self::UnsignedInt, Json::Number(text)) => text.parse::<i32>().is_ok_and(|number| number >= 0),
            (Self::PositiveInt, Json::Number(text)) => text.parse::<i32>().is_ok_and(|number| number > 0),
            (Self::Text, Json::Text(text)) => !text.is_empty(),
            (Self::Code, Json::Text(text)) => is_code(text),
            (Self::Uri, Json::Text(text)) => !text.is_empty() && !text.contains(char::is_whitespace),
            (Self::Id, Json::Text(text)) => is_id(text),
            (Self::Date | Self::DateTime | Self::Instant, Json::Text(text)) => return self.check_date(text),
            (Self::Time, Json::Text(text)) => match parse_time(text) {
                Ok(_) => true,
                Err(DateTimeError::Impossible) => return Err(Problem::DateImpossible),
                Err(DateTimeError::Malformed) => false,
            },
            (Self::Base64, Json::Text(text)) => is_base64(text),
            (Self::Xhtml, Json::Text(text)) => text.trim_start().starts_with("<div"),
            _ => false,
        };
        if right { Ok(()) } else { Err(self.problem()) }
    }

    fn check_date(self, text: &str) -> Result<(), Problem> {
        let read = FhirDateTime::parse(text).map_err(|error| match error {
            DateTimeError::Impossible => Problem::DateImpossible,
            DateTimeError::Malformed => self.problem(),
        })?;
        let timed = read.precision() == Precision::Time;
        match self {
            Self::Date if timed => Err(self.problem()),
            Self::Instant if !timed => Err(self.problem()),
            _ => Ok(()),
        }
    }

    fn problem(self) -> Problem {
        let expected = match self {
            Self::Boolean => "true or false",
            Self::Integer => "a whole number",
            Self::UnsignedInt => "a whole number from 0",
            Self::PositiveInt => "a whole number from 1",
            Self::Decimal => "a number",
            Self::Text => "a text that is not empty",
            Self::Code => "a code without surrounding or doubled spaces",
            Self::Uri => "a URI without spaces",
            Self::Id => "an id of 1 to 64 letters, digits, `-` and `.`",
            Self::Date => "a date such as 2021, 2021-03 or 2021-03-09",
            Self::DateTime => "a date, or a time with its zone such as 2021-03-09T10:00:00Z",
            Self::Instant => "a time with its zone such as 2021-03-09T10:00:00Z",
            Self::Time => "a time of day such as 10:00:00",
            Self::Base64 => "base64",
            Self::Xhtml => "an XHTML div",
        };
        Problem::WrongShape { expected: expected.to_owned() }
    }
}

pub(crate) fn is_id(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.'))
}

fn is_code(text: &str) -> bool {
    !text.is_empty() && text.split(' ').all(|word| !word.is_empty() && !word.contains(char::is_whitespace))
}

/// Spaces and line ends may stand between the characters (R4 2.24.0.1).
fn is_base64(text: &str) -> bool {
    let mut length = 0_usize;
    let mut padding = 0_usize;
    for byte in text.bytes().filter(|byte| !byte.is_ascii_whitespace()) {
        length += 1;
        match byte {
            b'=' => padding += 1,
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'+' | b'/' if padding == 0 => {}
            _ => return false,
        }
    }
    length > 0 && length.is_multiple_of(4) && padding <= 2
}

#[cfg(test)]
mod tests {
    use super::{is_base64, is_code, is_id};

    #[test]
    fn ids_codes_and_base64_have_their_shape() {
        assert!(is_id("a-1.B") && !is_id("") && !is_id("a b") && !is_id("ä") && !is_id(&"x".repeat(65)));
        assert!(is_code("in progress") && !is_code(" a") && !is_code("a  b") && !is_code(""));
        assert!(
            is_base64("QUJD")
                && is_base64("QUI=\nQUI=".get(..4).unwrap())
                && !is_base64("QUJ")
                && !is_base64("Q=JD")
        );
    }
}
