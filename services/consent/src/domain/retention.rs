//! How long a record must be kept, as rules that the installation states: laws differ by state, and change.
use super::{authority::Person, erasure::Retained};
use chrono::{Months, NaiveDate};
use std::{collections::BTreeMap, fmt, str::FromStr};

const NAME_CHARACTERS_MAX: usize = 40;
const RULES_MAX: usize = 100;
/// Longer than any law asks for, and within the calendar.
const YEARS_MAX: u32 = 200;

/// One law's answer, in whole years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rule {
    pub after_last_service_years: u32,
    pub majority_age_years: u32,
    /// For who was a minor at the last service: also that long after majority.
    pub after_majority_years: u32,
}

impl Rule {
    /// The last day of whichever period ends later.
    pub fn until(&self, born: NaiveDate, last_served: NaiveDate) -> NaiveDate {
        let after_service = later(last_served, self.after_last_service_years);
        let majority = later(born, self.majority_age_years);
        if last_served < majority {
            after_service.max(later(majority, self.after_majority_years))
        } else {
            after_service
        }
    }
}

/// What lies beyond the calendar never comes.
fn later(date: NaiveDate, years: u32) -> NaiveDate {
    date.checked_add_months(Months::new(years.saturating_mul(12))).unwrap_or(NaiveDate::MAX)
}

/// The stated rules by their names, e.g. `US-NJ=7/18/5,US-NY=6/18/1`: years after the last service, age of majority, years after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules(BTreeMap<String, Rule>);

impl Rules {
    pub fn named(&self, name: &str) -> Option<Rule> {
        self.0.get(name).copied()
    }

    /// By the rule that is named and the days that are stated with it. Where the person's birth is known, by that as well, and by the
    /// rule that is stated under the name of the state they live in: whichever keeps the record longest counts.
    pub fn retained(
        &self,
        (name, rule): (&str, Rule),
        born: NaiveDate,
        last_served: NaiveDate,
        known: Option<&Person>,
    ) -> Retained {
        let by = |name: &str, rule: Rule, born| Retained {
            rule: name.to_owned(),
            until: rule.until(born, last_served),
        };
        let stated = by(name, rule, born);
        let Some(Person { born, state }) = known else { return stated };
        let of_state = self.named(state).map(|rule| by(state, rule, *born));
        let others = [Some(by(name, rule, *born)), of_state].into_iter().flatten();
        others.fold(stated, |longest, other| if other.until > longest.until { other } else { longest })
    }

    /// In alphabetical order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }
}

/// 42 CFR 438.3(u) asks ten years of those who serve Medicaid; a minor's record is kept as long after majority.
impl Default for Rules {
    fn default() -> Self {
        let rule = Rule { after_last_service_years: 10, majority_age_years: 18, after_majority_years: 10 };
        Self(BTreeMap::from([("default".to_owned(), rule)]))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "expected rules like `US-NJ=7/18/5`, each name once, at most {RULES_MAX}, no more than {YEARS_MAX} years"
)]
pub struct RulesError;

impl FromStr for Rules {
    type Err = RulesError;

    fn from_str(text: &str) -> Result<Self, RulesError> {
        let mut rules = BTreeMap::new();
        for stated in text.split(',') {
            let (name, years) = stated.trim().split_once('=').ok_or(RulesError)?;
            let years: Vec<u32> = years
                .split('/')
                .map(|years| years.parse().ok().filter(|years| *years <= YEARS_MAX))
                .collect::<Option<_>>()
                .ok_or(RulesError)?;
            let &[after_last_service_years, majority_age_years, after_majority_years] = years.as_slice()
            else {
                return Err(RulesError);
            };
            let named = (1..=NAME_CHARACTERS_MAX).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
            let rule = Rule { after_last_service_years, majority_age_years, after_majority_years };
            if !named || rules.insert(name.to_owned(), rule).is_some() || rules.len() > RULES_MAX {
                return Err(RulesError);
            }
        }
        Ok(Self(rules))
    }
}

impl fmt::Display for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, rule)) in self.0.iter().enumerate() {
            let Rule { after_last_service_years: kept, majority_age_years: age, after_majority_years: more } =
                rule;
            let comma = if index == 0 { "" } else { "," };
            write!(f, "{comma}{name}={kept}/{age}/{more}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: Rule = Rule { after_last_service_years: 7, majority_age_years: 18, after_majority_years: 5 };

    fn day(text: &str) -> NaiveDate {
        text.parse().unwrap()
    }

    #[test]
    fn an_adults_record_is_kept_from_the_last_service_on() {
        assert_eq!(RULE.until(day("1980-05-05"), day("2019-03-02")), day("2026-03-02"));
        assert_eq!(RULE.until(day("2001-03-02"), day("2019-03-02")), day("2026-03-02"), "of age that day");
    }

    #[test]
    fn a_minors_record_is_kept_for_years_after_majority_too() {
        assert_eq!(RULE.until(day("2010-06-15"), day("2015-01-01")), day("2033-06-15"));
        assert_eq!(RULE.until(day("2001-03-03"), day("2019-03-02")), day("2026-03-02"), "the later of both");
        let born_on_a_leap_day = RULE.until(day("2012-02-29"), day("2015-01-01"));
        assert_eq!(born_on_a_leap_day, day("2035-02-28"));
    }

    #[test]
    fn what_no_calendar_holds_is_kept_for_ever() {
        assert_eq!(RULE.until(NaiveDate::MAX, NaiveDate::MAX), NaiveDate::MAX);
    }

    #[test]
    fn what_is_known_of_the_person_counts_where_it_keeps_the_record_longer() {
        let rules: Rules = "US-NJ=7/18/5,US-NY=6/18/1,default=3/18/0".parse().unwrap();
        let default = ("default", rules.named("default").unwrap());
        let known = |born: &str, state: &str| Person { born: day(born), state: state.to_owned() };
        let retained = |known: Option<Person>| {
            let Retained { rule, until } =
                rules.retained(default, day("1980-05-05"), day("2020-01-01"), known.as_ref());
            (rule, until.to_string())
        };
        let is = |rule: &str, until: &str| (rule.to_owned(), until.to_owned());
        assert_eq!(retained(None), is("default", "2023-01-01"));
        assert_eq!(retained(Some(known("2015-06-15", ""))), is("default", "2033-06-15"), "a child");
        assert_eq!(retained(Some(known("2015-06-15", "US-NJ"))), is("US-NJ", "2038-06-15"));
        assert_eq!(retained(Some(known("1980-05-05", "US-NY"))), is("US-NY", "2026-01-01"), "of age");
        assert_eq!(retained(Some(known("1980-05-05", "US-PA"))), is("default", "2023-01-01"));
    }

    #[test]
    fn rules_are_stated_in_one_line_and_read_back() {
        let rules: Rules = "US-NY=6/18/1, US-NJ=7/18/5".parse().unwrap();
        assert_eq!(rules.to_string(), "US-NJ=7/18/5,US-NY=6/18/1");
        assert_eq!(rules.named("US-NJ"), Some(RULE));
        assert_eq!(rules.named("US-PA"), None);
        assert_eq!(Rules::default().to_string().parse(), Ok(Rules::default()));
    }

    #[test]
    fn a_rule_that_is_not_whole_is_not_taken() {
        for wrong in [
            "",
            "US-NJ",
            "US-NJ=7/18",
            "US-NJ=7/18/5/1",
            "=7/18/5",
            "US NJ=7/18/5",
            "a=7/18/201",
            "a=1/1/1,a=1/1/1",
        ] {
            assert_eq!(wrong.parse::<Rules>(), Err(RulesError), "{wrong}");
        }
    }
}
