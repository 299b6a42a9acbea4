//! What part of its categories a grant may share.
use super::Refusal;
use holdfast_types::{Action, Category, Narrowing};

/// Single things that one grant names.
pub(super) const ITEMS_MAX: usize = 50;
/// Authors whom one grant names.
pub(super) const AUTHORS_MAX: usize = 20;

/// None where all of the categories are meant. What is named twice counts once.
pub(super) fn part(
    narrowing: Option<Narrowing>,
    categories: &[Category],
    actions: &[Action],
) -> Result<Option<Narrowing>, Refusal> {
    let Some(mut part) = narrowing.filter(|narrowing| !narrowing.says_nothing()) else { return Ok(None) };
    part.items.sort_unstable();
    part.items.dedup();
    part.authors.sort_unstable();
    part.authors.dedup();
    if part.items.len() > ITEMS_MAX || part.authors.len() > AUTHORS_MAX {
        return Err(Refusal::TooMuchNamed);
    }
    if part.since.zip(part.until).is_some_and(|(since, until)| until <= since) {
        return Err(Refusal::SpanEndsBeforeItBegins);
    }
    // Who may write in a room sees what it writes there: that is the room, and no part of it.
    if actions.contains(&Action::Contribute) {
        return Err(Refusal::PartIsRead);
    }
    if categories.contains(&Category::Demographics) {
        return Err(Refusal::OneThing);
    }
    Ok(Some(part))
}

#[cfg(test)]
mod tests {
    use super::*;
    use chrono::{DateTime, TimeDelta};
    use holdfast_types::AccountId;
    use uuid::Uuid;

    const READ: &[Action] = &[Action::Read, Action::Download];

    fn given(narrowing: Narrowing) -> Result<Option<Narrowing>, Refusal> {
        part(Some(narrowing), &[Category::Notes], READ)
    }

    fn items(count: u128) -> Narrowing {
        Narrowing { items: (1..=count).map(Uuid::from_u128).collect(), ..Narrowing::default() }
    }

    fn authors(count: u128) -> Narrowing {
        let authors = (1..=count).map(|number| AccountId::new(Uuid::from_u128(number)));
        Narrowing { authors: authors.collect(), ..Narrowing::default() }
    }

    #[test]
    fn a_narrowing_that_says_nothing_is_none() {
        assert_eq!(given(Narrowing::default()), Ok(None));
        assert_eq!(part(None, &[Category::Demographics], &[Action::Contribute]), Ok(None));
    }

    #[test]
    fn what_is_named_twice_counts_once_and_no_more_than_the_limit_is_named() {
        let twice = Narrowing { items: [items(50).items, items(50).items].concat(), ..authors(20) };
        let once = Narrowing { items: items(50).items, ..authors(20) };
        assert_eq!(given(twice), Ok(Some(once)));
        assert_eq!(given(items(51)), Err(Refusal::TooMuchNamed));
        assert_eq!(given(authors(21)), Err(Refusal::TooMuchNamed));
    }

    #[test]
    fn a_span_ends_after_it_begins_and_may_be_open_on_either_side() {
        let at = DateTime::from_timestamp(1_772_452_800, 0).unwrap();
        let span = |since, until| Narrowing { since, until, ..Narrowing::default() };
        let second = TimeDelta::seconds(1);
        for (since, until) in [(Some(at), None), (None, Some(at)), (Some(at), Some(at + second))] {
            assert_eq!(given(span(since, until)), Ok(Some(span(since, until))));
        }
        for until in [at, at - second] {
            assert_eq!(given(span(Some(at), Some(until))), Err(Refusal::SpanEndsBeforeItBegins));
        }
    }

    #[test]
    fn a_part_is_read_and_downloaded_and_demographics_are_one_thing() {
        let write = [Action::Read, Action::Contribute];
        assert_eq!(part(Some(items(1)), &[Category::Notes], &write), Err(Refusal::PartIsRead));
        let rooms = [Category::Notes, Category::Demographics];
        assert_eq!(part(Some(items(1)), &rooms, READ), Err(Refusal::OneThing));
        assert_eq!(given(items(1)), Ok(Some(items(1))));
    }
}
