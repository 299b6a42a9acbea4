//! The rules by state, kind of service and age, as a table that a person can read: `rules.txt`, and further rows of a network.
use chrono::{DateTime, Months, NaiveDate, NaiveTime, Utc};
use holdfast_types::Category;
use std::{
    collections::{BTreeMap, BTreeSet},
    str::FromStr,
};

const TABLE: &str = include_str!("rules.txt");
const AGE_MAX: u32 = 30;

/// How far the rooms are the person's from an age on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Persons {
    Reads,
    Decides,
}

/// What becomes of parents, and of whoever acts in their place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Parents {
    Keep,
    Closed,
    /// The person is of age.
    End,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    /// `*`: every state.
    state: String,
    rooms: BTreeSet<Category>,
    pub(super) age: u32,
    pub(super) persons: Persons,
    pub(super) parents: Parents,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    kinds: BTreeMap<String, BTreeSet<Category>>,
    rows: Vec<Row>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line} of the rules of authority says no rule")]
pub struct RulesError {
    line: usize,
}

impl Rules {
    /// Those of the table.
    pub fn of_the_table() -> Result<Self, RulesError> {
        Self::default().with(TABLE, true)
    }

    /// And those of a network, which says nothing of majority: a later one would leave more to parents.
    pub fn and(self, text: &str) -> Result<Self, RulesError> {
        self.with(text, false)
    }

    fn with(mut self, text: &str, ends: bool) -> Result<Self, RulesError> {
        for (number, line) in text.lines().enumerate() {
            let fields: Vec<&str> = line.split('|').map(str::trim).collect();
            let read = match fields.as_slice() {
                [""] => Some(()),
                [comment] if comment.starts_with('#') => Some(()),
                ["kind", kind, rooms] => self.name(kind, rooms),
                [state, kind, age, persons, parents, "statute" | "practice", source]
                    if !source.is_empty() && (ends || *parents != "end") =>
                {
                    self.add(state, kind, age, persons, parents)
                }
                _ if line.starts_with('#') => Some(()),
                _ => None,
            };
            read.ok_or(RulesError { line: number + 1 })?;
        }
        Ok(self)
    }

    fn name(&mut self, kind: &str, rooms: &str) -> Option<()> {
        let rooms = match rooms {
            "*" => Category::ALL.iter().copied().collect(),
            words => words
                .split(',')
                .map(|word| Category::from_str(word.trim()).ok())
                .collect::<Option<BTreeSet<_>>>()?,
        };
        self.kinds.insert(kind.to_owned(), rooms).is_none().then_some(())
    }

    fn add(&mut self, state: &str, kind: &str, age: &str, persons: &str, parents: &str) -> Option<()> {
        let parents = match parents {
            "keep" => Parents::Keep,
            "closed" => Parents::Closed,
            "end" => Parents::End,
            _ => return None,
        };
        let persons = match persons {
            "reads" => Persons::Reads,
            "decides" => Persons::Decides,
            _ => return None,
        };
        let age = age.parse().ok().filter(|age| *age <= AGE_MAX)?;
        let rooms = self.kinds.get(kind)?.clone();
        // Majority is of the whole record, and nobody is of age who does not decide.
        let whole = rooms.len() == Category::ALL.len() && persons == Persons::Decides;
        let fits = state == "*" || is_state(state);
        let row = Row { state: state.to_owned(), rooms, age, persons, parents };
        (fits && (parents != Parents::End || whole)).then(|| self.rows.push(row))
    }

    /// Rows that speak of a room while the person is a minor.
    pub(super) fn of_minors(&self, state: &str, room: Category) -> impl Iterator<Item = &Row> {
        let speaks = move |row: &&Row| row.is_of(state) && row.rooms.contains(&room);
        self.rows.iter().filter(|row| row.parents != Parents::End).filter(speaks)
    }

    /// Years; the state's own word before that for all.
    pub(super) fn majority(&self, state: &str) -> Option<u32> {
        let ends = || self.rows.iter().filter(|row| row.parents == Parents::End);
        let own = ends().filter(|row| row.state == state).map(|row| row.age).max();
        own.or_else(|| ends().filter(|row| row.state == "*").map(|row| row.age).max())
    }

    /// Every age at which something may change.
    pub(super) fn ages(&self, state: &str) -> BTreeSet<u32> {
        let of_minors = self.rows.iter().filter(|row| row.is_of(state) && row.parents != Parents::End);
        of_minors.map(|row| row.age).chain(self.majority(state)).collect()
    }
}

impl Row {
    fn is_of(&self, state: &str) -> bool {
        self.state == "*" || self.state == state
    }
}

/// ISO 3166-2 of the United States: `US-CA`.
pub fn is_state(state: &str) -> bool {
    let letters = state.strip_prefix("US-").unwrap_or_default();
    letters.len() == 2 && letters.bytes().all(|byte| byte.is_ascii_uppercase())
}

/// The beginning of a birthday, in UTC: west of Greenwich, where the states of the table lie, the day begins later, so that what closes is
/// closed some hours early and never late. Who is born on a 29th of February has their birthday on the 28th where there is none: early, too.
pub(super) fn birthday(born: NaiveDate, age: u32) -> DateTime<Utc> {
    let day = born.checked_add_months(Months::new(age.saturating_mul(12))).unwrap_or(NaiveDate::MAX);
    day.and_time(NaiveTime::MIN).and_utc()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_read_and_every_row_names_its_source() {
        let rules = Rules::of_the_table().unwrap();
        assert_eq!(
            rules.rows.len(),
            TABLE
                .lines()
                .filter(|line| line.ends_with(char::is_alphanumeric)
                    && line.matches('|').count() == 6
                    && !line.starts_with('#'))
                .count()
        );
        assert_eq!(
            ["", "US-CA", "US-AL", "US-NE", "US-MS"].map(|state| rules.majority(state)),
            [18, 18, 19, 19, 21].map(Some)
        );
    }

    #[test]
    fn a_line_that_says_no_rule_is_named() {
        let rules = Rules::of_the_table().unwrap();
        for wrong in [
            "US-CA | counselling | 12 | decides | closed | statute |",
            "US-CA | counselling | twelve | decides | closed | statute | a code",
            "US-CA | weather | 12 | decides | closed | statute | a code",
            "US-CA | counselling | 12 | decides | closed | hearsay | a code",
            "California | counselling | 12 | decides | closed | statute | a code",
            "US-CA | counselling | 12 | decides | end | statute | a code",
            "US-CA | everything | 19 | decides | end | statute | a code",
            "kind | weather | rain",
            "kind | portal | notes",
            "US-CA",
        ] {
            assert_eq!(rules.clone().and(&format!("\n{wrong}")), Err(RulesError { line: 2 }), "{wrong}");
        }
        let more = rules.clone().and("US-WA | counselling | 13 | decides | closed | statute | RCW 71.34.530");
        assert_eq!(more.unwrap().rows.len(), rules.rows.len() + 1);
    }

    #[test]
    fn a_birthday_begins_at_midnight_and_a_leap_day_has_one_every_year() {
        let at = |born: &str, age| birthday(born.parse().unwrap(), age).to_rfc3339();
        assert_eq!(at("2014-03-02", 12), "2026-03-02T00:00:00+00:00");
        assert_eq!(at("2012-02-29", 14), "2026-02-28T00:00:00+00:00");
        assert_eq!(at("2012-02-29", 16), "2028-02-29T00:00:00+00:00");
    }
}
