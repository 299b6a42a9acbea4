//! By what right somebody did something: which rules permitted it, and on which grants they rested.
use holdfast_types::GrantId;
use std::{fmt, str::FromStr, sync::Arc};

const GRANT: &str = "grant/";

/// `<rule> … grant/<uuid>@<revision> …`: at least one rule, by its id. Cheap to clone: thousands of events may share one.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Right(Arc<str>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not a right: expected `<rule> … grant/<uuid>@<revision> …`")]
pub struct RightError;

impl Right {
    /// None where no rule was asked.
    pub fn of<'a>(
        rules: impl IntoIterator<Item = &'a str>,
        grants: impl IntoIterator<Item = (GrantId, u64)>,
    ) -> Option<Self> {
        let mut words: Vec<String> = rules.into_iter().map(str::to_owned).collect();
        if words.is_empty() {
            return None;
        }
        words.extend(grants.into_iter().map(|(grant, revision)| format!("{GRANT}{grant}@{revision}")));
        Some(Self(words.join(" ").into()))
    }

    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub fn rules(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|word| !word.starts_with(GRANT))
    }

    /// With the revision at which each was decided by.
    pub fn grants(&self) -> impl Iterator<Item = (GrantId, u64)> {
        self.0.split(' ').filter_map(grant)
    }
}

fn grant(word: &str) -> Option<(GrantId, u64)> {
    let (id, revision) = word.strip_prefix(GRANT)?.split_once('@')?;
    Some((id.parse().ok()?, revision.parse().ok()?))
}

impl fmt::Display for Right {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Right {
    type Err = RightError;

    /// Each right has one spelling: what is read is written the same.
    fn from_str(text: &str) -> Result<Self, RightError> {
        let mut words = text.split(' ').skip_while(|word| !word.starts_with(GRANT));
        if !words.all(|word| grant(word).is_some()) {
            return Err(RightError);
        }
        let read = Self(text.into());
        let again = Self::of(read.rules(), read.grants());
        let holds = again.as_ref() == Some(&read) && read.rules().all(|rule| !rule.is_empty());
        if holds { Ok(read) } else { Err(RightError) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use uuid::Uuid;

    #[test]
    fn a_right_is_read_as_it_was_written() {
        let grants = [(GrantId::new(Uuid::from_u128(1)), 2), (GrantId::new(Uuid::from_u128(3)), 4)];
        let right = Right::of(["granted-to-account", "emergency-access"], grants).unwrap();
        assert_eq!(
            right.as_str(),
            "granted-to-account emergency-access grant/00000000-0000-0000-0000-000000000001@2 \
             grant/00000000-0000-0000-0000-000000000003@4"
        );
        assert_eq!(right.as_str().parse(), Ok(right.clone()));
        assert_eq!(right.rules().collect::<Vec<_>>(), ["granted-to-account", "emergency-access"]);
        assert_eq!(right.grants().collect::<Vec<_>>(), grants);
        assert_eq!(Right::of([], grants), None, "a grant alone permits nothing");
    }

    #[test]
    fn what_is_no_right_is_not_taken_for_one() {
        let id = Uuid::from_u128(1);
        for text in [
            String::new(),
            " ".to_owned(),
            format!("grant/{id}@1"),
            "parent-holds-record ".to_owned(),
            "parent grant/1@1".to_owned(),
            format!("parent grant/{id}"),
            format!("parent grant/{id}@01"),
            format!("parent grant/{}@1", id.simple()),
            format!("parent grant/{id}@1 child"),
        ] {
            assert_eq!(text.parse::<Right>(), Err(RightError), "{text}");
        }
    }
}
