//! Days as people type them.
use crate::{pages::parts::When, words::Words};
use chrono::{DateTime, Datelike as _, FixedOffset, NaiveDate, Timelike as _};

/// Between the first and the last moment of a span.
const BETWEEN: &str = " – ";

/// "3 3 2020", "3/3/2020" (month, day, year) or "2020-03-03".
pub fn typed(text: &str) -> Option<NaiveDate> {
    let parts: Vec<&str> = text.split([' ', '/', '-', '.', ',']).filter(|part| !part.is_empty()).collect();
    let number = |part: &str| (part.len() <= 4).then(|| part.parse::<u32>().ok()).flatten();
    match parts.as_slice() {
        [year, month, day] if year.len() == 4 => {
            NaiveDate::from_ymd_opt(i32::try_from(number(year)?).ok()?, number(month)?, number(day)?)
        }
        [month, day, year] if year.len() == 4 => {
            NaiveDate::from_ymd_opt(i32::try_from(number(year)?).ok()?, number(month)?, number(day)?)
        }
        _ => None,
    }
}

/// "3 3 2020", as the form asks for it.
pub fn written(day: NaiveDate) -> String {
    format!("{} {} {}", day.month(), day.day(), day.year())
}

/// Whole years from a birth date.
pub fn years(birth: NaiveDate, today: NaiveDate) -> u32 {
    today.years_since(birth).unwrap_or_default()
}

/// A day, a moment or a span as a source writes it, in words; anything else as it stands.
pub fn said(words: Words, text: &str, now: DateTime<FixedOffset>) -> String {
    let one = |text: &str| {
        let moment = || DateTime::parse_from_rfc3339(text).ok().map(|at| When::moment(words, at, now));
        let day = || text.parse().ok().map(|day| When::day(words, day, now.date_naive()));
        moment().or_else(day).map(|when| when.text)
    };
    let ends: Option<Vec<String>> = text.split(BETWEEN).map(|end| one(end.trim())).collect();
    ends.map_or_else(|| text.to_owned(), |ends| ends.join(BETWEEN))
}

/// The greeting's key at an hour.
pub fn greeting(now: DateTime<FixedOffset>) -> &'static str {
    match now.hour() {
        4..12 => "home-morning",
        12..18 => "home-afternoon",
        _ => "home-evening",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    #[test]
    fn a_day_is_understood_as_it_is_typed() {
        let day = NaiveDate::from_ymd_opt(2020, 3, 9);
        for text in ["3 9 2020", "03/09/2020", "2020-03-09", " 3, 9, 2020 "] {
            assert_eq!(typed(text), day, "{text}");
        }
        for text in ["the third", "", "13 1 2020", "2 30 2020", "3 9 20", "3 9", "1 2 3 2020", "99999 1 2020"]
        {
            assert_eq!(typed(text), None, "{text}");
        }
        assert_eq!(written(day.unwrap()), "3 9 2020");
    }

    #[test]
    fn what_a_source_wrote_for_machines_is_said_for_people() {
        let now = DateTime::parse_from_rfc3339("2026-11-22T18:00:00-05:00").unwrap();
        let says = |lang, text: &str| said(Words::new(lang), text, now);
        assert_eq!(says(Lang::En, "2021-06-02T22:05:30.123Z"), "Jun 2, 2021, 5:05 pm");
        assert_eq!(says(Lang::Es, "2021-06-02"), "2 jun 2021");
        assert_eq!(says(Lang::En, "2021-06-02 – 2026-11-22T10:00:00-05:00"), "Jun 2, 2021 – today 10:00 am");
        for text in ["2021", "7 of 10", "2021-06-02 or so", "a – b", "", "until 2021-06-02"] {
            assert_eq!(says(Lang::En, text), text);
        }
    }

    #[test]
    fn nobody_is_older_than_they_are() {
        let day = |text: &str| text.parse().unwrap();
        assert_eq!(years(day("2020-03-03"), day("2026-03-02")), 5);
        assert_eq!(years(day("2020-03-03"), day("2026-03-03")), 6);
        assert_eq!(years(day("2030-03-03"), day("2026-03-03")), 0);
    }
}
