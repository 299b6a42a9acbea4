//! Who acts for the person of a record: what is stated, recorded, frozen and reviewed, and the question who had authority when.
use super::{App, Failure, grants::Standing, made_by, request};
use crate::domain::{
    authority::{
        Around, Authorities, Authority, Basis, Change, Command, Evidence, Freeze, Person, Refusal, Review,
        State, Word,
    },
    record::Record,
};
use chrono::{DateTime, Utc};
use holdfast_access::{Authority as Caller, Oversight, RequestContext};
use holdfast_eventlog::{Executed, Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{AccountId, Action, AuthorityId, Category, PatientId, Period, Span};

pub(crate) struct RecordAuthority {
    pub(crate) patient: PatientId,
    pub(crate) account: AccountId,
    pub(crate) basis: Basis,
    pub(crate) categories: Vec<Category>,
    pub(crate) actions: Vec<Action>,
    pub(crate) from: Option<DateTime<Utc>>,
    pub(crate) until: Option<DateTime<Utc>>,
    pub(crate) in_place_of_person: bool,
    pub(crate) evidence: Evidence,
}

/// A proposal that somebody decides about, and at which revision they saw it.
pub(crate) struct Proposal {
    pub(crate) patient: PatientId,
    pub(crate) authority: AuthorityId,
    pub(crate) seen: Option<u64>,
}

pub(crate) struct RenewAuthority {
    pub(crate) patient: PatientId,
    pub(crate) authority: AuthorityId,
    pub(crate) until: DateTime<Utc>,
    pub(crate) evidence: Evidence,
}

pub(crate) struct FreezeHolder {
    pub(crate) patient: PatientId,
    pub(crate) account: AccountId,
    pub(crate) reason: String,
}

pub(crate) struct ReviewFreeze {
    pub(crate) patient: PatientId,
    pub(crate) freeze: AuthorityId,
    pub(crate) upheld: bool,
    pub(crate) until: Option<DateTime<Utc>>,
    pub(crate) seen: Option<u64>,
}

/// Who decides, and whether it is more than a holder's own word.
struct Deciding {
    by: Caller,
    word: Word,
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.state_person")]
    pub(crate) async fn state_person(
        &self,
        asked: &RequestContext,
        id: CommandId,
        patient: PatientId,
        person: Person,
    ) -> Result<(Vec<Span>, Option<Position>), Failure> {
        let by = self.attests(asked, patient, "consent.StatePerson").await?.by;
        let executed = self.settle(&by, id, patient, Change::Person(person), None).await?;
        Ok((executed.state.spans.unwrap_or_default(), executed.position))
    }

    /// By whoever may attest it at once; by a holder of a network's record as a proposal.
    #[tracing::instrument(skip_all, name = "consent.record_authority")]
    pub(crate) async fn record_authority(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: RecordAuthority,
    ) -> Result<(Authority, Option<Position>), Failure> {
        let patient = command.patient;
        let operation = "consent.RecordAuthority";
        let standing = self.standing(patient, asked.caller.account, self.log.clock().now()).await?;
        let proposes = !matches!(standing, Standing::None) && !self.is_free_standing(patient).await?;
        let Deciding { by, word } = match proposes {
            true => Deciding { by: self.holds_all_of(asked, patient, operation).await?, word: Word::Waits },
            false => self.attests(asked, patient, operation).await?,
        };
        self.record(&by, id, command, word).await
    }

    /// Of rooms that the caller may share, and never beyond what the caller holds.
    #[tracing::instrument(skip_all, name = "consent.appoint_proxy")]
    pub(crate) async fn appoint_proxy(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: RecordAuthority,
    ) -> Result<(Authority, Option<Position>), Failure> {
        let rooms: &[Category] =
            if command.categories.is_empty() { Category::ALL } else { &command.categories };
        let gate = &self.gate;
        let permit =
            gate.authorise(asked, Action::Share, command.patient, rooms, "consent.AppointProxy").await?;
        self.record(&permit.into_authority(), id, command, Word::Own).await
    }

    #[tracing::instrument(skip_all, name = "consent.attest_authority")]
    pub(crate) async fn attest_authority(
        &self,
        asked: &RequestContext,
        id: CommandId,
        proposal: Proposal,
    ) -> Result<(Authority, Option<Position>), Failure> {
        let Proposal { patient, authority, seen } = proposal;
        let by = self.oversees_authority(asked, patient, "consent.AttestAuthority").await?;
        let attested = Change::Attested { authority, by: by.account() };
        let executed = self.settle(&by, id, patient, attested, seen).await?;
        shown(executed, authority)
    }

    /// By who proposed it, and by whoever may attest it.
    #[tracing::instrument(skip_all, name = "consent.withdraw_authority")]
    pub(crate) async fn withdraw_authority(
        &self,
        asked: &RequestContext,
        id: CommandId,
        proposal: Proposal,
    ) -> Result<Option<Position>, Failure> {
        let Proposal { patient, authority, seen } = proposal;
        let operation = "consent.WithdrawAuthority";
        let state = self.authorities(patient).await?;
        let own = state.known.authority(authority).is_ok_and(|known| known.by == asked.caller.account);
        let by = match own {
            true => self.holds_some_of(asked, patient, operation).await?,
            false => self.oversees_authority(asked, patient, operation).await?,
        };
        let withdrawn = Change::Withdrawn { authority, by: by.account() };
        Ok(self.settle(&by, id, patient, withdrawn, seen).await?.position)
    }

    #[tracing::instrument(skip_all, name = "consent.renew_authority")]
    pub(crate) async fn renew_authority(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: RenewAuthority,
    ) -> Result<(Authority, Option<Position>), Failure> {
        let RenewAuthority { patient, authority, until, evidence } = command;
        let by = self.attests(asked, patient, "consent.RenewAuthority").await?.by;
        let renewed = Change::Renewed { authority, until, evidence };
        let executed = self.settle(&by, id, patient, renewed, None).await?;
        shown(executed, authority)
    }

    /// By whoever attests, by who appointed a proxy, and by who has it: to give up what one holds needs nobody's leave.
    #[tracing::instrument(skip_all, name = "consent.end_authority")]
    pub(crate) async fn end_authority(
        &self,
        asked: &RequestContext,
        id: CommandId,
        patient: PatientId,
        authority: AuthorityId,
    ) -> Result<(Authority, Option<Position>), Failure> {
        let state = self.authorities(patient).await?;
        let caller = asked.caller.account;
        let own = state.known.authority(authority).is_ok_and(|known| {
            known.account == caller || (known.basis == Basis::Appointment && known.by == caller)
        });
        let operation = "consent.EndAuthority";
        let by = match own {
            true => self.holds_some_of(asked, patient, operation).await?,
            false => self.attests(asked, patient, operation).await?.by,
        };
        let now = self.log.clock().now();
        let ended = Change::Ended { authority, ended: now };
        let executed = self.settle(&by, id, patient, ended, None).await?;
        shown(executed, authority)
    }

    #[tracing::instrument(skip_all, name = "consent.freeze_holder")]
    pub(crate) async fn freeze_holder(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: FreezeHolder,
    ) -> Result<(Freeze, Option<Position>), Failure> {
        let FreezeHolder { patient, account, reason } = command;
        let by = self.oversees_authority(asked, patient, "consent.FreezeHolder").await?;
        let (placed, placed_by) = (self.log.clock().now(), by.account());
        let freeze = AuthorityId::new(made_by(placed_by, id, patient.uuid()));
        let frozen = Freeze { id: freeze, account, placed, reason, by: placed_by, review: None };
        let executed = self.settle(&by, id, patient, Change::Frozen(frozen), None).await?;
        shown_freeze(executed, freeze)
    }

    #[tracing::instrument(skip_all, name = "consent.review_freeze")]
    pub(crate) async fn review_freeze(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: ReviewFreeze,
    ) -> Result<(Freeze, Option<Position>), Failure> {
        let ReviewFreeze { patient, freeze, upheld, until, seen } = command;
        let oversight = Oversight::AuthorityReview(patient);
        let permit = self.gate.authorise_oversight(asked, oversight, "consent.ReviewFreeze").await?;
        let by = permit.into_authority();
        let until = if upheld { until } else { Some(self.log.clock().now()) };
        let review = Review { upheld, by: by.account(), until };
        let executed = self.settle(&by, id, patient, Change::Reviewed { freeze, review }, seen).await?;
        shown_freeze(executed, freeze)
    }

    async fn record(
        &self,
        by: &Caller,
        id: CommandId,
        command: RecordAuthority,
        word: Word,
    ) -> Result<(Authority, Option<Position>), Failure> {
        let (patient, now) = (command.patient, self.log.clock().now());
        let authority = AuthorityId::new(made_by(by.account(), id, patient.uuid()));
        let recorded = command.recorded(authority, by.account(), word, now)?;
        let executed = self.settle(by, id, patient, Change::Recorded(recorded), None).await?;
        shown(executed, authority)
    }

    async fn settle(
        &self,
        by: &Caller,
        id: CommandId,
        patient: PatientId,
        change: Change,
        seen: Option<u64>,
    ) -> Result<Executed<State>, Failure> {
        let subject = Subject::Patient(patient);
        let loaded = self.log.load::<Record>(subject, patient.uuid()).await.map_err(Failure::Read)?;
        let around = Around {
            holders: loaded.state.holders().to_vec(),
            free_standing: loaded.state.is_free_standing(),
        };
        let (now, account) = (self.log.clock().now(), by.account());
        let command = |present| Command {
            by: account,
            now,
            seen,
            present,
            change: change.clone(),
            around: around.clone(),
            rules: self.rules.clone(),
        };
        let request = Some(request(account, id));
        self.log
            .execute::<Authorities>(subject, patient.uuid(), by.context(), request, |loaded| {
                command(loaded.revision)
            })
            .await
            .map_err(|error| Failure::of(error, Failure::Authority))
    }

    pub(super) async fn authorities(&self, patient: PatientId) -> Result<State, Failure> {
        let loaded = self.log.load::<Authorities>(Subject::Patient(patient), patient.uuid()).await;
        Ok(loaded.map_err(Failure::Read)?.state)
    }

    async fn is_free_standing(&self, patient: PatientId) -> Result<bool, Failure> {
        let loaded = self.log.load::<Record>(Subject::Patient(patient), patient.uuid()).await;
        Ok(loaded.map_err(Failure::Read)?.state.is_free_standing())
    }

    /// A network's people for its record; for a free-standing one there is only the word of who holds it.
    async fn attests(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        operation: &'static str,
    ) -> Result<Deciding, Failure> {
        if self.is_free_standing(patient).await? {
            let by = self.holds_all_of(asked, patient, operation).await?;
            return Ok(Deciding { by, word: Word::Own });
        }
        let by = self.oversees_authority(asked, patient, operation).await?;
        let word = Word::Attested(by.account());
        Ok(Deciding { by, word })
    }

    async fn holds_all_of(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        operation: &'static str,
    ) -> Result<Caller, Failure> {
        let permit = self.gate.authorise(asked, Action::Share, patient, Category::ALL, operation).await?;
        Ok(permit.into_authority())
    }

    /// What is one's own to take back or give up needs nobody's leave, and a part of the rooms.
    async fn holds_some_of(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        operation: &'static str,
    ) -> Result<Caller, Failure> {
        let gate = &self.gate;
        let permit = gate.authorise_in_part(asked, Action::Read, patient, Category::ALL, operation).await?;
        Ok(permit.into_authority())
    }

    async fn oversees_authority(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        operation: &'static str,
    ) -> Result<Caller, Failure> {
        let oversight = Oversight::Authority(patient);
        Ok(self.gate.authorise_oversight(asked, oversight, operation).await?.into_authority())
    }
}

impl RecordAuthority {
    fn recorded(
        self,
        id: AuthorityId,
        by: AccountId,
        word: Word,
        now: DateTime<Utc>,
    ) -> Result<Authority, Failure> {
        let Self { account, basis, categories, actions, from, until, in_place_of_person, evidence, .. } =
            self;
        let period = Period::try_new(from.unwrap_or(now), until);
        let period = period.map_err(|_| Failure::Authority(Refusal::EndsBeforeItBegins))?;
        Ok(Authority {
            id,
            account,
            basis,
            categories,
            actions,
            period,
            in_place_of_person,
            evidence,
            word,
            by,
            withdrawn: false,
        })
    }
}

fn shown(
    executed: Executed<State>,
    authority: AuthorityId,
) -> Result<(Authority, Option<Position>), Failure> {
    let known = executed.state.known.authority(authority).map_err(Failure::Authority)?;
    Ok((known.clone(), executed.position))
}

fn shown_freeze(
    executed: Executed<State>,
    freeze: AuthorityId,
) -> Result<(Freeze, Option<Position>), Failure> {
    let known = executed.state.known.freeze(freeze).map_err(Failure::Authority)?;
    Ok((known.clone(), executed.position))
}
