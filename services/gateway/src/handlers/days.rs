//! Days as forms send them, in the time zone that the pages tell.
use chrono::{DateTime, Days, Local, NaiveDate, TimeZone as _, Utc};

/// The first moment of a day. Where a clock is set forward at midnight, the day is taken to begin as in UTC.
pub(super) fn beginning(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(chrono::NaiveTime::MIN);
    Local
        .from_local_datetime(&midnight)
        .earliest()
        .map_or_else(|| midnight.and_utc(), |at| at.with_timezone(&Utc))
}

/// The first moment after a day; none at the end of the calendar.
pub(super) fn end(day: NaiveDate) -> Option<DateTime<Utc>> {
    day.checked_add_days(Days::new(1)).map(beginning)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_ends_where_the_next_begins() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 22).unwrap();
        assert_eq!(end(day), Some(beginning(day.succ_opt().unwrap())));
        assert!(beginning(day) < end(day).unwrap());
        assert_eq!(end(NaiveDate::MAX), None);
    }
}
