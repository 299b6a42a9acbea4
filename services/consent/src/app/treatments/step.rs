//! One step of a treating relationship with the grants that it gives and takes: decided together, appended together.
use super::Began;
use crate::{
    app::{App, Failure},
    domain::{
        care::Care,
        grant::{self, Grant, Treating},
        treatment::{Agreement, Command, Event, Given, Proposal, Refusal, Side, State, Treatment},
        treatment_policy::State as Policy,
    },
    views,
};
use chrono::{DateTime, Utc};
use holdfast_eventlog::{
    Append, AppendError, Appended, Context, Decider as _, Position, Request, StreamAppend, Subject,
};
use holdfast_types::{AccountId, GrantId, PatientId, PracticeId, TreatmentId};
use uuid::Uuid;

/// Somebody else was faster so often.
const ATTEMPTS_MAX: u32 = 8;

/// What somebody wants, or what a policy asks for.
pub(in crate::app) enum Step {
    Propose { patient: PatientId, practice: PracticeId, by: AccountId, proposed: DateTime<Utc>, began: Began },
    Agree { practice: PracticeId, by: AccountId, care: Care, seen: u64 },
    Accept { practice: PracticeId, by: AccountId },
    Narrow { practice: PracticeId },
    End { side: Side, by: AccountId },
}

/// A grant that it gave and that stands, with its revision.
type Standing = (Given, u64);

/// What is to be given and taken beside the event.
#[derive(Default)]
struct Grants {
    /// At which practice and by whose word.
    to: Option<(PracticeId, AccountId)>,
    given: Vec<Given>,
    taken: Vec<Standing>,
}

impl App {
    /// Load, decide, append; again when somebody else was faster. A request id that has acted is answered with what stands now.
    pub(in crate::app) async fn change(
        &self,
        patient: PatientId,
        id: TreatmentId,
        context: &Context,
        request: Option<Request>,
        step: impl Fn() -> Step,
    ) -> Result<(PatientId, TreatmentId, Option<Position>), Failure> {
        let subject = Subject::Patient(patient);
        for _ in 0..ATTEMPTS_MAX {
            let loaded = self.log.load::<Treatment>(subject, id.uuid()).await.map_err(Failure::Read)?;
            let standing = self.standing_of(patient, &loaded.state).await?;
            let decided = self.decide((patient, id, loaded.revision), &loaded.state, &standing, step()).await;
            let (events, grants) = match decided {
                Ok((events, grants)) if !events.is_empty() => (events, grants),
                nothing => {
                    let answered = self.log.answered(subject, request).await.map_err(Failure::Append)?;
                    return match answered {
                        Some(position) => Ok((patient, id, Some(position))),
                        None => nothing.map(|_| (patient, id, None)),
                    };
                }
            };
            let treatment = StreamAppend::of(id.uuid(), loaded.revision, &events).map_err(Failure::Append)?;
            let mut streams = vec![treatment];
            streams.extend(self.of_grants(patient, grants).await?);
            match self.log.append(Append { subject, context: context.clone(), request, streams }).await {
                Ok(Appended { position, .. }) => return Ok((patient, id, Some(position))),
                Err(AppendError::Stale) => {}
                Err(error) => return Err(Failure::Append(error)),
            }
        }
        Err(Failure::Append(AppendError::Stale))
    }

    /// Those that nobody has revoked.
    pub(super) async fn standing_of(
        &self,
        patient: PatientId,
        state: &State,
    ) -> Result<Vec<Standing>, Failure> {
        let mut standing = Vec::new();
        for given in state.grants() {
            let loaded = self.log.load::<Grant>(Subject::Patient(patient), given.grant.uuid()).await;
            let loaded = loaded.map_err(Failure::Read)?;
            if matches!(loaded.state, grant::State::Standing(_)) {
                standing.push((given.clone(), loaded.revision));
            }
        }
        Ok(standing)
    }

    async fn decide(
        &self,
        (patient, id, revision): (PatientId, TreatmentId, u64),
        state: &State,
        standing: &[Standing],
        step: Step,
    ) -> Result<(Vec<Event>, Grants), Failure> {
        let now = self.log.clock().now();
        let next =
            |number: usize| GrantId::new(Uuid::new_v5(&id.uuid(), format!("{revision}/{number}").as_bytes()));
        let (command, grants) = match step {
            Step::Propose { patient, practice, by, proposed, began } => {
                let policy = self.policy_of(practice).await?;
                let (side, care, introduction) = match began {
                    Began::Practice => (Side::Practice, policy.care.clone(), String::new()),
                    Began::Family { care, seen, introduction } => {
                        as_seen(&policy, seen)?;
                        (Side::Family, care, introduction)
                    }
                };
                let unended = views::unended_treatments(self.log.pool(), patient).await;
                let (unended, policy) = (unended.map_err(Failure::Views)?, policy.care);
                let proposal = Proposal { patient, practice, side, by, proposed, care, introduction };
                (Command::Propose { proposal, policy, unended }, Grants::default())
            }
            Step::Agree { practice, by, care, seen } => {
                let policy = self.policy_of(practice).await?;
                as_seen(&policy, seen)?;
                let (agreement, grants) = agreement((practice, by), now, care, standing, next);
                (Command::Agree { agreement, policy: policy.care }, grants)
            }
            Step::Accept { practice, by } => {
                let policy = self.policy_of(practice).await?;
                let (holder, care) = match state.proposal() {
                    Some(proposal) => (proposal.by, proposal.care.and(&policy.care)),
                    None => return Err(Failure::Treatment(Refusal::Ended)),
                };
                if matches!(state, State::Proposed(proposal) if proposal.side == Side::Family)
                    && !self.standing(patient, holder, now).await?.holds(&care.rooms())
                {
                    return Err(Failure::NoLongerHeld);
                }
                let (agreement, grants) = agreement((practice, holder), now, care, standing, next);
                (Command::Accept { by, agreement }, grants)
            }
            Step::Narrow { practice } => match state {
                State::Standing { agreement: before, .. } => {
                    let policy = self.policy_of(practice).await?.care;
                    let unended = self.unended(patient).await?;
                    let (agreement, grants) =
                        narrowed((practice, unended), before, now, &policy, standing, next);
                    (Command::Narrow(agreement), grants)
                }
                // It has ended meanwhile.
                State::Unheard | State::Proposed(_) | State::Ended { .. } => {
                    return Ok((Vec::new(), Grants::default()));
                }
            },
            Step::End { side, by } => {
                let grants = Grants { taken: standing.to_vec(), ..Grants::default() };
                (Command::End { side, by, now }, grants)
            }
        };
        Ok((Treatment::decide(state, command).map_err(Failure::Treatment)?, grants))
    }

    async fn of_grants(&self, patient: PatientId, grants: Grants) -> Result<Vec<StreamAppend>, Failure> {
        let now = self.log.clock().now();
        let mut streams = Vec::new();
        for (given, revision) in &grants.taken {
            let loaded = self.log.load::<Grant>(Subject::Patient(patient), given.grant.uuid()).await;
            let revoke = grant::Command::Revoke { now, seen: None, present: *revision };
            let decided = Grant::decide(&loaded.map_err(Failure::Read)?.state, revoke);
            let events = decided.map_err(Failure::Grant)?;
            streams.push(StreamAppend::of(given.grant.uuid(), *revision, &events).map_err(Failure::Append)?);
        }
        let Some((practice, by)) = grants.to else { return Ok(streams) };
        let unended = left_of(self.unended(patient).await?, &grants.taken);
        for (number, Given { grant, line }) in (unended..).zip(grants.given) {
            let treating = Treating { patient, practice, by, line, now };
            let treat = grant::Command::Treat { treating, unended: number };
            let events = Grant::decide(&grant::State::NotGiven, treat).map_err(Failure::Grant)?;
            streams.push(StreamAppend::of(grant.uuid(), 0, &events).map_err(Failure::Append)?);
        }
        Ok(streams)
    }

    /// Grants of the record, whoever has them.
    async fn unended(&self, patient: PatientId) -> Result<u32, Failure> {
        let now = self.log.clock().now();
        views::unended(self.log.pool(), patient, now, grant::UNENDED_MAX).await.map_err(Failure::Views)
    }
}

/// Those that end make room for others.
fn left_of(unended: u32, taken: &[Standing]) -> u32 {
    unended.saturating_sub(u32::try_from(taken.len()).unwrap_or(u32::MAX))
}

/// The version that is in force is the one that was seen.
fn as_seen(policy: &Policy, seen: u64) -> Result<(), Failure> {
    if policy.version == seen { Ok(()) } else { Err(Failure::PolicyNotAsSeen) }
}

/// What a holder wants to be seen from now on: lines that stand as they are stay, others end, and what is new is given.
fn agreement(
    to: (PracticeId, AccountId),
    agreed: DateTime<Utc>,
    care: Care,
    standing: &[Standing],
    next: impl Fn(usize) -> GrantId,
) -> (Agreement, Grants) {
    let lines = care.lines();
    let (kept, taken): (Vec<Standing>, Vec<Standing>) =
        standing.iter().cloned().partition(|(given, _)| lines.contains(&given.line));
    let kept: Vec<Given> = kept.into_iter().map(|(given, _)| given).collect();
    let new = lines.into_iter().filter(|line| kept.iter().all(|given| given.line != *line));
    let given: Vec<Given> =
        new.enumerate().map(|(number, line)| Given { grant: next(number), line }).collect();
    let grants = [kept, given.clone()].concat();
    (Agreement { holder: to.1, agreed, care, grants }, Grants { to: Some(to), given, taken })
}

/// What the policy still says of each grant that stands. What the family has revoked stays so, and what finds no room among the record's
/// grants is not given: it becomes narrower in any case.
fn narrowed(
    (practice, unended): (PracticeId, u32),
    before: &Agreement,
    agreed: DateTime<Utc>,
    policy: &Care,
    standing: &[Standing],
    next: impl Fn(usize) -> GrantId,
) -> (Agreement, Grants) {
    let left = standing.iter().flat_map(|(given, _)| Care::of([&given.line]).and(policy).lines());
    let left: Vec<_> = left.collect();
    let (_, mut grants) = agreement((practice, before.holder), agreed, Care::of(&left), standing, next);
    let room = grant::UNENDED_MAX.saturating_sub(left_of(unended, &grants.taken));
    grants.given.truncate(usize::try_from(room).unwrap_or(usize::MAX));
    let kept = standing.iter().filter(|one| !grants.taken.contains(one)).map(|(given, _)| given.clone());
    let given = kept.chain(grants.given.iter().cloned()).collect();
    let agreement = Agreement { holder: before.holder, agreed, care: before.care.and(policy), grants: given };
    (agreement, grants)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::care::Line;
    use holdfast_types::{Action, Category, Role};

    const ROOMS: [Category; 2] = [Category::Goals, Category::Notes];

    fn line(categories: &[Category], actions: &[Action]) -> Line {
        Line { role: Role::Therapist, categories: categories.to_vec(), actions: actions.to_vec() }
    }

    fn grant(number: u128) -> GrantId {
        GrantId::new(Uuid::from_u128(number))
    }

    /// Of one grant to read and add in two rooms, of which the policy leaves adding in one.
    fn narrowed_at(unended: u32) -> (Agreement, Grants) {
        let given = Given { grant: grant(0), line: line(&ROOMS, &[Action::Read, Action::Contribute]) };
        let before = Agreement {
            holder: AccountId::new(Uuid::from_u128(1)),
            agreed: DateTime::UNIX_EPOCH,
            care: Care::of([&given.line]),
            grants: vec![given.clone()],
        };
        let policy =
            Care::of(&[line(&ROOMS, &[Action::Read]), line(&[Category::Notes], &[Action::Contribute])]);
        let next = |number| grant(1 + u128::try_from(number).unwrap());
        let practice = PracticeId::new(Uuid::from_u128(2));
        narrowed((practice, unended), &before, DateTime::UNIX_EPOCH, &policy, &[(given, 1)], next)
    }

    #[test]
    fn a_grant_that_became_narrower_is_as_many_as_it_takes_to_say_so() {
        let (agreement, grants) = narrowed_at(1);
        assert_eq!((grants.taken.len(), grants.given.len()), (1, 2));
        assert_eq!(agreement.grants, grants.given);
        assert_eq!(Care::of(agreement.grants.iter().map(|given| &given.line)), agreement.care);
    }

    #[test]
    fn where_the_record_takes_no_more_grants_it_becomes_narrower_still() {
        let (agreement, grants) = narrowed_at(grant::UNENDED_MAX);
        assert_eq!((grants.taken.len(), grants.given.len()), (1, 1));
        assert_eq!(agreement.grants, grants.given);
    }
}
