//! Practices invite families: mailed, listed and taken back by who keeps the practice's list; answered by whoever reads the address.
use super::{App, AppError, executed, own_account, own_context, request};
use crate::{
    domain::invitation::{Command, Invitation, LASTS, Sent},
    letter::Letter,
    secret::{Email, derived_id},
    views::InvitationRow,
};
use chrono::TimeDelta;
use holdfast_access::{Oversight, RequestContext, Returned, Unreleased};
use holdfast_eventlog::{Context, Subject};
use holdfast_host::CommandId;
use holdfast_types::{AccountId, PracticeId};
use uuid::Uuid;

/// Of one practice that wait.
const WAITING_MAX: i64 = 200;
/// To one address in a day, by whichever practice.
const MAILS_MAX: i32 = 3;
const DAY: TimeDelta = TimeDelta::hours(24);

/// One as the log tells it.
pub(crate) struct Told {
    pub id: Uuid,
    pub revision: u64,
    pub state: Invitation,
}

impl App {
    #[tracing::instrument(skip_all, name = "identity.invite_family")]
    pub(crate) async fn invite_family(
        &self,
        context: &RequestContext,
        command: CommandId,
        practice: PracticeId,
        email: &Email,
        locale: String,
    ) -> Result<Told, AppError> {
        let asked = Oversight::Treatments(practice);
        let permit = self.ground.gate().authorise_oversight(context, asked, "identity.InviteFamily").await;
        let authority = permit.map_err(AppError::Refused)?.into_authority();
        let (tenant, _) = self.views.organization(practice).await?.ok_or(AppError::PracticeUnknown)?;
        let (now, by, address) = (self.now(), authority.account(), self.secrets.address(email));
        let id = derived_id(by.uuid(), command.id);
        let known = self.views.invitation(id).await?;
        if known.is_none() {
            if self.views.waiting_invitations(practice, Some(address), now).await? > 0 {
                return Err(AppError::InvitationWaits);
            }
            if self.views.waiting_invitations(practice, None, now).await? >= WAITING_MAX {
                return Err(AppError::TooManyInvitations);
            }
        }
        let mails = self.views.take_mail(self.secrets.invitations_to(email), now, DAY, MAILS_MAX).await?;
        // One that is sent again is answered as it was, with or without a further mail.
        if known.is_none() && !mails {
            return Err(AppError::TooManyInvitations);
        }
        let subject = match known {
            Some(row) => row.subject(),
            None => self.views.account_of(address).await?.unwrap_or(address.account()),
        };
        let email_text = email.as_str().to_owned();
        let letter = Letter::invitation(&self.ground.settings().public_url, &locale);
        let sent = Sent { practice, email: email_text, locale, by, sent: now, expires: now + LASTS };
        let context = Context { tenant, ..authority.context().clone() };
        let executed = self
            .ground
            .log()
            .execute::<Invitation>(Subject::Account(subject), id, &context, request(command), |_| {
                Command::Send(sent.clone())
            })
            .await
            .map_err(executed(AppError::Invitation))?;
        if mails && executed.state.waits(now) {
            self.outbox.send(email, &letter).await.map_err(AppError::Mail)?;
        }
        Ok(Told { id, revision: executed.revision, state: executed.state })
    }

    #[tracing::instrument(skip_all, name = "identity.withdraw_invitation")]
    pub(crate) async fn withdraw_invitation(
        &self,
        context: &RequestContext,
        command: CommandId,
        id: Uuid,
    ) -> Result<Told, AppError> {
        let row = self.views.invitation(id).await?;
        let practice = row.map_or(PracticeId::NIL, |row| PracticeId::new(row.practice));
        let asked = Oversight::Treatments(practice);
        let operation = "identity.WithdrawInvitation";
        let permit = self.ground.gate().authorise_oversight(context, asked, operation).await;
        let authority = permit.map_err(AppError::Refused)?.into_authority();
        let row = row.ok_or(AppError::InvitationUnknown)?;
        let by = authority.account();
        self.change_invitation(row, authority.context(), command, Command::Withdraw { by }).await
    }

    #[tracing::instrument(skip_all, name = "identity.list_invitations")]
    pub(crate) async fn list_invitations(
        &self,
        context: &RequestContext,
        practice: PracticeId,
        after: Option<InvitationRow>,
        page_size: u32,
    ) -> Result<Vec<(InvitationRow, Told)>, AppError> {
        let asked = Oversight::Treatments(practice);
        let gate = self.ground.gate();
        let permit = gate.authorise_oversight(context, asked, "identity.ListInvitations").await;
        let permit = permit.map_err(AppError::Refused)?;
        let mut told = Vec::new();
        for row in self.views.invitations(&permit, after, page_size).await? {
            told.push((row, self.told(row).await?));
        }
        let shown = told.iter().take(usize::try_from(page_size).unwrap_or(usize::MAX));
        let returned = shown.map(|(_, told)| Returned { id: told.id, revision: told.revision }).collect();
        gate.release(permit, Unreleased::new(told, returned)).await.map_err(AppError::Refused)
    }

    /// What an account is told of itself.
    #[tracing::instrument(skip_all, name = "identity.list_own_invitations")]
    pub(crate) async fn own_invitations(&self, context: &RequestContext) -> Result<Vec<Told>, AppError> {
        let Some(email) = self.own_address(context.caller.account).await? else { return Ok(Vec::new()) };
        let mut told = Vec::new();
        for row in self.views.own_invitations(self.secrets.address(&email), self.now()).await? {
            told.push(self.told(row).await?);
        }
        Ok(told)
    }

    #[tracing::instrument(skip_all, name = "identity.answer_invitation")]
    pub(crate) async fn answer_invitation(
        &self,
        context: &RequestContext,
        command: CommandId,
        id: Uuid,
        accepted: bool,
    ) -> Result<Told, AppError> {
        let own = self.own_address(context.caller.account).await?;
        let row = self.views.invitation(id).await?.ok_or(AppError::InvitationUnknown)?;
        let told = self.told(row).await?;
        // Of one to another address it is not said whether it is there.
        let to_own = match (&told.state, &own) {
            (Invitation::Sent { sent, .. }, Some(own)) => sent.email == own.as_str(),
            _ => false,
        };
        if !to_own {
            return Err(AppError::InvitationUnknown);
        }
        let answer = Command::Answer { by: context.caller.account, accepted, now: self.now() };
        self.change_invitation(row, &own_context(context), command, answer).await
    }

    async fn own_address(&self, account: AccountId) -> Result<Option<Email>, AppError> {
        Ok(own_account(self, account).await?.email.as_deref().and_then(Email::parse))
    }

    async fn told(&self, row: InvitationRow) -> Result<Told, AppError> {
        let subject = Subject::Account(row.subject());
        let loaded = self.ground.log().load::<Invitation>(subject, row.invitation).await;
        let loaded = loaded.map_err(AppError::Read)?;
        Ok(Told { id: row.invitation, revision: loaded.revision, state: loaded.state })
    }

    async fn change_invitation(
        &self,
        row: InvitationRow,
        context: &Context,
        command: CommandId,
        change: Command,
    ) -> Result<Told, AppError> {
        let subject = Subject::Account(row.subject());
        let executed = self
            .ground
            .log()
            .execute::<Invitation>(subject, row.invitation, context, request(command), |_| change.clone())
            .await
            .map_err(executed(AppError::Invitation))?;
        Ok(Told { id: row.invitation, revision: executed.revision, state: executed.state })
    }
}
