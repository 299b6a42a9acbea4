//! What nobody has looked at yet in a network: freezes that nobody has reviewed, and what holders propose.
use super::{App, Failure};
use crate::{
    domain::authority::{Authorities, State},
    views::{self, Unreviewed},
};
use holdfast_access::{Oversight, RequestContext, Returned, RoleAssignment, Unreleased};
use holdfast_eventlog::Subject;
use holdfast_types::{Role, TenantId};

pub(crate) struct ListWaiting {
    pub(crate) tenant: TenantId,
    pub(crate) after: Option<Unreviewed>,
    pub(crate) page_size: u32,
}

/// One of them, with what is known of who acts for the record's person, and at which revision.
pub(crate) struct Waiting {
    pub(crate) place: Unreviewed,
    pub(crate) state: State,
    pub(crate) revision: u64,
}

pub(crate) struct WaitingPage {
    /// One more than the page holds.
    pub(crate) listed: Vec<Waiting>,
    pub(crate) open: u32,
}

impl App {
    #[tracing::instrument(skip_all, name = "consent.list_waiting_authority")]
    pub(crate) async fn list_waiting(
        &self,
        asked: &RequestContext,
        query: ListWaiting,
    ) -> Result<WaitingPage, Failure> {
        let ListWaiting { tenant, after, page_size } = query;
        let oversight = oversight(asked, tenant);
        let operation = "consent.ListWaitingAuthority";
        let permit = self.gate.authorise_oversight(asked, oversight, operation).await?;
        let (pool, now) = (self.log.pool(), self.log.clock().now());
        let places = views::unreviewed(pool, &permit, now, after, page_size).await.map_err(Failure::Views)?;
        let open = views::unreviewed_count(pool, &permit, now).await.map_err(Failure::Views)?;
        let (mut listed, mut returned) = (Vec::with_capacity(places.len()), Vec::new());
        for place in places {
            let (patient, subject) = (place.patient, Subject::Patient(place.patient));
            let loaded =
                self.log.load::<Authorities>(subject, patient.uuid()).await.map_err(Failure::Read)?;
            returned.push(Returned { id: patient.uuid(), revision: loaded.revision });
            listed.push(Waiting { place, state: loaded.state, revision: loaded.revision });
        }
        returned.truncate(usize::try_from(page_size).unwrap_or(usize::MAX));
        let page = WaitingPage { listed, open };
        Ok(self.gate.release(permit, Unreleased::new(page, returned)).await?)
    }
}

/// Who administers one practice attests what is brought to them, and is not told of the others' patients.
fn oversight(asked: &RequestContext, tenant: TenantId) -> Oversight {
    let all_of_it = |held: &RoleAssignment| {
        held.role == Role::PracticeAdministrator && held.tenant == tenant && held.practice.is_none()
    };
    match asked.caller.roles.iter().any(all_of_it) {
        true => Oversight::Tenant(tenant),
        false => Oversight::TenantHistory { tenant, patient: None },
    }
}
