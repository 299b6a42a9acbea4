//! The professional directory, and the names on pages that show who did what.
use super::{App, AppError};
use crate::{
    domain::account::Addressed,
    views::{AccountView, PracticeRow},
};
use holdfast_access::{Oversight, Permit, RequestContext, Returned, Roles, Unreleased};
use holdfast_types::{AccountId, PracticeId, TenantId};

impl App {
    /// By name, after the given one.
    #[tracing::instrument(skip_all, name = "identity.list_practices")]
    pub(crate) async fn list_practices(
        &self,
        tenant: Option<TenantId>,
        after: Option<PracticeId>,
        limit: u32,
    ) -> Result<Vec<PracticeRow>, AppError> {
        Ok(self.views.practices(tenant, after, limit).await?)
    }

    /// Those with whom a holder may share at their work, and whose name holds the text, by name, after the given one. Names are sealed, so they are opened
    /// here, as many as the directory may hold. Answers with one more than a page, where there is one, which is not shown.
    #[tracing::instrument(skip_all, name = "identity.search_directory")]
    pub(crate) async fn search_directory(
        &self,
        context: &RequestContext,
        text: &str,
        practice: Option<PracticeId>,
        after: Option<AccountId>,
        page_size: u32,
    ) -> Result<Vec<AccountView>, AppError> {
        let permit = self.look(context, "identity.SearchDirectory").await?;
        let mut found = self.views.directory(&permit, practice).await?;
        // Where the last page ended, even if that account has left the directory since.
        let last = match after {
            Some(id) => self.views.profiles(&permit, &[id]).await?.pop().map(|view| name_key(&view)),
            None => None,
        };
        let text = text.to_lowercase();
        found.retain(|view| {
            let key = name_key(view);
            key.0.contains(&text) && last.as_ref().is_none_or(|last| key > *last)
        });
        found.sort_by_cached_key(name_key);
        let shown = usize::try_from(page_size).unwrap_or(usize::MAX);
        found.truncate(shown.saturating_add(1));
        for view in &mut found {
            view.roles.retain(|held| Roles::table().is_to_share_with(held.role));
        }
        let returned = found.iter().take(shown).map(AccountView::returned).collect();
        self.release(permit, found, returned).await
    }

    /// Names of staff for everybody who is signed in; names of others for themselves and for staff. To the rest they are there without
    /// a name: identity does not know who shares a record with whom.
    #[tracing::instrument(skip_all, name = "identity.batch_get_profiles")]
    pub(crate) async fn profiles(
        &self,
        context: &RequestContext,
        ids: &[AccountId],
    ) -> Result<Vec<AccountView>, AppError> {
        let permit = self.look(context, "identity.BatchGetProfiles").await?;
        let caller = &context.caller;
        let mut found = self.views.profiles(&permit, ids).await?;
        for view in &mut found {
            let named = view.is_staff() || view.id == caller.account || !caller.roles.is_empty();
            if !named {
                let display_name = String::new();
                view.addressed = Addressed { display_name, ..view.addressed.clone() };
            }
        }
        let returned = found.iter().map(AccountView::returned).collect();
        self.release(permit, found, returned).await
    }

    async fn look(
        &self,
        context: &RequestContext,
        operation: &'static str,
    ) -> Result<Permit<Oversight>, AppError> {
        let gate = self.ground.gate();
        gate.authorise_oversight(context, Oversight::Directory, operation).await.map_err(AppError::Refused)
    }

    async fn release(
        &self,
        permit: Permit<Oversight>,
        found: Vec<AccountView>,
        returned: Vec<Returned>,
    ) -> Result<Vec<AccountView>, AppError> {
        let unreleased = Unreleased::new(found, returned);
        self.ground.gate().release(permit, unreleased).await.map_err(AppError::Refused)
    }
}

fn name_key(view: &AccountView) -> (String, AccountId) {
    (view.addressed.display_name.to_lowercase(), view.id)
}
