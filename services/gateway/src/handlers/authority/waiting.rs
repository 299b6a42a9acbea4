//! What nobody has looked at yet in the network, across its records: who was stopped, and what families propose.
use super::{
    desk,
    told::{Reader, Told},
};
use crate::{
    directory::Known,
    failure::{Answer, Failure},
    pages::{
        Frame,
        authority::{Acting, Waiting},
        parts::Fact,
        show,
    },
    visitor::Signed,
};
use axum::extract::Query;
use holdfast_proto::{
    Word as _,
    consent::v1::{
        ListAuthorityResponse, ListWaitingAuthorityRequest, ListWaitingAuthorityResponse, WaitingAuthority,
        waiting_authority::What,
    },
    identity::v1::RoleAssignment,
};
use holdfast_types::Role;
use serde::Deserialize;

const PAGE_SIZE: i32 = 25;

#[derive(Default, Deserialize)]
pub(super) struct At {
    #[serde(default)]
    page: String,
}

/// The network that the account looks after as a whole. Who administers one practice sees what is brought to them.
pub(in super::super) fn tenant(signed: &Signed) -> Option<String> {
    let whole = |held: &&RoleAssignment| match Role::from_proto(held.role) {
        Some(Role::ComplianceOfficer) => true,
        Some(Role::PracticeAdministrator) => held.practice_id.is_empty(),
        _ => false,
    };
    signed.who.account.roles.iter().find(whole).map(|held| held.tenant_id.clone())
}

pub(in super::super) fn looks_after(signed: &Signed) -> bool {
    tenant(signed).is_some()
}

async fn listed(
    signed: &Signed,
    page_size: i32,
    page_token: String,
) -> Result<ListWaitingAuthorityResponse, Failure> {
    let tenant_id = tenant(signed).ok_or_else(Failure::not_shown)?;
    let asked = ListWaitingAuthorityRequest { tenant_id, page_size, page_token };
    Ok(signed.authorities().list_waiting_authority(asked).await?.into_inner())
}

/// How many wait to be looked at.
pub(in super::super) async fn open_count(signed: &Signed) -> Result<usize, Failure> {
    Ok(usize::try_from(listed(signed, 1, String::new()).await?.open_size).unwrap_or_default())
}

pub(super) async fn list(signed: Signed, Query(at): Query<At>) -> Answer {
    let answer = listed(&signed, PAGE_SIZE, at.page).await?;
    let known = signed.known(answer.waiting.iter().flat_map(accounts)).await?;
    let (mut stopped, mut proposed) = (Vec::new(), Vec::new());
    for one in &answer.waiting {
        let of = if matches!(one.what, Some(What::Freeze(_))) { &mut stopped } else { &mut proposed };
        of.extend(card(&signed, &known, one));
    }
    let next = Some(answer.next_page_token).filter(|token| !token.is_empty());
    Ok(show(&Waiting {
        frame: Frame { here: signed.here().to_owned(), ..desk::frame(&signed) },
        back: desk::back(&signed),
        open: usize::try_from(answer.open_size).unwrap_or_default(),
        stopped,
        proposed,
        next: next.map(|token| format!("/authority/waiting?page={token}")),
    }))
}

fn accounts(one: &WaitingAuthority) -> [&str; 2] {
    match &one.what {
        Some(What::Freeze(freeze)) => [&freeze.account_id, &freeze.placed_by_account_id],
        Some(What::Proposal(proposal)) => [&proposal.account_id, &proposal.recorded_by_account_id],
        None => ["", ""],
    }
}

/// As it stands on the page of its record, with the record's number and since when it waits.
fn card(signed: &Signed, known: &Known, one: &WaitingAuthority) -> Option<Acting> {
    let (words, mut list) = (signed.words(), ListAuthorityResponse::default());
    let by = match one.what.clone()? {
        What::Freeze(freeze) => {
            list.freezes.push(freeze);
            None
        }
        What::Proposal(proposal) => {
            let by = known.actor(signed, &proposal.recorded_by_account_id).name;
            list.authorities.push(proposal);
            Some(Fact::new(words.t("waiting-by"), by))
        }
    };
    let reader = Reader::Desk(signed, &one.patient_id);
    let mut settled = Told::knowing(&reader, known.clone(), &list, signed.now()).settled();
    let mut card = settled.stopped.pop().or_else(|| settled.beside.pop())?;
    card.badge = None;
    card.facts.insert(0, Fact::new(words.t("emergencies-patient"), one.patient_id.clone()));
    card.facts.extend(by);
    let since = signed.when(one.since_time.as_ref()).filter(|_| !list.authorities.is_empty());
    card.facts.extend(since.map(|when| Fact::new(words.t("waiting-since"), when.text)));
    Some(card)
}
