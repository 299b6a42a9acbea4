//! The treating relationship: proposed, agreed to, accepted, ended; each step and the grants that it gives or takes are one append.
mod step;

pub(super) use step::Step;

use super::{App, Failure, request, treatment_policies::tenant_of};
use crate::{
    domain::{
        care::Care,
        record::{FREE_STANDING, Record, State as RecordState},
        treatment::{Side, State, Treatment, id_of},
        treatment_policy::State as Policy,
    },
    views::{self, Place},
};
use holdfast_access::{Oversight, RequestContext, Returned, Unreleased};
use holdfast_eventlog::{Context, Position, Subject};
use holdfast_host::CommandId;
use holdfast_types::{AccountId, Action, Category, GrantId, PatientId, PracticeId, TenantId, TreatmentId};

pub(crate) struct Propose {
    pub(crate) patient: PatientId,
    pub(crate) practice: PracticeId,
    pub(crate) began: Began,
}

/// Who proposes, and what that side says.
#[derive(Clone)]
pub(crate) enum Began {
    Family { care: Care, seen: u64, introduction: String },
    Practice,
}

pub(crate) struct Agree {
    pub(crate) treatment: TreatmentId,
    pub(crate) care: Care,
    /// The version of the policy that the caller saw.
    pub(crate) seen: u64,
}

pub(crate) struct End {
    pub(crate) treatment: TreatmentId,
    pub(crate) side: Side,
}

pub(crate) struct ListPracticeTreatments {
    pub(crate) practice: PracticeId,
    pub(crate) after: Option<Place>,
    pub(crate) page_size: u32,
}

/// One as it is told to one side.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) id: TreatmentId,
    pub(crate) revision: u64,
    pub(crate) state: State,
    /// In force at its practice.
    pub(crate) policy: Policy,
    /// Grants that it gave and that nobody has revoked.
    pub(crate) standing: Vec<GrantId>,
    pub(crate) to: Side,
    /// Of which rooms it is told.
    pub(crate) rooms: Vec<Category>,
}

pub(crate) struct PracticePage {
    /// One more than the page holds, each with its place.
    pub(crate) listed: Vec<(Place, Told)>,
    pub(crate) waiting: u32,
}

/// Who acts on one, for which side, in the record's network.
struct Acting {
    by: AccountId,
    context: Context,
    side: Side,
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.propose_treatment")]
    pub(crate) async fn propose_treatment(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: Propose,
    ) -> Result<(Told, Option<Position>), Failure> {
        let Propose { patient, practice, began } = command;
        let operation = "consent.ProposeTreatment";
        let acting = match &began {
            Began::Family { care, .. } => self.as_family(asked, patient, &care.rooms(), operation).await?,
            Began::Practice => self.as_practice_of_its_network(asked, patient, practice, operation).await?,
        };
        let (by, request) = (acting.by, request(acting.by, id));
        let proposed = self.log.clock().now();
        let step = || Step::Propose { patient, practice, by, proposed, began: began.clone() };
        let changed = self.change(patient, id_of(patient, practice), &acting.context, Some(request), step);
        self.told(changed.await?, acting.side).await
    }

    /// A holder's word.
    #[tracing::instrument(skip_all, name = "consent.agree_to_treatment")]
    pub(crate) async fn agree_to_treatment(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: Agree,
    ) -> Result<(Told, Option<Position>), Failure> {
        let Agree { treatment, care, seen } = command;
        let (patient, practice) = self.treatment_of(treatment).await?;
        let acting = self.as_family(asked, patient, &care.rooms(), "consent.AgreeToTreatment").await?;
        let (by, request) = (acting.by, request(acting.by, id));
        let step = || Step::Agree { practice, by, care: care.clone(), seen };
        let changed = self.change(patient, treatment, &acting.context, Some(request), step).await?;
        self.narrow(patient, treatment, practice, acting.context.tenant).await?;
        self.told(changed, acting.side).await
    }

    /// The practice's word.
    #[tracing::instrument(skip_all, name = "consent.accept_treatment")]
    pub(crate) async fn accept_treatment(
        &self,
        asked: &RequestContext,
        id: CommandId,
        treatment: TreatmentId,
    ) -> Result<(Told, Option<Position>), Failure> {
        let (patient, practice) = self.treatment_of(treatment).await?;
        let acting = self.as_practice(asked, patient, practice, "consent.AcceptTreatment").await?;
        let (by, request) = (acting.by, request(acting.by, id));
        let step = || Step::Accept { practice, by };
        let changed = self.change(patient, treatment, &acting.context, Some(request), step).await?;
        self.narrow(patient, treatment, practice, acting.context.tenant).await?;
        self.told(changed, acting.side).await
    }

    #[tracing::instrument(skip_all, name = "consent.end_treatment")]
    pub(crate) async fn end_treatment(
        &self,
        asked: &RequestContext,
        id: CommandId,
        command: End,
    ) -> Result<(Told, Option<Position>), Failure> {
        let End { treatment, side } = command;
        let (patient, practice) = self.treatment_of(treatment).await?;
        let operation = "consent.EndTreatment";
        let acting = match side {
            Side::Family => {
                let permit = self.may_share(asked, patient, Category::ALL, operation).await?;
                let authority = permit.into_authority();
                Acting { by: authority.account(), context: authority.context().clone(), side }
            }
            Side::Practice => self.as_practice(asked, patient, practice, operation).await?,
        };
        let (by, request) = (acting.by, request(acting.by, id));
        let step = || Step::End { side, by };
        let changed = self.change(patient, treatment, &acting.context, Some(request), step).await?;
        self.told(changed, acting.side).await
    }

    #[tracing::instrument(skip_all, name = "consent.list_treatments")]
    pub(crate) async fn list_treatments(
        &self,
        asked: &RequestContext,
        patient: PatientId,
    ) -> Result<Vec<Told>, Failure> {
        let permit = self.may_share(asked, patient, Category::ALL, "consent.ListTreatments").await?;
        let rooms = permit.categories().to_vec();
        let ids = views::treatments(self.log.pool(), &permit).await.map_err(Failure::Views)?;
        let mut told = Vec::with_capacity(ids.len());
        for id in ids {
            told.push(Told { rooms: rooms.clone(), ..self.look_at(patient, id, Side::Family).await? });
        }
        let returned = told.iter().map(returned).collect();
        Ok(self.gate.release(permit, Unreleased::new(told, returned)).await?)
    }

    #[tracing::instrument(skip_all, name = "consent.list_practice_treatments")]
    pub(crate) async fn list_practice_treatments(
        &self,
        asked: &RequestContext,
        query: ListPracticeTreatments,
    ) -> Result<PracticePage, Failure> {
        let ListPracticeTreatments { practice, after, page_size } = query;
        let oversight = Oversight::Treatments(practice);
        let permit =
            self.gate.authorise_oversight(asked, oversight, "consent.ListPracticeTreatments").await?;
        let pool = self.log.pool();
        let places = views::treatments_at(pool, &permit, after, page_size).await.map_err(Failure::Views)?;
        let waiting = views::families_waiting(pool, &permit).await.map_err(Failure::Views)?;
        let mut listed = Vec::with_capacity(places.len());
        for place in places {
            let told = self.look_at(place.patient, place.treatment, Side::Practice).await?;
            listed.push((place, told));
        }
        let shown = listed.iter().take(usize::try_from(page_size).unwrap_or(usize::MAX));
        let returned = shown.map(|(_, told)| returned(told)).collect();
        let page = PracticePage { listed, waiting };
        Ok(self.gate.release(permit, Unreleased::new(page, returned)).await?)
    }

    /// Whoever may share all of these rooms.
    async fn as_family(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        rooms: &[Category],
        operation: &'static str,
    ) -> Result<Acting, Failure> {
        let rooms = if rooms.is_empty() { Category::ALL } else { rooms };
        let permit = self.gate.authorise(asked, Action::Share, patient, rooms, operation).await?;
        let authority = permit.into_authority();
        Ok(Acting { by: authority.account(), context: authority.context().clone(), side: Side::Family })
    }

    /// Whoever keeps the practice's list; what happens to a record stands in the record's own network.
    async fn as_practice(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        practice: PracticeId,
        operation: &'static str,
    ) -> Result<Acting, Failure> {
        let oversight = Oversight::Treatments(practice);
        let permit = self.gate.authorise_oversight(asked, oversight, operation).await?;
        let authority = permit.into_authority();
        let tenant = self.network_of(patient).await?.unwrap_or(FREE_STANDING);
        let context = Context { tenant, ..authority.context().clone() };
        Ok(Acting { by: authority.account(), context, side: Side::Practice })
    }

    /// A practice names a record only where its network opened it: of any other it does not learn that it is there.
    async fn as_practice_of_its_network(
        &self,
        asked: &RequestContext,
        patient: PatientId,
        practice: PracticeId,
        operation: &'static str,
    ) -> Result<Acting, Failure> {
        let network = self.network_of(patient).await?.filter(|network| *network != FREE_STANDING);
        let own = network == Some(tenant_of(asked, practice));
        self.as_practice(asked, patient, if own { practice } else { PracticeId::NIL }, operation).await
    }

    async fn network_of(&self, patient: PatientId) -> Result<Option<TenantId>, Failure> {
        let loaded = self.log.load::<Record>(Subject::Patient(patient), patient.uuid()).await;
        Ok(match loaded.map_err(Failure::Read)?.state {
            RecordState::Unopened => None,
            RecordState::Open { tenant, .. } => Some(tenant),
        })
    }

    async fn treatment_of(&self, treatment: TreatmentId) -> Result<(PatientId, PracticeId), Failure> {
        let known = views::treatment_of(self.log.pool(), treatment).await.map_err(Failure::Views)?;
        Ok(known.unwrap_or((PatientId::NIL, PracticeId::NIL)))
    }

    /// As the log tells it.
    async fn look_at(&self, patient: PatientId, id: TreatmentId, to: Side) -> Result<Told, Failure> {
        let loaded = self.log.load::<Treatment>(Subject::Patient(patient), id.uuid()).await;
        let loaded = loaded.map_err(Failure::Read)?;
        let practice = loaded.state.proposal().ok_or(Failure::TreatmentUnknown)?.practice;
        let policy = self.policy_of(practice).await?;
        let standing = self.standing_of(patient, &loaded.state).await?;
        let standing = standing.into_iter().map(|(given, _)| given.grant).collect();
        let (revision, state, rooms) = (loaded.revision, loaded.state, Category::ALL.to_vec());
        Ok(Told { id, revision, state, policy, standing, to, rooms })
    }

    async fn told(
        &self,
        (patient, id, position): (PatientId, TreatmentId, Option<Position>),
        to: Side,
    ) -> Result<(Told, Option<Position>), Failure> {
        Ok((self.look_at(patient, id, to).await?, position))
    }
}

const fn returned(told: &Told) -> Returned {
    Returned { id: told.id.uuid(), revision: told.revision }
}
