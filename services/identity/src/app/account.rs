//! The caller's own account.
use super::{App, AppError, executed, own_account, own_context, request};
use crate::{
    domain::account::{Account, Change, Command},
    views::AccountView,
};
use holdfast_access::RequestContext;
use holdfast_eventlog::Subject;
use holdfast_host::CommandId;

impl App {
    #[tracing::instrument(skip_all, name = "identity.get_account")]
    pub(crate) async fn get_account(&self, context: &RequestContext) -> Result<AccountView, AppError> {
        own_account(self, context.caller.account).await
    }

    /// `decided_on`: the revision that the caller had seen, where it says so.
    #[tracing::instrument(skip_all, name = "identity.update_account")]
    pub(crate) async fn update_account(
        &self,
        context: &RequestContext,
        command: CommandId,
        change: Change,
        decided_on: Option<u64>,
    ) -> Result<AccountView, AppError> {
        let account = context.caller.account;
        self.ground
            .log()
            .execute::<Account>(
                Subject::Account(account),
                account.uuid(),
                &own_context(context),
                request(command),
                |loaded| Command::Change { change: change.clone(), present: loaded.revision, decided_on },
            )
            .await
            .map_err(executed(AppError::Account))?;
        own_account(self, account).await
    }
}
