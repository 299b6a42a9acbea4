//! The small things that pages are made of, ready to be shown.

use std::fmt;

use askama::filters::HtmlSafe;
use chrono::{DateTime, Datelike, FixedOffset, NaiveDate};

use crate::words::{Lang, Words};

/// How a badge or a notice sounds. Never the only sign: the text says the same.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    Good,
    Warn,
    Stop,
    Info,
    Acting,
}

impl fmt::Display for Tone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plain => "plain-tone",
            Self::Good => "good",
            Self::Warn => "warn",
            Self::Stop => "stop",
            Self::Info => "info",
            Self::Acting => "acting",
        })
    }
}

impl HtmlSafe for Tone {}

#[derive(Clone, Debug)]
pub struct Badge {
    pub tone: Tone,
    pub text: String,
}

impl Badge {
    pub fn new(tone: Tone, text: impl Into<String>) -> Self {
        Self { tone, text: text.into() }
    }
}

/// A line on top of the page after an act: what happened, and a way to follow it up.
#[derive(Clone, Debug)]
pub struct Notice {
    pub tone: Tone,
    pub text: String,
    pub link: Option<Link>,
}

#[derive(Clone, Debug)]
pub struct Link {
    pub href: String,
    pub text: String,
}

impl Link {
    pub fn new(href: impl Into<String>, text: impl Into<String>) -> Self {
        Self { href: href.into(), text: text.into() }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    pub name: String,
    pub role: String,
}

impl Person {
    pub fn new(name: impl Into<String>, role: impl Into<String>) -> Self {
        Self { name: name.into(), role: role.into() }
    }
}

/// A labelled value.
#[derive(Clone, Debug)]
pub struct Fact {
    pub label: String,
    pub value: String,
}

impl Fact {
    pub fn new(label: impl Into<String>, value: impl Into<String>) -> Self {
        Self { label: label.into(), value: value.into() }
    }
}

/// One answer to choose.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    pub value: String,
    pub label: String,
    pub hint: String,
    pub chosen: bool,
}

impl Choice {
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into(), ..Self::default() }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    #[must_use]
    pub fn chosen(mut self, chosen: bool) -> Self {
        self.chosen = chosen;
        self
    }
}

/// One line or box to fill in. Its id in the page is its name.
#[derive(Clone, Debug, Default)]
pub struct Field {
    pub name: &'static str,
    pub label: String,
    pub hint: String,
    pub value: String,
    /// What is wrong with it, in the same words as in the summary.
    pub wrong: Option<String>,
    /// The `type` of an input; `textarea` for a box.
    pub kind: &'static str,
    pub autocomplete: &'static str,
    pub size_max: u32,
    pub optional: bool,
}

impl Field {
    pub fn line(name: &'static str, label: impl Into<String>) -> Self {
        Self {
            name,
            label: label.into(),
            kind: "text",
            autocomplete: "off",
            size_max: 200,
            ..Self::default()
        }
    }

    pub fn of(kind: &'static str, name: &'static str, label: impl Into<String>) -> Self {
        Self { kind, ..Self::line(name, label) }
    }

    pub fn text(name: &'static str, label: impl Into<String>) -> Self {
        Self { kind: "textarea", size_max: 8000, ..Self::line(name, label) }
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = hint.into();
        self
    }

    #[must_use]
    pub fn value(mut self, value: impl Into<String>) -> Self {
        self.value = value.into();
        self
    }

    #[must_use]
    pub fn autocomplete(mut self, autocomplete: &'static str) -> Self {
        self.autocomplete = autocomplete;
        self
    }

    #[must_use]
    pub fn wrong(mut self, wrong: impl Into<String>) -> Self {
        self.wrong = Some(wrong.into());
        self
    }

    /// The ids of what explains the field.
    pub fn described_by(&self) -> String {
        let hint = (!self.hint.is_empty()).then(|| format!("{}-hint", self.name));
        let wrong = self.wrong.as_ref().map(|_| format!("{}-wrong", self.name));
        hint.into_iter().chain(wrong).collect::<Vec<_>>().join(" ")
    }

    #[must_use]
    pub fn optional(mut self) -> Self {
        self.optional = true;
        self
    }
}

/// A line of the error summary: the id of the field, and the words that stand beside it.
#[derive(Clone, Debug)]
pub struct Problem {
    pub field: String,
    pub text: String,
}

/// A filter of a list: a code in the address, one of them current.
#[derive(Clone, Debug)]
pub struct Filter {
    pub href: String,
    pub label: String,
    pub current: bool,
}

impl Filter {
    pub fn new(href: impl Into<String>, label: impl Into<String>, current: bool) -> Self {
        Self { href: href.into(), label: label.into(), current }
    }
}

/// Where a list stands: how many are shown, of how many.
#[derive(Clone, Debug, Default)]
pub struct Pager {
    pub shown: usize,
    pub total: usize,
    pub next: Option<String>,
    pub previous: Option<String>,
}

/// A moment or a day, in words and for machines.
#[derive(Clone, Debug)]
pub struct When {
    pub iso: String,
    pub text: String,
}

impl When {
    /// "today 5:10 pm", "Tue, Nov 24, 3:30 pm", "Nov 24, 2025, 3:30 pm".
    pub fn moment(words: Words, at: DateTime<FixedOffset>, now: DateTime<FixedOffset>) -> Self {
        let at = at.with_timezone(now.offset());
        let clock = at.format("%-I:%M %P").to_string();
        let text = if at.date_naive() == now.date_naive() {
            format!("{} {clock}", words.t("date-today"))
        } else {
            format!("{}, {clock}", day_text(words, at.date_naive(), now.date_naive()))
        };
        Self { iso: at.to_rfc3339(), text }
    }

    pub fn day(words: Words, day: NaiveDate, today: NaiveDate) -> Self {
        Self { iso: day.to_string(), text: day_text(words, day, today) }
    }
}

/// The weekday helps only near its time; another year needs the year instead.
fn day_text(words: Words, day: NaiveDate, today: NaiveDate) -> String {
    let weekday = words.t("date-weekdays");
    let weekday =
        weekday.split(' ').nth(day.weekday().num_days_from_monday() as usize).unwrap_or_default().to_owned();
    let months = words.t("date-months");
    let month = months.split(' ').nth(day.month0() as usize).unwrap_or_default().to_owned();
    let (number, year) = (day.day(), day.year());
    match (words.lang, year == today.year()) {
        (Lang::En | Lang::Turned, true) => format!("{weekday}, {month} {number}"),
        (Lang::En | Lang::Turned, false) => format!("{month} {number}, {year}"),
        (Lang::Es, true) => format!("{weekday} {number} {month}"),
        (Lang::Es, false) => format!("{number} {month} {year}"),
    }
}

impl fmt::Display for When {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Both texts are made here out of digits and our own words.
        write!(f, "<time datetime=\"{}\">{}</time>", self.iso, self.text)
    }
}

impl HtmlSafe for When {}

macro_rules! icons {
    ($($icon:ident => $file:literal),* $(,)?) => {
        /// A drawing beside words; hidden from screen readers.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Icon { $($icon),* }

        impl fmt::Display for Icon {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self {
                    $(Self::$icon => include_str!(concat!("../../../../web/templates/icons/", $file, ".svg")).trim_ascii_end()),*
                })
            }
        }
    };
}

icons! {
    Home => "home", Record => "record", Papers => "papers", Messages => "messages", Sharing => "sharing", Eye => "eye",
    People => "people", Me => "me", Work => "work", Search => "search", Pen => "pen", Stop => "stop", Alert => "alert",
    Heart => "heart", Pill => "pill", Chart => "chart", Shield => "shield", Goal => "goal", Card => "card", Plus => "plus",
}

impl HtmlSafe for Icon {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_said_as_people_say_it() {
        let now = DateTime::parse_from_rfc3339("2026-11-22T18:00:00-05:00").unwrap();
        let say = |lang, at: &str| {
            When::moment(Words::new(lang), DateTime::parse_from_rfc3339(at).unwrap(), now).text
        };
        assert_eq!(say(Lang::En, "2026-11-22T22:10:00Z"), "today 5:10 pm");
        assert_eq!(say(Lang::En, "2026-11-24T15:30:00-05:00"), "Tue, Nov 24, 3:30 pm");
        assert_eq!(say(Lang::Es, "2026-11-24T15:30:00-05:00"), "mar 24 nov, 3:30 pm");
        assert_eq!(say(Lang::En, "2025-01-04T09:00:00-05:00"), "Jan 4, 2025, 9:00 am");
    }
}
