//! Emergencies: who treats in the record's network opens it; the network's compliance officer lists what was opened, and signs it off.
use super::{App, Failure, made_by, request};
use crate::{
    domain::{
        allowance::{Allowance, Use},
        emergency::{Command, Emergency, Finding, Review, State as Reviewed, Taking},
        erasure::{self, Erasure, Stage},
        grant::{self, Grant, ShownGrant, State},
    },
    views::{self, EmergencyCursor},
};
use chrono::{DateTime, Utc};
use holdfast_access::{Oversight, RequestContext, Returned, Unreleased};
use holdfast_eventlog::{Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{AccountId, Basis, GrantId, PatientId, TenantId};

pub(crate) struct BeginEmergency {
    pub(crate) patient: PatientId,
    pub(crate) reason: String,
}

pub(crate) struct ListEmergencies {
    pub(crate) tenant: TenantId,
    pub(crate) after: Option<EmergencyCursor>,
    pub(crate) page_size: u32,
}

pub(crate) struct ReviewEmergency {
    pub(crate) grant: GrantId,
    pub(crate) finding: Finding,
    pub(crate) note: String,
}

/// What was opened, and what was found.
pub(crate) struct EmergencyAccess {
    pub(crate) grant: ShownGrant,
    pub(crate) review: Option<Review>,
}

pub(crate) struct Emergencies {
    /// One more than the page holds, each with its place.
    pub(crate) listed: Vec<(EmergencyCursor, EmergencyAccess)>,
    pub(crate) waiting: u32,
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.begin_emergency_access")]
    pub(crate) async fn begin_emergency(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: BeginEmergency,
    ) -> Result<(EmergencyAccess, Option<Position>), Failure> {
        let BeginEmergency { patient, reason } = command;
        let oversight = Oversight::Emergency(patient);
        let permit = self.gate.authorise_oversight(asked, oversight, "consent.BeginEmergencyAccess").await?;
        let (by, now, subject) = (permit.account(), self.log.clock().now(), Subject::Patient(patient));
        self.keeps_content(subject, patient).await?;
        let grant = GrantId::new(made_by(by, id, patient.uuid()));
        if let Some(open) = self.open_already(by, patient, grant, now).await? {
            // Nothing happens that would say who was answered.
            let returned = vec![returned(&open)];
            return Ok((self.gate.release(permit, Unreleased::new(open, returned)).await?, None));
        }
        let authority = permit.into_authority();
        let (request, used) = (request(by, id), Use { grant, patient, used: now });
        let counted = Some(request.step("allowance"));
        self.log
            .execute::<Allowance>(Subject::Account(by), by.uuid(), authority.context(), counted, |_| used)
            .await
            .map_err(|error| Failure::of(error, Failure::Allowance))?;
        let taking = Taking { patient, by, reason, now };
        let executed = self
            .log
            .execute::<Grant>(subject, grant.uuid(), authority.context(), Some(request), |_| {
                grant::Command::Take(taking.clone())
            })
            .await
            .map_err(|error| Failure::of(error, Failure::Grant))?;
        // Whatever became of it since: the answer to a repeated command is the first one.
        let terms = executed.state.terms().cloned().ok_or(Failure::Grant(grant::Refusal::NotGiven))?;
        let grant = ShownGrant::as_given(grant, terms);
        Ok((EmergencyAccess { grant, review: None }, executed.position))
    }

    #[tracing::instrument(skip_all, name = "consent.list_emergency_accesses")]
    pub(crate) async fn list_emergencies(
        &self,
        asked: &RequestContext,
        query: ListEmergencies,
    ) -> Result<Emergencies, Failure> {
        let ListEmergencies { tenant, after, page_size } = query;
        let oversight = Oversight::TenantHistory { tenant, patient: None };
        let permit = self.gate.authorise_oversight(asked, oversight, "consent.ListEmergencyAccesses").await?;
        let pool = self.log.pool();
        let taken = views::emergencies(pool, &permit, after, page_size).await.map_err(Failure::Views)?;
        let waiting = views::waiting(pool, &permit).await.map_err(Failure::Views)?;
        let mut listed = Vec::with_capacity(taken.len());
        for taken in taken {
            listed.push((taken.place, self.emergency(taken.patient, taken.grant).await?));
        }
        let shown = listed.iter().take(usize::try_from(page_size).unwrap_or(usize::MAX));
        let returned = shown.map(|(_, access)| returned(access)).collect();
        let emergencies = Emergencies { listed, waiting };
        Ok(self.gate.release(permit, Unreleased::new(emergencies, returned)).await?)
    }

    #[tracing::instrument(skip_all, name = "consent.review_emergency_access")]
    pub(crate) async fn review_emergency(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: ReviewEmergency,
    ) -> Result<(EmergencyAccess, Option<Position>), Failure> {
        let ReviewEmergency { grant, finding, note } = command;
        let patient = self.patient_of(grant).await?;
        let oversight = Oversight::EmergencyReview(patient);
        let permit = self.gate.authorise_oversight(asked, oversight, "consent.ReviewEmergencyAccess").await?;
        let authority = permit.into_authority();
        let opened = self.emergency(patient, grant).await?;
        let (by, reviewed) = (authority.account(), self.log.clock().now());
        let review = Review { finding, note, by, reviewed };
        let command = Command { review, taken_by: opened.grant.terms.given_by };
        let executed = self
            .log
            .execute::<Emergency>(
                Subject::Patient(patient),
                grant.uuid(),
                authority.context(),
                Some(request(by, id)),
                |_| command.clone(),
            )
            .await
            .map_err(|error| Failure::of(error, Failure::Emergency))?;
        let review = executed.state.review().cloned();
        Ok((EmergencyAccess { review, ..opened }, executed.position))
    }

    /// Of a record that was erased there is nothing to open.
    async fn keeps_content(&self, subject: Subject, patient: PatientId) -> Result<(), Failure> {
        let loaded = self.log.load::<Erasure>(subject, patient.uuid()).await.map_err(Failure::Read)?;
        match loaded.state.stage {
            Stage::Erased { .. } => Err(Failure::Erasure(erasure::Refusal::Erased)),
            Stage::Kept | Stage::Requested(_) => Ok(()),
        }
    }

    /// What the person opened by another command and nobody has ended.
    async fn open_already(
        &self,
        by: AccountId,
        patient: PatientId,
        grant: GrantId,
        now: DateTime<Utc>,
    ) -> Result<Option<EmergencyAccess>, Failure> {
        let loaded = self.log.load::<Allowance>(Subject::Account(by), by.uuid()).await;
        let used = loaded.map_err(Failure::Read)?.state.last(patient).copied();
        let Some(used) = used.filter(|used| used.grant != grant) else { return Ok(None) };
        let loaded = self.log.load::<Grant>(Subject::Patient(patient), used.grant.uuid()).await;
        let loaded = loaded.map_err(Failure::Read)?;
        match loaded.state {
            State::Standing(terms) if terms.period.contains(now) => {
                let grant = ShownGrant::as_given(used.grant, terms);
                Ok(Some(EmergencyAccess { grant, review: None }))
            }
            State::NotGiven | State::Standing(_) | State::Revoked { .. } => Ok(None),
        }
    }

    /// As the log tells it.
    async fn emergency(&self, patient: PatientId, grant: GrantId) -> Result<EmergencyAccess, Failure> {
        let subject = Subject::Patient(patient);
        let opened = self.log.load::<Grant>(subject, grant.uuid()).await.map_err(Failure::Read)?;
        let reviewed = self.log.load::<Emergency>(subject, grant.uuid()).await.map_err(Failure::Read)?;
        let (terms, revoked) = match opened.state {
            State::Standing(terms) => (terms, None),
            State::Revoked { terms, revoked, .. } => (terms, Some(revoked)),
            State::NotGiven => return Err(Failure::Grant(grant::Refusal::NotGiven)),
        };
        if terms.basis != Basis::Emergency {
            return Err(Failure::Grant(grant::Refusal::NotGiven));
        }
        let review = match reviewed.state {
            Reviewed::Waiting => None,
            Reviewed::Reviewed(review) => Some(review),
        };
        let revision = opened.revision;
        let grant = ShownGrant { revision, revoked, ..ShownGrant::as_given(grant, terms) };
        Ok(EmergencyAccess { grant, review })
    }
}

const fn returned(access: &EmergencyAccess) -> Returned {
    Returned { id: access.grant.id.uuid(), revision: access.grant.revision }
}
