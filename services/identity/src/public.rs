//! What the other services hear of each private event: roles and sessions, by ids alone.
use crate::domain::{
    account::AccountEvent, factors::FactorsEvent, practice::PracticeEvent, session::SessionEvent,
    sign_in::SignInEvent, tenant::TenantEvent,
};
use holdfast_access::RoleAssignment;
use holdfast_eventlog::{DecodeError, Opened};
use holdfast_proto::{Word, identity::v1 as pb};
use prost::Name;
use prost_types::Any;
use uuid::Uuid;

pub(crate) fn publish(opened: &Opened) -> Result<Option<Any>, DecodeError> {
    if let Some(access) = holdfast_access::publish(opened) {
        return access.map(Some);
    }
    let stream_id = opened.header.stream.id().to_string();
    let account_id = opened.header.subject.to_string();
    if opened.is::<AccountEvent>() {
        return Ok(match opened.decode()? {
            AccountEvent::RoleAssigned(role) => {
                let RoleAssignment { role, tenant, practice } = role;
                let (tenant_id, practice_id) = (tenant.to_string(), text(practice.map(|id| id.uuid())));
                any(&pb::RoleAssigned { account_id, role: role.to_proto(), tenant_id, practice_id })
            }
            AccountEvent::RoleWithdrawn(role) => {
                let RoleAssignment { role, tenant, practice } = role;
                let (tenant_id, practice_id) = (tenant.to_string(), text(practice.map(|id| id.uuid())));
                any(&pb::RoleWithdrawn { account_id, role: role.to_proto(), tenant_id, practice_id })
            }
            AccountEvent::Opened { .. } | AccountEvent::Changed(_) => None,
        });
    }
    if opened.is::<SessionEvent>() {
        return Ok(match opened.decode()? {
            SessionEvent::Started(_) => any(&pb::SessionStarted { account_id, session_id: stream_id }),
            SessionEvent::Ended { .. } => any(&pb::SessionEnded { account_id, session_id: stream_id }),
        });
    }
    if opened.is::<FactorsEvent>() {
        return Ok(match opened.decode()? {
            FactorsEvent::TotpBegun { .. }
            | FactorsEvent::TotpConfirmed { .. }
            | FactorsEvent::TotpRemoved {}
            | FactorsEvent::RecoveryCodesMade { .. }
            | FactorsEvent::CodeShown { .. }
            | FactorsEvent::RecoveryCodeShown { .. }
            | FactorsEvent::CodeRefused { .. }
            | FactorsEvent::PasskeyAdded { .. }
            | FactorsEvent::PasskeyShown { .. }
            | FactorsEvent::PasskeyRemoved { .. } => None,
        });
    }
    if opened.is::<SignInEvent>() {
        return Ok(match opened.decode()? {
            SignInEvent::Requested(_) | SignInEvent::Used { .. } => None,
        });
    }
    if opened.is::<TenantEvent>() {
        return Ok(match opened.decode()? {
            TenantEvent::Created { .. } => None,
        });
    }
    if opened.is::<PracticeEvent>() {
        return Ok(match opened.decode()? {
            PracticeEvent::Created(_) => any(&pb::PracticeCreated {
                practice_id: stream_id,
                tenant_id: opened.header.tenant.to_string(),
            }),
        });
    }
    Ok(None)
}

fn text(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

fn any<M: Name>(message: &M) -> Option<Any> {
    // Encoding into a growing buffer cannot fail.
    Any::from_msg(message).ok()
}
