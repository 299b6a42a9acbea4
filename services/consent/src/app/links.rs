//! Links: made and listed by the record's holders, opened by whoever shows their secret.
//!
//! The grant is given first, and then the link: between the two, and where a crash comes there, nobody has a secret that opens anything. An
//! opening asks whether the grant is in force and then counts; a revocation in between is not missed, because every service decides by the
//! grant again.
use super::{App, Failure, GiveGrant, made_by, request};
use crate::{
    domain::{
        grant::{Grant, Grantee, State as GrantState, Terms},
        link::{self, Command, LASTS_MAX, Link, Opening, Refusal, State},
        record::{FREE_STANDING, Record},
    },
    secrets::{Ticket, digest, of_passcode},
    views::{self, KnownLink},
};
use chrono::{DateTime, Utc};
use holdfast_access::{RequestContext, Returned, Unreleased};
use holdfast_eventlog::{Context, ExecuteError, Position, Subject};
use holdfast_host::{CommandId, RequestMeta};
use holdfast_types::{AccountId, Action, Actor, Category, GrantId, Narrowing, PatientId, Purpose};

const LISTED_MAX: u32 = 200;

pub(crate) struct MakeLink {
    pub(crate) patient: PatientId,
    pub(crate) label: String,
    pub(crate) categories: Vec<Category>,
    pub(crate) download: bool,
    pub(crate) until: DateTime<Utc>,
    pub(crate) narrowing: Option<Narrowing>,
    /// Empty: none.
    pub(crate) passcode: String,
    pub(crate) openings_max: u32,
}

/// A link as its holders see it.
pub(crate) struct ListedLink {
    pub(crate) link: GrantId,
    pub(crate) made: DateTime<Utc>,
    pub(crate) state: State,
}

pub(crate) struct MadeLink {
    pub(crate) link: ListedLink,
    pub(crate) secret: String,
    pub(crate) content_key: Vec<u8>,
    pub(crate) position: Option<Position>,
}

/// What somebody shows who is not signed in.
pub(crate) enum Shown {
    Secret { secret: String, recipient: String },
    Ticket(String),
}

pub(crate) struct OpenLink {
    pub(crate) shown: Shown,
    /// Empty: none was said.
    pub(crate) passcode: String,
}

pub(crate) struct OpenedLink {
    pub(crate) link: GrantId,
    pub(crate) label: String,
    pub(crate) grant: Terms,
    pub(crate) content_key: Vec<u8>,
    pub(crate) ticket: String,
    pub(crate) position: Option<Position>,
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.make_link")]
    pub(crate) async fn make_link(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: MakeLink,
    ) -> Result<MadeLink, Failure> {
        let MakeLink { patient, label, categories, download, until, narrowing, passcode, openings_max } =
            command;
        let sender = asked.caller.account;
        let link = GrantId::new(made_by(sender, id, patient.uuid()));
        if until - self.log.clock().now() > LASTS_MAX {
            return Err(Failure::LinkTooLong);
        }
        let rooms: &[Category] = if categories.is_empty() { Category::ALL } else { &categories };
        let permit = self.gate.authorise(asked, Action::Share, patient, rooms, "consent.MakeLink").await?;
        let mut actions = vec![Action::Read];
        actions.extend(download.then_some(Action::Download));
        let bearer = Grantee::Account(AccountId::new(link.uuid()));
        let (purposes, until) = (vec![Purpose::PatientRequest], Some(until));
        let give = GiveGrant {
            patient,
            grantee: bearer,
            categories,
            actions,
            purposes,
            from: None,
            until,
            narrowing,
            replaces: None,
            // An opening is no visit: openings are counted here.
            uses_max: None,
        };
        self.give_grant(asked, id, give).await?;
        let secret = self.secrets.of_bearer(link);
        let passcode = self.passcode(passcode, link).await?;
        let terms = link::Terms { patient, label, secret: digest(&secret), passcode, openings_max };
        let (authority, made) = (permit.into_authority(), self.log.clock().now());
        let (subject, request) = (Subject::Patient(patient), request(sender, id).step("link"));
        let executed = self
            .log
            .execute::<Link>(subject, link.uuid(), authority.context(), Some(request), |_| {
                Command::Make(terms.clone())
            })
            .await
            .map_err(|error| Failure::of(error, Failure::Link))?;
        let (content_key, position) = (self.secrets.content_key(link), executed.position);
        let link = ListedLink { link, made, state: executed.state };
        Ok(MadeLink { link, secret, content_key, position })
    }

    #[tracing::instrument(skip_all, name = "consent.list_links")]
    pub(crate) async fn list_links(
        &self,
        asked: &RequestContext,
        patient: PatientId,
    ) -> Result<Vec<ListedLink>, Failure> {
        let permit = self.may_share(asked, patient, Category::ALL, "consent.ListLinks").await?;
        let found = views::links(self.log.pool(), &permit, LISTED_MAX).await.map_err(Failure::Views)?;
        let (mut listed, mut returned) = (Vec::with_capacity(found.len()), Vec::with_capacity(found.len()));
        for views::ListedLink { link, made } in found {
            let loaded = self.log.load::<Link>(Subject::Patient(patient), link.uuid()).await;
            let loaded = loaded.map_err(Failure::Read)?;
            returned.push(Returned { id: link.uuid(), revision: loaded.revision });
            listed.push(ListedLink { link, made, state: loaded.state });
        }
        Ok(self.gate.release(permit, Unreleased::new(listed, returned)).await?)
    }

    /// Nobody is asked by what right: whoever has the secret is whom the grant reaches.
    #[tracing::instrument(skip_all, name = "consent.open_link")]
    pub(crate) async fn open_link(
        &self,
        meta: &RequestMeta,
        id: CommandId,
        command: OpenLink,
    ) -> Result<OpenedLink, Failure> {
        let now = self.log.clock().now();
        let known = match &command.shown {
            Shown::Ticket(text) => {
                let ticket = self.secrets.read_ticket(text, now).ok_or(Failure::Link(Refusal::Closed))?;
                KnownLink { link: ticket.link, patient: ticket.patient }
            }
            Shown::Secret { secret, .. } => {
                let known = views::known_link(self.log.pool(), digest(secret)).await;
                known.map_err(Failure::Views)?.ok_or(Failure::Link(Refusal::Closed))?
            }
        };
        let (subject, link) = (Subject::Patient(known.patient), known.link);
        let grant = self.log.load::<Grant>(subject, link.uuid()).await.map_err(Failure::Read)?.state;
        let in_force = grant.is_in_force(now);
        let (state, position) = match command.shown {
            Shown::Secret { recipient, .. } => {
                let opening = Opening { attempt: id.id, opened: now, recipient };
                self.open(meta, id, known, opening, command.passcode, in_force).await?
            }
            Shown::Ticket(_) => (self.link(known).await?, None),
        };
        let (GrantState::Standing(grant), Some(terms), true) = (grant, state.terms(), in_force) else {
            return Err(Failure::Link(Refusal::Closed));
        };
        Ok(OpenedLink {
            link,
            label: terms.label.clone(),
            grant,
            content_key: self.secrets.content_key(link),
            ticket: self.secrets.ticket(Ticket { link, patient: known.patient }, now),
            position,
        })
    }

    /// Counts it, one way or the other, before anything is answered.
    async fn open(
        &self,
        meta: &RequestMeta,
        id: CommandId,
        known: KnownLink,
        opening: Opening,
        passcode: String,
        in_force: bool,
    ) -> Result<(State, Option<Position>), Failure> {
        let KnownLink { link, patient } = known;
        let subject = Subject::Patient(patient);
        let passcode = self.passcode(passcode, link).await?;
        let bearer = AccountId::new(link.uuid());
        let record = self.log.load::<Record>(subject, patient.uuid()).await.map_err(Failure::Read)?.state;
        let context = Context {
            tenant: record.tenant().unwrap_or(FREE_STANDING),
            actor: Actor::Account(bearer),
            on_behalf_of: None,
            purpose: Purpose::PatientRequest,
            correlation: meta.correlation,
            causation: None,
            traceparent: meta.traceparent.clone(),
            occurred: None,
            by_right: None,
        };
        let command = || Command::Open { opening: opening.clone(), passcode, in_force };
        let executed = self
            .log
            .execute::<Link>(subject, link.uuid(), &context, Some(request(bearer, id)), |_| command())
            .await;
        let executed = match executed {
            Err(ExecuteError::Refused(Refusal::PasscodeMissing)) => {
                let left = self.link(known).await?.attempts_left();
                return Err(Failure::PasscodeMissing { left });
            }
            other => other.map_err(|error| Failure::of(error, Failure::Link))?,
        };
        match executed.state.was_opened_by(id.id) {
            true => Ok((executed.state, executed.position)),
            false => Err(Failure::PasscodeWrong { left: executed.state.attempts_left() }),
        }
    }

    async fn link(&self, KnownLink { link, patient }: KnownLink) -> Result<State, Failure> {
        let loaded = self.log.load::<Link>(Subject::Patient(patient), link.uuid()).await;
        Ok(loaded.map_err(Failure::Read)?.state)
    }

    async fn passcode(&self, passcode: String, link: GrantId) -> Result<Option<link::Digest>, Failure> {
        if passcode.is_empty() {
            return Ok(None);
        }
        let made = tokio::task::spawn_blocking(move || of_passcode(&passcode, link)).await;
        made.map(Some).map_err(|_| Failure::Secrets)
    }
}
