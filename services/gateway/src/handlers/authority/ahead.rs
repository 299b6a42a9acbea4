//! What changes by itself: out of spans, for each moment ahead, which rooms an account gains or loses.
use holdfast_proto::{Word as _, consent::v1::Span};
use holdfast_types::Action;
use prost_types::Timestamp;
use std::collections::BTreeSet;

/// More than a life has: what lies further ahead is said when it is nearer.
const MOMENTS_MAX: usize = 12;

type At = (i64, i32);

/// What one moment brings one account.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub at: Timestamp,
    pub account: String,
    pub reads: Step,
    pub decides: Step,
    /// Nothing at all is held from then on.
    pub over: bool,
}

/// Rooms that are gained and lost, as numbers of the contract.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Step {
    pub gained: Vec<i32>,
    pub lost: Vec<i32>,
}

impl Step {
    fn between(before: &BTreeSet<i32>, after: &BTreeSet<i32>) -> Self {
        Self {
            gained: after.difference(before).copied().collect(),
            lost: before.difference(after).copied().collect(),
        }
    }

    fn is_none(&self) -> bool {
        self.gained.is_empty() && self.lost.is_empty()
    }
}

/// `spans` of which some are in force at `asked` and the others begin after it: in the order of time.
pub(super) fn turns<'a>(spans: impl Iterator<Item = &'a Span>, asked: &Timestamp) -> Vec<Turn> {
    let spans: Vec<&Span> = spans.collect();
    let ends = spans.iter().flat_map(|span| [span.from_time.as_ref(), span.until_time.as_ref()]);
    let moments: BTreeSet<At> = ends.flatten().map(at).filter(|moment| *moment > at(asked)).collect();
    let accounts: BTreeSet<&str> = spans.iter().map(|span| span.account_id.as_str()).collect();
    let (mut turns, mut before) = (Vec::new(), at(asked));
    for moment in moments.into_iter().take(MOMENTS_MAX) {
        for account in &accounts {
            let step = |action| {
                Step::between(&held(&spans, account, action, before), &held(&spans, account, action, moment))
            };
            let turn = Turn {
                at: Timestamp { seconds: moment.0, nanos: moment.1 },
                account: (*account).to_owned(),
                reads: step(Action::Read),
                decides: step(Action::Share),
                over: spans.iter().all(|span| span.account_id != *account || !is_in_force(span, moment)),
            };
            if !turn.reads.is_none() || !turn.decides.is_none() {
                turns.push(turn);
            }
        }
        before = moment;
    }
    turns
}

fn held(spans: &[&Span], account: &str, action: Action, moment: At) -> BTreeSet<i32> {
    let own = spans.iter().filter(|span| span.account_id == account && is_in_force(span, moment));
    let own = own.filter(|span| span.actions.contains(&action.to_proto()));
    own.flat_map(|span| span.categories.iter().copied()).collect()
}

fn is_in_force(span: &Span, moment: At) -> bool {
    span.from_time.as_ref().is_none_or(|from| at(from) <= moment)
        && span.until_time.as_ref().is_none_or(|until| moment < at(until))
}

fn at(moment: &Timestamp) -> At {
    (moment.seconds, moment.nanos)
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_types::Category;

    fn day(seconds: i64) -> Timestamp {
        Timestamp { seconds, nanos: 0 }
    }

    fn span(account: &str, rooms: &[Category], actions: &[Action], from: i64, until: Option<i64>) -> Span {
        Span {
            account_id: account.to_owned(),
            categories: rooms.iter().map(|room| room.to_proto()).collect(),
            actions: actions.iter().map(|action| action.to_proto()).collect(),
            from_time: Some(day(from)),
            until_time: until.map(day),
            ..Span::default()
        }
    }

    #[test]
    fn what_a_birthday_closes_to_one_and_opens_to_another_is_told_and_nothing_else() {
        use Action::{Read, Share};
        use Category::{Goals, Notes};
        let spans = [
            span("mother", &[Goals, Notes], &[Read, Share], 0, Some(20)),
            span("mother", &[Goals], &[Read, Share], 20, Some(30)),
            span("child", &[Goals, Notes], &[Read], 0, Some(20)),
            span("child", &[Notes], &[Read, Share], 20, Some(30)),
            span("child", &[Goals], &[Read], 20, Some(30)),
            span("child", &[Goals, Notes], &[Read, Share], 30, None),
        ];
        let told = turns(spans.iter(), &day(10));
        let notes = vec![Notes.to_proto()];
        let lost = || Step { gained: Vec::new(), lost: notes.clone() };
        let gained = |rooms: &[Category]| Step {
            gained: rooms.iter().map(|room| room.to_proto()).collect(),
            lost: Vec::new(),
        };
        let said: Vec<_> =
            told.iter().map(|turn| (turn.at.seconds, turn.account.as_str(), turn.over)).collect();
        assert_eq!(
            said,
            [(20, "child", false), (20, "mother", false), (30, "child", false), (30, "mother", true)]
        );
        assert_eq!((&told[0].reads, &told[0].decides), (&Step::default(), &gained(&[Notes])));
        assert_eq!((&told[1].reads, &told[1].decides), (&lost(), &lost()));
        assert_eq!((&told[2].reads, &told[2].decides), (&Step::default(), &gained(&[Goals])));
        // What was before the day that is asked about is no news.
        assert!(turns(spans.iter(), &day(30)).is_empty());
    }

    #[test]
    fn what_has_no_end_changes_nothing() {
        let spans = [span("mother", Category::ALL, Action::ALL, 0, None)];
        assert!(turns(spans.iter(), &day(10)).is_empty());
    }
}
