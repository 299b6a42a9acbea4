//! FHIR dates and times: as exact as they were written, from a year to the nanosecond, and always possible ones.
use chrono::{DateTime, FixedOffset, NaiveDate, NaiveTime, TimeZone, Utc};

/// Keeps its text; `earliest` is the first moment it can mean (UTC where it names no zone).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FhirDateTime {
    text: String,
    precision: Precision,
    earliest: DateTime<Utc>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Precision {
    Year,
    Month,
    Day,
    Time,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum DateTimeError {
    #[error("not written as a FHIR date or time")]
    Malformed,
    #[error("no such date or time")]
    Impossible,
}

impl FhirDateTime {
    pub fn parse(text: &str) -> Result<Self, DateTimeError> {
        let (date, time) = text.split_once('T').map_or((text, None), |(date, time)| (date, Some(time)));
        let (day, precision) = parse_date(date)?;
        let Some(time) = time else {
            let earliest = Utc.from_utc_datetime(&day.and_time(NaiveTime::MIN));
            return Ok(Self { text: text.to_owned(), precision, earliest });
        };
        if precision != Precision::Day {
            return Err(DateTimeError::Malformed);
        }
        let (clock, offset) = split_offset(time)?;
        let local = day.and_time(parse_time(clock)?);
        let zoned = offset.from_local_datetime(&local).single().ok_or(DateTimeError::Impossible)?;
        Ok(Self { text: text.to_owned(), precision: Precision::Time, earliest: zoned.with_timezone(&Utc) })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub const fn precision(&self) -> Precision {
        self.precision
    }

    #[must_use]
    pub const fn earliest(&self) -> DateTime<Utc> {
        self.earliest
    }
}

impl std::fmt::Display for FhirDateTime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.text)
    }
}

fn parse_date(text: &str) -> Result<(NaiveDate, Precision), DateTimeError> {
    let mut parts = text.split('-');
    let year = digits(parts.next().unwrap_or_default(), 4)?;
    let month = parts.next().map(|part| digits(part, 2)).transpose()?;
    let day = parts.next().map(|part| digits(part, 2)).transpose()?;
    if parts.next().is_some() {
        return Err(DateTimeError::Malformed);
    }
    let precision = match (month, day) {
        (None, _) => Precision::Year,
        (Some(_), None) => Precision::Month,
        (Some(_), Some(_)) => Precision::Day,
    };
    let date = i32::try_from(year)
        .ok()
        .filter(|year| *year > 0)
        .and_then(|year| NaiveDate::from_ymd_opt(year, month.unwrap_or(1), day.unwrap_or(1)))
        .ok_or(DateTimeError::Impossible)?;
    Ok((date, precision))
}

/// `hh:mm:ss` with an optional fraction; a leap second counts as the second before it.
pub(crate) fn parse_time(text: &str) -> Result<NaiveTime, DateTimeError> {
    let (whole, fraction) =
        text.split_once('.').map_or((text, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut parts = whole.split(':');
    let mut next = || digits(parts.next().unwrap_or_default(), 2);
    let (hour, minute, second) = (next()?, next()?, next()?);
    let nano = match fraction {
        None => 0,
        Some(f) if f.is_empty() || f.len() > 20 || !f.bytes().all(|b| b.is_ascii_digit()) => {
            return Err(DateTimeError::Malformed);
        }
        Some(f) => {
            f.bytes().chain(std::iter::repeat(b'0')).take(9).fold(0, |n, b| n * 10 + u32::from(b - b'0'))
        }
    };
    if parts.next().is_some() {
        return Err(DateTimeError::Malformed);
    }
    let second = if second == 60 { 59 } else { second };
    NaiveTime::from_hms_nano_opt(hour, minute, second, nano).ok_or(DateTimeError::Impossible)
}

fn split_offset(time: &str) -> Result<(&str, FixedOffset), DateTimeError> {
    if let Some(clock) = time.strip_suffix('Z') {
        return FixedOffset::east_opt(0).map(|utc| (clock, utc)).ok_or(DateTimeError::Malformed);
    }
    let at = time.rfind(['+', '-']).ok_or(DateTimeError::Malformed)?;
    let (clock, offset) = time.split_at_checked(at).ok_or(DateTimeError::Malformed)?;
    let sign = if offset.starts_with('-') { -1 } else { 1 };
    let (hours, minutes) =
        offset.trim_start_matches(['+', '-']).split_once(':').ok_or(DateTimeError::Malformed)?;
    let (hours, minutes) = (digits(hours, 2)?, digits(minutes, 2)?);
    if minutes > 59 || hours * 60 + minutes > 14 * 60 {
        return Err(DateTimeError::Impossible);
    }
    let seconds = i32::try_from((hours * 60 + minutes) * 60).map_err(|_| DateTimeError::Impossible)?;
    FixedOffset::east_opt(sign * seconds).map(|offset| (clock, offset)).ok_or(DateTimeError::Impossible)
}

fn digits(text: &str, length: usize) -> Result<u32, DateTimeError> {
    if text.len() != length || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(DateTimeError::Malformed);
    }
    text.parse().map_err(|_| DateTimeError::Malformed)
}

#[cfg(test)]
mod tests {
    use super::{DateTimeError, FhirDateTime, Precision};

    #[test]
    fn a_date_is_as_exact_as_it_was_written() {
        for (text, precision, earliest) in [
            ("2019", Precision::Year, "2019-01-01T00:00:00+00:00"),
            ("2019-04", Precision::Month, "2019-04-01T00:00:00+00:00"),
            ("2020-02-29", Precision::Day, "2020-02-29T00:00:00+00:00"),
            ("2010-09-16T12:21:06+02:00", Precision::Time, "2010-09-16T10:21:06+00:00"),
            ("2010-09-16T12:21:06.190Z", Precision::Time, "2010-09-16T12:21:06.190+00:00"),
            ("2016-12-31T23:59:60Z", Precision::Time, "2016-12-31T23:59:59+00:00"),
        ] {
            let read = FhirDateTime::parse(text).unwrap();
            assert_eq!((read.as_str(), read.precision()), (text, precision));
            assert_eq!(read.earliest().to_rfc3339(), earliest);
        }
    }

    #[test]
    fn impossible_and_malformed_dates_are_told_apart() {
        for text in ["2021-02-30", "2021-13-01", "0000", "2021-01-01T25:00:00Z", "2021-01-01T10:00:00+15:00"]
        {
            assert_eq!(FhirDateTime::parse(text), Err(DateTimeError::Impossible), "{text}");
        }
        for text in [
            "",
            "21",
            "2021-1-1",
            "2021-01-01T10:00:00",
            "2021-01-01T10:00Z",
            "2021-01T10:00:00Z",
            "01/02/2021",
        ] {
            assert_eq!(FhirDateTime::parse(text), Err(DateTimeError::Malformed), "{text}");
        }
    }
}
