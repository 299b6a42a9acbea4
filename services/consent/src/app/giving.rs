//! Giving a grant, and changing one: the new one is given and the other ended in one append.
use super::{App, Failure, grants::Standing, made_by, request};
use crate::{
    domain::grant::{Command, Grant, Grantee, Offer, Refusal, ShownGrant, State, UNENDED_MAX},
    views,
};
use chrono::{DateTime, Utc};
use holdfast_access::RequestContext;
use holdfast_eventlog::{
    Append, AppendError, Context, Decider, Executed, Position, Request, StreamAppend, Subject,
};
use holdfast_host::CommandId;
use holdfast_types::{Action, Category, GrantId, Narrowing, PatientId, Purpose};

/// Otherwise a decision could miss a grant that stands.
const _: () = assert!(UNENDED_MAX as i64 <= holdfast_access::views::GRANTS_MAX);

/// A grant is revoked once: whoever was overtaken learns so at the next attempt.
const ATTEMPTS_MAX: usize = 4;

pub(crate) struct GiveGrant {
    pub(crate) patient: PatientId,
    pub(crate) grantee: Grantee,
    pub(crate) categories: Vec<Category>,
    pub(crate) actions: Vec<Action>,
    pub(crate) purposes: Vec<Purpose>,
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) until: Option<DateTime<Utc>>,
    /// None: all of the categories.
    pub(crate) narrowing: Option<Narrowing>,
    /// The grant that it is a change of.
    pub(crate) replaces: Option<Replaced>,
    /// None: as often as they want.
    pub(crate) uses_max: Option<u32>,
}

/// A grant whose place another takes, and the revision that the caller saw.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Replaced {
    pub(crate) grant: GrantId,
    pub(crate) seen: Option<u64>,
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.give_grant")]
    pub(crate) async fn give_grant(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: GiveGrant,
    ) -> Result<(ShownGrant, Option<Position>), Failure> {
        let GiveGrant {
            patient,
            grantee,
            categories,
            actions,
            purposes,
            from,
            until,
            narrowing,
            replaces,
            uses_max,
        } = command;
        let mut rooms = if categories.is_empty() { Category::ALL.to_vec() } else { categories.clone() };
        if let Some(replaced) = replaces {
            rooms.extend(self.rooms_of(patient, replaced.grant).await?);
        }
        let permit = self.gate.authorise(asked, Action::Share, patient, &rooms, "consent.GiveGrant").await?;
        let now = self.log.clock().now();
        let unended =
            views::unended(self.log.pool(), patient, now, UNENDED_MAX).await.map_err(Failure::Views)?;
        // The one that ends makes room for the other.
        let unended = unended.saturating_sub(u32::from(replaces.is_some()));
        let standing = match grantee {
            Grantee::Account(account) => self.standing(patient, account, now).await?,
            Grantee::Practice { .. } => Standing::None,
        };
        let to_holder = standing.holds(&categories);
        let purposes = standing.purposes(purposes);
        let authority = permit.into_authority();
        let given_by = authority.account();
        let grant = GrantId::new(made_by(given_by, id, patient.uuid()));
        self.no_link_of_before(grantee, grant).await?;
        let offer = Offer {
            patient,
            given_by,
            grantee,
            categories,
            actions,
            purposes,
            from,
            until,
            narrowing,
            replaces: replaces.map(|replaced| replaced.grant),
            uses_max,
        };
        let give = Command::Give { offer, now, to_holder, unended };
        let (context, request) = (authority.context(), request(given_by, id));
        let executed = match replaces {
            None => self
                .log
                .execute::<Grant>(Subject::Patient(patient), grant.uuid(), context, Some(request), |_| {
                    give.clone()
                })
                .await
                .map_err(|error| Failure::of(error, Failure::Grant))?,
            Some(replaced) => {
                let ending = Ending { patient, replaced, by: grant, now };
                self.exchange(ending, give, context, request).await?
            }
        };
        // Whatever became of it since: the answer to a repeated command is the first one.
        let (State::Standing(terms) | State::Revoked { terms, .. }) = executed.state else {
            return Err(Failure::Grant(Refusal::NotGiven));
        };
        Ok((ShownGrant::as_given(grant, terms), executed.position))
    }

    /// The bearer of a link has the one grant that was given with it, and gets no other.
    async fn no_link_of_before(&self, grantee: Grantee, grant: GrantId) -> Result<(), Failure> {
        let Grantee::Account(account) = grantee else { return Ok(()) };
        let another = account.uuid() != grant.uuid();
        match another && views::is_link(self.log.pool(), account).await.map_err(Failure::Views)? {
            true => Err(Failure::ToLink),
            false => Ok(()),
        }
    }

    /// Both or neither, the end first: nobody hears of a moment at which both stand.
    async fn exchange(
        &self,
        ending: Ending,
        give: Command,
        context: &Context,
        request: Request,
    ) -> Result<Executed<State>, Failure> {
        let Ending { patient, replaced, by, now } = ending;
        let (subject, before) = (Subject::Patient(patient), replaced.grant.uuid());
        for _ in 0..ATTEMPTS_MAX {
            let begun = self.log.load::<Grant>(subject, by.uuid()).await.map_err(Failure::Read)?;
            if begun.revision > 0 {
                let known = self.log.answered(subject, Some(request)).await.map_err(Failure::Append)?;
                let position = Some(known.ok_or(Failure::Grant(Refusal::AlreadyGiven))?);
                let (state, revision) = (begun.state, begun.revision);
                return Ok(Executed { state, revision, position, repeated: true });
            }
            let standing = self.log.load::<Grant>(subject, before).await.map_err(Failure::Read)?;
            let (seen, present) = (replaced.seen, standing.revision);
            let end = Command::Replace { patient, by, now, seen, present };
            let ended = Grant::decide(&standing.state, end).map_err(Failure::Grant)?;
            let given = Grant::decide(&begun.state, give.clone()).map_err(Failure::Grant)?;
            let streams = [(before, present, &ended), (by.uuid(), 0, &given)]
                .map(|(id, revision, events)| StreamAppend::of(id, revision, events));
            let streams = streams.into_iter().collect::<Result<_, _>>().map_err(Failure::Append)?;
            let append = Append { subject, context: context.clone(), request: Some(request), streams };
            match self.log.append(append).await {
                // A repetition that ran beside this one was faster.
                Ok(appended) if appended.repeated => {}
                Ok(appended) => {
                    let state = given.iter().fold(begun.state, Grant::evolve);
                    let position = Some(appended.position);
                    return Ok(Executed { state, revision: 1, position, repeated: false });
                }
                Err(AppendError::Stale) => {}
                Err(error) => return Err(Failure::Append(error)),
            }
        }
        Err(Failure::Append(AppendError::Stale))
    }
}

/// What ends as another takes its place.
struct Ending {
    patient: PatientId,
    replaced: Replaced,
    by: GrantId,
    now: DateTime<Utc>,
}
