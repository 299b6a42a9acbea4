//! The use cases: authorise, load, decide, append; or authorise, read, release.
//!
//! A command's answer shows what its sender has just decided: the command's own event, committed before, is the record of it.
mod authorities;
mod authority_then;
mod emergencies;
mod erasures;
mod giving;
mod grants;
mod links;
mod marks;
mod records;
mod treatment_policies;
mod treatments;
mod visits;
mod waiting;

pub(crate) use authorities::{FreezeHolder, Proposal, RecordAuthority, RenewAuthority, ReviewFreeze};
pub(crate) use authority_then::ListAuthority;
pub(crate) use emergencies::{BeginEmergency, EmergencyAccess, ListEmergencies, ReviewEmergency};
pub(crate) use erasures::{CarryOut, Content, GetErasure, LiftHold, ListErasures, PlaceHold, Retention};
pub(crate) use giving::{GiveGrant, Replaced};
pub(crate) use grants::{ListGrants, RevokeGrant};
pub(crate) use links::{ListedLink, MakeLink, OpenLink, OpenedLink, Shown};
pub(crate) use marks::{LiftMark, SetMark};
pub(crate) use records::{AddHolder, ListRecords, OpenRecord};
pub(crate) use treatment_policies::SetTreatmentPolicy;
pub(crate) use treatments::{Agree, Began, End, ListPracticeTreatments, Propose, Told};
pub(crate) use visits::BeginVisit;
pub(crate) use waiting::{ListWaiting, Waiting};

use crate::{
    domain::{
        allowance,
        authority::{self, Rules},
        emergency, erasure, grant, link, mark, record, treatment, treatment_policy, visit,
    },
    secrets::Secrets,
    views::ViewsError,
};
use holdfast_access::{Gate, Refused};
use holdfast_eventlog::{AppendError, EventLog, ExecuteError, ReadError, Request};
use holdfast_host::CommandId;
use holdfast_types::AccountId;
use sha2::{Digest, Sha256};
use std::sync::Arc;
use tokio::sync::Notify;
use uuid::Uuid;

#[derive(Clone)]
pub(crate) struct App {
    log: EventLog,
    gate: Gate,
    rules: Arc<Rules>,
    secrets: Arc<Secrets>,
    /// A policy was set, or something was agreed to by one that is no longer in force.
    policies_moved: Arc<Notify>,
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("the caller is refused")]
    Denied(#[from] Refused),
    #[error("a rule of records is broken")]
    Record(#[source] record::Refusal),
    #[error("a rule of grants is broken")]
    Grant(#[source] grant::Refusal),
    #[error("a rule of erasures is broken")]
    Erasure(#[source] erasure::Refusal),
    #[error("a rule of emergencies is broken")]
    Emergency(#[source] emergency::Refusal),
    #[error("a rule of how often somebody opens records is broken")]
    Allowance(#[source] allowance::Refusal),
    #[error("a rule of visits is broken")]
    Visit(#[source] visit::Refusal),
    #[error("a rule of links is broken")]
    Link(#[source] link::Refusal),
    #[error("the passcode is wrong")]
    PasscodeWrong { left: u32 },
    #[error("the link wants a passcode")]
    PasscodeMissing { left: u32 },
    #[error("the bearer of a link is given nothing but the link's own grant")]
    ToLink,
    #[error("a link lasts {} days at most", link::LASTS_MAX.num_days())]
    LinkTooLong,
    #[error("a link's secrets cannot be made")]
    Secrets,
    #[error("a rule of marks is broken")]
    Mark(#[source] mark::Refusal),
    #[error("a rule of authority is broken")]
    Authority(#[source] authority::Refusal),
    #[error("who acts for the record's person is settled by authorities")]
    AuthoritySettled,
    #[error("a rule of treatments is broken")]
    Treatment(#[source] treatment::Refusal),
    #[error("a rule of treatment policies is broken")]
    TreatmentPolicy(#[source] treatment_policy::Refusal),
    #[error("there is no such treating relationship")]
    TreatmentUnknown,
    #[error("whoever proposed it does not hold these rooms")]
    NoLongerHeld,
    #[error("the policy has changed since it was seen")]
    PolicyNotAsSeen,
    #[error("the events cannot be appended")]
    Append(#[source] AppendError),
    #[error("the log cannot be read")]
    Read(#[source] ReadError),
    #[error("the read models cannot be read")]
    Views(#[source] ViewsError),
}

impl App {
    pub(crate) fn new(log: EventLog, gate: Gate, rules: Arc<Rules>, secrets: Arc<Secrets>) -> Self {
        Self { log, gate, rules, secrets, policies_moved: Arc::default() }
    }
}

impl Failure {
    fn of<R>(error: ExecuteError<R>, rule: impl FnOnce(R) -> Self) -> Self {
        match error {
            ExecuteError::Refused(refusal) => rule(refusal),
            ExecuteError::Read(error) => Self::Read(error),
            ExecuteError::Append(error) => Self::Append(error),
        }
    }
}

/// The command as its sender's own: the same id and content from another account is another command.
fn request(sender: AccountId, command: CommandId) -> Request {
    let mut hash = Sha256::new_with_prefix(sender.uuid().as_bytes());
    hash.update(command.fingerprint);
    Request { id: command.id, fingerprint: hash.finalize().into() }
}

/// The id of what a command makes. It follows from sender and request, so that a repeated command means the same thing again.
fn made_by(sender: AccountId, command: CommandId, within: Uuid) -> Uuid {
    let mut name = command.id.uuid().as_bytes().to_vec();
    name.extend_from_slice(within.as_bytes());
    Uuid::new_v5(&sender.uuid(), &name)
}
