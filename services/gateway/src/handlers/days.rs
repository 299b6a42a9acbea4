//! Days as forms send them, in the time zone that the pages tell.
use chrono::{DateTime, Days, Local, NaiveDate, NaiveTime, TimeDelta, TimeZone as _, Utc};

/// What the log tells apart.
pub(super) const MOMENT: TimeDelta = TimeDelta::microseconds(1);

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

/// The day of a moment.
pub(super) fn of(at: DateTime<Utc>) -> NaiveDate {
    at.with_timezone(&Local).date_naive()
}

/// The last moment of a minute. Where the clock is set back the later of both, where it is set forward the minute after the gap.
pub(super) fn minute(day: NaiveDate, clock: NaiveTime) -> Option<DateTime<Utc>> {
    let minute = day.and_time(clock);
    let after_gap = || {
        minute
            .checked_add_signed(TimeDelta::hours(1))
            .and_then(|later| Local.from_local_datetime(&later).earliest())
    };
    let at = Local.from_local_datetime(&minute).latest().or_else(after_gap)?;
    Some(at.with_timezone(&Utc) + TimeDelta::minutes(1) - MOMENT)
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
        let last = NaiveTime::from_hms_opt(23, 59, 0).unwrap();
        assert_eq!(minute(day, last).map(|at| at + MOMENT), end(day));
    }
}
