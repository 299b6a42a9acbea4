//! A review of who holds which role in a tenant: opened with all of them as they stand, decided line by line, signed off when nothing is left.
use chrono::{DateTime, Utc};
use holdfast_access::RoleAssignment;
use holdfast_eventlog::{Decider, Event};
use holdfast_types::AccountId;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Roles that one review holds: of more, a tenant is no practice network but an installation of its own.
pub(crate) const LINES_MAX: usize = 5_000;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", content = "data")]
pub(crate) enum AccessReviewEvent {
    #[serde(rename = "access-review.opened")]
    Opened { by: AccountId, lines: Vec<Line> },
    #[serde(rename = "access-review.line-decided")]
    LineDecided { by: AccountId, held: Held, verdict: Verdict },
    #[serde(rename = "access-review.signed-off")]
    SignedOff { by: AccountId },
}

/// Who holds what.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Held {
    pub account: AccountId,
    #[serde(flatten)]
    pub assignment: RoleAssignment,
}

/// One role as it stood when the review was opened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Line {
    #[serde(flatten)]
    pub held: Held,
    /// None: given before that was noted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<DateTime<Utc>>,
    /// When the account was last signed in; none of whom that is not known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used: Option<DateTime<Utc>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Verdict {
    Keep,
    Withdraw,
}

impl Event for AccessReviewEvent {
    const AGGREGATE: &'static str = "access-review";

    fn event_type(&self) -> &'static str {
        match self {
            Self::Opened { .. } => "access-review.opened",
            Self::LineDecided { .. } => "access-review.line-decided",
            Self::SignedOff { .. } => "access-review.signed-off",
        }
    }
}

#[derive(Debug, Clone)]
pub(crate) enum Command {
    Open {
        by: AccountId,
        lines: Vec<Line>,
    },
    /// The same for all of these lines, or for none.
    Decide {
        by: AccountId,
        held: BTreeSet<Held>,
        verdict: Verdict,
    },
    /// `standing`: what of the tenant's roles is held now. What is not any more needs no decision.
    SignOff {
        by: AccountId,
        standing: BTreeSet<Held>,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("a review with this id exists")]
    Exists,
    #[error("there is no such review")]
    Unknown,
    #[error("the tenant has more than {LINES_MAX} roles to review")]
    TooManyLines,
    #[error("the review has no such line")]
    NoSuchLine,
    #[error("nobody decides on their own role, and who opened a review that has theirs does not sign it off")]
    OwnLine,
    #[error("a line is not decided yet, or what was to be withdrawn is held still")]
    Undecided,
    #[error("the review was signed off already")]
    SignedOff,
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) enum AccessReview {
    #[default]
    None,
    Open(Open),
    SignedOff,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Open {
    by: AccountId,
    lines: BTreeMap<Held, Option<Verdict>>,
}

impl Decider for AccessReview {
    type State = Self;
    type Command = Command;
    type Event = AccessReviewEvent;
    type Refusal = Refusal;

    fn decide(state: &Self, command: Command) -> Result<Vec<AccessReviewEvent>, Refusal> {
        match (state, command) {
            (Self::None, Command::Open { lines, .. }) if lines.len() > LINES_MAX => {
                Err(Refusal::TooManyLines)
            }
            (Self::None, Command::Open { by, lines }) => Ok(vec![AccessReviewEvent::Opened { by, lines }]),
            (Self::Open(_) | Self::SignedOff, Command::Open { .. }) => Err(Refusal::Exists),
            (Self::None, Command::Decide { .. } | Command::SignOff { .. }) => Err(Refusal::Unknown),
            (Self::SignedOff, Command::Decide { .. } | Command::SignOff { .. }) => Err(Refusal::SignedOff),
            (Self::Open(open), Command::Decide { by, held, verdict }) => {
                if held.iter().any(|held| !open.lines.contains_key(held)) {
                    return Err(Refusal::NoSuchLine);
                }
                if held.iter().any(|held| held.account == by) {
                    return Err(Refusal::OwnLine);
                }
                let new = held.into_iter().filter(|held| open.lines.get(held) != Some(&Some(verdict)));
                Ok(new.map(|held| AccessReviewEvent::LineDecided { by, held, verdict }).collect())
            }
            (Self::Open(open), Command::SignOff { by, standing }) => {
                if open.by == by && open.lines.keys().any(|held| held.account == by) {
                    return Err(Refusal::OwnLine);
                }
                let waits = |(held, verdict): (&Held, &Option<Verdict>)| {
                    *verdict != Some(Verdict::Keep) && standing.contains(held)
                };
                if open.lines.iter().any(waits) {
                    return Err(Refusal::Undecided);
                }
                Ok(vec![AccessReviewEvent::SignedOff { by }])
            }
        }
    }

    fn evolve(state: Self, event: &AccessReviewEvent) -> Self {
        match (state, event) {
            (_, AccessReviewEvent::Opened { by, lines }) => {
                let lines = lines.iter().map(|line| (line.held, None)).collect();
                Self::Open(Open { by: *by, lines })
            }
            (Self::Open(mut open), AccessReviewEvent::LineDecided { held, verdict, .. }) => {
                open.lines.insert(*held, Some(*verdict));
                Self::Open(open)
            }
            (_, AccessReviewEvent::SignedOff { .. }) => Self::SignedOff,
            (state, AccessReviewEvent::LineDecided { .. }) => state,
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use holdfast_types::{PracticeId, Role, TenantId};
    use uuid::Uuid;

    fn account(id: u128) -> AccountId {
        AccountId::new(Uuid::from_u128(id))
    }

    fn held(by: u128, role: Role) -> Held {
        let practice = (role != Role::ComplianceOfficer).then(|| PracticeId::new(Uuid::from_u128(0xB1)));
        let assignment = RoleAssignment { role, tenant: TenantId::new(Uuid::from_u128(0x7E1)), practice };
        Held { account: account(by), assignment }
    }

    fn line(by: u128, role: Role) -> Line {
        let since = DateTime::from_timestamp(1_772_452_800, 0);
        Line { held: held(by, role), since, last_used: (role == Role::Therapist).then_some(since).flatten() }
    }

    fn opened(by: u128) -> AccessReviewEvent {
        let lines = vec![line(1, Role::ComplianceOfficer), line(2, Role::Therapist)];
        AccessReviewEvent::Opened { by: account(by), lines }
    }

    fn decided(by: u128, of: Held, verdict: Verdict) -> AccessReviewEvent {
        AccessReviewEvent::LineDecided { by: account(by), held: of, verdict }
    }

    pub(crate) fn samples() -> Vec<AccessReviewEvent> {
        vec![
            opened(1),
            decided(9, held(1, Role::ComplianceOfficer), Verdict::Keep),
            decided(1, held(2, Role::Therapist), Verdict::Withdraw),
            AccessReviewEvent::SignedOff { by: account(9) },
        ]
    }

    fn given(events: &[AccessReviewEvent]) -> AccessReview {
        events.iter().fold(AccessReview::None, AccessReview::evolve)
    }

    fn decide(by: u128, of: Held, verdict: Verdict) -> Command {
        Command::Decide { by: account(by), held: [of].into(), verdict }
    }

    fn sign_off(by: u128, standing: &[Held]) -> Command {
        Command::SignOff { by: account(by), standing: standing.iter().copied().collect() }
    }

    const BOTH: fn() -> [Held; 2] = || [held(1, Role::ComplianceOfficer), held(2, Role::Therapist)];

    #[test]
    fn a_review_goes_from_its_opening_over_every_line_to_its_sign_off() {
        let [officer, therapist] = BOTH();
        let lines = vec![line(1, Role::ComplianceOfficer), line(2, Role::Therapist)];
        let open = Command::Open { by: account(1), lines };
        assert_eq!(AccessReview::decide(&AccessReview::None, open.clone()), Ok(vec![opened(1)]));
        let mut events = vec![opened(1)];
        assert_eq!(AccessReview::decide(&given(&events), open), Err(Refusal::Exists));
        for (by, of, verdict) in [(1, therapist, Verdict::Withdraw), (9, officer, Verdict::Keep)] {
            assert_eq!(AccessReview::decide(&given(&events), sign_off(9, &BOTH())), Err(Refusal::Undecided));
            let more = AccessReview::decide(&given(&events), decide(by, of, verdict)).unwrap();
            assert_eq!(more, [decided(by, of, verdict)]);
            events.extend(more);
        }
        let end = vec![AccessReviewEvent::SignedOff { by: account(9) }];
        // What is to be taken away is taken away first.
        assert_eq!(AccessReview::decide(&given(&events), sign_off(9, &BOTH())), Err(Refusal::Undecided));
        assert_eq!(AccessReview::decide(&given(&events), sign_off(9, &[officer])), Ok(end.clone()));
        events.extend(end);
        for late in [sign_off(9, &[]), decide(9, officer, Verdict::Withdraw)] {
            assert_eq!(AccessReview::decide(&given(&events), late), Err(Refusal::SignedOff));
        }
    }

    #[test]
    fn nobody_decides_on_their_own_role_or_signs_off_alone_what_holds_it() {
        let [officer, therapist] = BOTH();
        let open = given(&[opened(1)]);
        assert_eq!(AccessReview::decide(&open, decide(1, officer, Verdict::Keep)), Err(Refusal::OwnLine));
        assert_eq!(
            AccessReview::decide(&open, decide(2, therapist, Verdict::Withdraw)),
            Err(Refusal::OwnLine)
        );
        let whole = [opened(1), decided(9, officer, Verdict::Keep), decided(1, therapist, Verdict::Keep)];
        assert_eq!(AccessReview::decide(&given(&whole), sign_off(1, &BOTH())), Err(Refusal::OwnLine));
        // An operator's own roles are of no tenant: one person is enough.
        let outside = [opened(9), decided(9, officer, Verdict::Keep), decided(9, therapist, Verdict::Keep)];
        assert!(AccessReview::decide(&given(&outside), sign_off(9, &BOTH())).is_ok());
    }

    #[test]
    fn what_is_not_held_any_more_waits_for_no_decision() {
        let [officer, _] = BOTH();
        let open = given(&[opened(1), decided(9, officer, Verdict::Keep)]);
        assert!(AccessReview::decide(&open, sign_off(9, &[officer])).is_ok());
    }

    #[test]
    fn a_mind_is_changed_until_the_sign_off_and_the_same_said_again_is_nothing() {
        let [officer, therapist] = BOTH();
        let mut events =
            vec![opened(9), decided(9, officer, Verdict::Keep), decided(9, therapist, Verdict::Keep)];
        assert_eq!(AccessReview::decide(&given(&events), decide(9, therapist, Verdict::Keep)), Ok(vec![]));
        let withdraw = decided(9, therapist, Verdict::Withdraw);
        let said = AccessReview::decide(&given(&events), decide(9, therapist, Verdict::Withdraw));
        assert_eq!(said, Ok(vec![withdraw.clone()]));
        events.push(withdraw);
        let early = AccessReview::decide(&given(&events), sign_off(9, &BOTH()));
        assert_eq!(early, Err(Refusal::Undecided), "it is held still");
        assert!(AccessReview::decide(&given(&events), sign_off(9, &[officer])).is_ok());
    }

    #[test]
    fn several_lines_are_decided_together_or_not_at_all() {
        let both = BOTH();
        let command = |by, held: &[Held]| {
            let held = held.iter().copied().collect();
            Command::Decide { by: account(by), held, verdict: Verdict::Keep }
        };
        let open = given(&[opened(9)]);
        assert_eq!(AccessReview::decide(&open, command(9, &both)).unwrap().len(), 2);
        assert_eq!(AccessReview::decide(&open, command(1, &both)), Err(Refusal::OwnLine));
        let [officer, _] = both;
        let stranger = held(7, Role::Billing);
        assert_eq!(AccessReview::decide(&open, command(9, &[officer, stranger])), Err(Refusal::NoSuchLine));
    }

    #[test]
    fn what_is_not_there_is_not_decided() {
        let stranger = held(7, Role::Billing);
        assert_eq!(AccessReview::decide(&AccessReview::None, sign_off(9, &[])), Err(Refusal::Unknown));
        let decided = AccessReview::decide(&given(&[opened(1)]), decide(9, stranger, Verdict::Keep));
        assert_eq!(decided, Err(Refusal::NoSuchLine));
        let lines = vec![line(2, Role::Therapist); LINES_MAX + 1];
        let open = Command::Open { by: account(1), lines };
        assert_eq!(AccessReview::decide(&AccessReview::None, open), Err(Refusal::TooManyLines));
    }
}
