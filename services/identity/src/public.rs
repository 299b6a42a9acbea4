//! What the other services hear of each private event: roles and sessions, by ids alone.
use crate::domain::{
    access_review::AccessReviewEvent, account::AccountEvent, factors::FactorsEvent,
    invitation::InvitationEvent, practice::PracticeEvent, provider::ProviderEvent, provider_link::LinkEvent,
    role_change::Held, session::SessionEvent, sign_in::SignInEvent, tenant::TenantEvent,
};
use holdfast_access::RoleAssignment;
use holdfast_eventlog::{DecodeError, Opened};
use holdfast_proto::{Word, identity::v1 as pb};
use prost::Name;
use prost_types::Any;

pub(crate) fn publish(opened: &Opened) -> Result<Option<Any>, DecodeError> {
    if let Some(access) = holdfast_access::publish(opened) {
        return access.map(Some);
    }
    let stream_id = opened.header.stream.id().to_string();
    let account_id = opened.header.subject.to_string();
    if opened.is::<AccountEvent>() {
        return Ok(match opened.decode()? {
            AccountEvent::RoleAssigned(given) => {
                let pb::RoleAssignment { role, tenant_id, practice_id } = assignment(&given.assignment);
                let (before, after) = held(given.held);
                any(&pb::RoleAssigned { account_id, role, tenant_id, practice_id, before, after })
            }
            AccountEvent::RoleWithdrawn(taken) => {
                let pb::RoleAssignment { role, tenant_id, practice_id } = assignment(&taken.assignment);
                let (before, after) = held(taken.held);
                any(&pb::RoleWithdrawn { account_id, role, tenant_id, practice_id, before, after })
            }
            AccountEvent::Opened { .. }
            | AccountEvent::Changed(_)
            | AccountEvent::KeysAdded { .. }
            | AccountEvent::KeyRemoved { .. } => None,
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
    if opened.is::<InvitationEvent>() {
        return Ok(match opened.decode()? {
            InvitationEvent::Sent(_)
            | InvitationEvent::Withdrawn { .. }
            | InvitationEvent::Answered { .. } => None,
        });
    }
    if opened.is::<SignInEvent>() {
        return Ok(match opened.decode()? {
            SignInEvent::Requested(_) | SignInEvent::Used { .. } => None,
        });
    }
    if opened.is::<AccessReviewEvent>() {
        return Ok(match opened.decode()? {
            AccessReviewEvent::Opened { .. }
            | AccessReviewEvent::LineDecided { .. }
            | AccessReviewEvent::SignedOff { .. } => None,
        });
    }
    if opened.is::<ProviderEvent>() {
        return Ok(match opened.decode()? {
            ProviderEvent::Set { .. } | ProviderEvent::Removed { .. } => None,
        });
    }
    if opened.is::<LinkEvent>() {
        return Ok(match opened.decode()? {
            LinkEvent::Made(_) | LinkEvent::RolesFollowed { .. } => None,
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

/// Old and new values; none where they were not noted.
fn held(held: Option<Held>) -> (Vec<pb::RoleAssignment>, Vec<pb::RoleAssignment>) {
    let Held { before, after } = held.unwrap_or_default();
    (before.iter().map(assignment).collect(), after.iter().map(assignment).collect())
}

fn assignment(role: &RoleAssignment) -> pb::RoleAssignment {
    pb::RoleAssignment {
        role: role.role.to_proto(),
        tenant_id: role.tenant.to_string(),
        practice_id: role.practice.map(|id| id.to_string()).unwrap_or_default(),
    }
}

fn any<M: Name>(message: &M) -> Option<Any> {
    // Encoding into a growing buffer cannot fail.
    Any::from_msg(message).ok()
}
