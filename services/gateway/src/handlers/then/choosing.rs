//! Which moment: a day and a time that have been, and by which of its times the record is looked at.
use super::{address, days, walk::walk};
use crate::{
    dates,
    failure::{Answer, Failure},
    form::Fields,
    moment::{Moment, Way},
    pages::{
        Tab,
        parts::{Choice, Field, Link, Problem},
        sharing::Question,
        show, show_as, then,
    },
    shelf::Open,
};
use axum::response::{IntoResponse as _, Redirect};
use chrono::{DateTime, NaiveTime, Utc};
use http::StatusCode;

pub(super) async fn page(open: Open) -> Answer {
    Ok(show(&drawn(&open, &Fields::default(), None).await?))
}

pub(super) async fn choose(open: Open, fields: Fields) -> Answer {
    match chosen(&open, &fields) {
        Ok(moment) => Ok(Redirect::to(&address(&open, moment)).into_response()),
        Err(wrong) => {
            Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &drawn(&open, &fields, Some(wrong)).await?))
        }
    }
}

/// The field and the key of what can be put right.
pub(in crate::handlers) type Wrong = (&'static str, &'static str);

fn chosen(open: &Open, fields: &Fields) -> Result<Moment, Wrong> {
    let at = typed(fields.one("date"), fields.one("time"), open.now())?;
    let way = Way::of(fields.one("way")).unwrap_or(Way::Known);
    let known_at = known_at(fields.one("known-date"), fields.one("known-time"), way, open.now())?;
    Ok(Moment { way, known_at, ..Moment::known(at) })
}

/// When that was known which had happened, if that is asked.
fn known_at(date: &str, clock: &str, way: Way, now: DateTime<Utc>) -> Result<Option<DateTime<Utc>>, Wrong> {
    if date.is_empty() && clock.is_empty() {
        return Ok(None);
    }
    if way == Way::Known {
        return Err(("known-date", "then-known-day-alone"));
    }
    let at = typed(date, clock, now);
    at.map(Some).map_err(|(field, key)| (if field == "date" { "known-date" } else { "known-time" }, key))
}

/// The last moment of the minute that is meant, or of the day.
pub(in crate::handlers) fn typed(
    date: &str,
    clock: &str,
    now: DateTime<Utc>,
) -> Result<DateTime<Utc>, Wrong> {
    let day = dates::typed(date).filter(|day| days::beginning(*day) <= now);
    let day = day.ok_or(("date", "then-day-wrong"))?;
    if clock.is_empty() {
        let end = days::end(day).ok_or(("date", "then-day-wrong"))?;
        return Ok((end - days::MOMENT).min(now));
    }
    let minute = time_of_day(clock).and_then(|clock| days::minute(day, clock));
    // The minute that is not over yet counts up to now.
    let minute = minute.filter(|end| *end - chrono::TimeDelta::minutes(1) < now);
    Ok(minute.ok_or(("time", "then-time-wrong"))?.min(now))
}

/// "15:30", as a browser sends it, or "3:30 pm".
fn time_of_day(text: &str) -> Option<NaiveTime> {
    let text = text.to_ascii_lowercase().replace(['.', ' '], "");
    ["%H:%M", "%H:%M:%S", "%I:%M%p"].iter().find_map(|form| NaiveTime::parse_from_str(&text, form).ok())
}

async fn drawn(open: &Open, fields: &Fields, wrong: Option<Wrong>) -> Result<then::Choose, Failure> {
    let words = open.words();
    let newest = walk(open, None, "").await?.place.step.map(|at| {
        let link = Link::new(address(open, Moment::known(at)), words.t("then-newest-open"));
        (link, open.moment(at))
    });
    let dress = |field: Field| {
        let value = fields.one(field.name).to_owned();
        match wrong.filter(|(name, _)| *name == field.name) {
            Some((_, key)) => field.value(value).wrong(words.t(key)),
            None => field.value(value),
        }
    };
    let current = Way::of(fields.one("way")).unwrap_or(Way::Known);
    let way = |way: Way| {
        let key = format!("then-way-{}", way.code());
        let hint = words.t(&format!("{key}-hint"));
        Choice::new(way.code(), words.t(&key)).hint(hint).chosen(way == current)
    };
    Ok(then::Choose {
        form: then::MomentForm {
            path: open.path("/then"),
            date: dress(Field::of("date", "date", words.t("then-day"))),
            time: dress(Field::of("time", "time", words.t("then-time")).hint(words.t("then-time-hint")))
                .optional(),
            known_date: dress(known_field(open, "date", "known-date").hint(words.t("then-known-day-hint"))),
            known_time: dress(known_field(open, "time", "known-time").hint(words.t("then-time-hint"))),
            way: Question {
                name: "way",
                legend: words.t("then-way"),
                hint: String::new(),
                many: false,
                choices: Way::ALL.map(way).into(),
            },
        },
        problems: wrong
            .map(|(field, key)| Problem { field: field.to_owned(), text: words.t(key) })
            .into_iter()
            .collect(),
        newest,
        may_import: open.is_held(),
        frame: open.frame(Tab::Record).await,
    })
}

fn known_field(open: &Open, kind: &'static str, name: &'static str) -> Field {
    let key = if kind == "date" { "then-known-day" } else { "then-known-time" };
    Field::of(kind, name, open.words().t(key)).optional()
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{Local, TimeZone as _};

    #[test]
    fn a_time_of_day_is_understood_as_it_is_typed() {
        let half_past_three = NaiveTime::from_hms_opt(15, 30, 0);
        for text in ["15:30", "3:30 pm", "03:30PM", "3:30 p.m.", "15:30:00"] {
            assert_eq!(time_of_day(text), half_past_three, "{text}");
        }
        for text in ["25:00", "noon", "3", "15:30 h"] {
            assert_eq!(time_of_day(text), None, "{text}");
        }
    }

    #[test]
    fn what_is_chosen_has_been_and_holds_the_whole_of_its_minute_or_day() {
        let local = |hour, minute| {
            Local.with_ymd_and_hms(2026, 11, 22, hour, minute, 20).unwrap().with_timezone(&Utc)
        };
        let now = local(15, 30);
        let at = |date, clock| typed(date, clock, now);
        assert_eq!(
            at("2026-11-22", "15:29"),
            Ok(local(15, 29) + chrono::TimeDelta::seconds(40) - days::MOMENT)
        );
        assert_eq!(at("2026-11-22", "15:30"), Ok(now), "this minute is not over");
        assert_eq!(at("2026-11-22", ""), Ok(now), "nor is this day");
        assert_eq!(
            at("11 21 2026", "").map(|at| at + days::MOMENT),
            Ok(days::beginning("2026-11-22".parse().unwrap()))
        );
        assert_eq!(at("2026-11-22", "15:31"), Err(("time", "then-time-wrong")));
        assert_eq!(at("2026-11-22", "later"), Err(("time", "then-time-wrong")));
        assert_eq!(at("2026-11-23", ""), Err(("date", "then-day-wrong")));
        assert_eq!(at("", "15:30"), Err(("date", "then-day-wrong")));

        let known = |date, clock, way| known_at(date, clock, way, now);
        assert_eq!(known("", "", Way::Known), Ok(None));
        assert_eq!(known("", "", Way::Happened), Ok(None));
        assert_eq!(known("2026-11-22", "15:30", Way::Happened), Ok(Some(now)));
        assert_eq!(known("2026-11-23", "", Way::Happened), Err(("known-date", "then-day-wrong")));
        assert_eq!(known("2026-11-22", "15:31", Way::Happened), Err(("known-time", "then-time-wrong")));
        assert_eq!(known("2026-11-22", "", Way::Known), Err(("known-date", "then-known-day-alone")));
    }
}
