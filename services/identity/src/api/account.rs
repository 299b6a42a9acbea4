//! The calls about the caller's own account and sessions.
use super::message;
use crate::{app::App, domain::account::Change, views::SessionCursor};
use holdfast_host::{CommandId, Page, PageLimits, Problem, field, mask};
use holdfast_proto::identity::v1 as pb;
use tonic::Request;

const SESSIONS: PageLimits = PageLimits { default: 50, max: 100 };
const PATHS: &[&str] = &["display_name", "locale", "large_text"];

pub(super) async fn get(app: &App, request: Request<pb::GetAccountRequest>) -> Result<pb::Account, Problem> {
    let entered = app.ground.enter(&request).await?;
    Ok(message::account(app.get_account(&entered.context).await?))
}

pub(super) async fn update(
    app: &App,
    request: Request<pb::UpdateAccountRequest>,
) -> Result<pb::Account, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let paths = mask::paths(message.update_mask.as_ref(), PATHS)?;
    let asked = field::required("account", message.account)?;
    let decided_on = mask::revision(&asked.etag)?;
    let mut change = Change::default();
    for path in paths {
        match path {
            "display_name" => {
                change.display_name = Some(message::name("account.display_name", &asked.display_name)?)
            }
            "locale" => change.locale = Some(message::locale("account.locale", &asked.locale)?),
            _ => change.large_text = Some(asked.large_text),
        }
    }
    Ok(message::account(app.update_account(&entered.context, command, change, decided_on).await?))
}

pub(super) async fn list_sessions(
    app: &App,
    request: Request<pb::ListSessionsRequest>,
) -> Result<pb::ListSessionsResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    let page = Page::<SessionCursor>::of(request.get_ref(), SESSIONS)?;
    let found = app.list_sessions(&entered.context, page.after(), page.size() + 1).await?;
    let (found, next_page_token) =
        page.cut(found, |view| SessionCursor { create_time: view.create_time, session: view.id })?;
    let current = entered.caller().session;
    let sessions = found.into_iter().map(|view| message::session(view, current)).collect();
    Ok(pb::ListSessionsResponse { sessions, next_page_token })
}

pub(super) async fn end_session(
    app: &App,
    request: Request<pb::EndSessionRequest>,
) -> Result<pb::EndSessionResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.into_inner();
    let command = CommandId::of(&message)?;
    let session = field::optional_id("session_id", &message.session_id)?;
    app.end_session(&entered.context, command, session).await?;
    Ok(pb::EndSessionResponse {})
}

pub(super) async fn sign_out_everywhere(
    app: &App,
    request: Request<pb::SignOutEverywhereRequest>,
) -> Result<pb::SignOutEverywhereResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    let command = CommandId::of(request.get_ref())?;
    let ended = app.sign_out_everywhere(&entered.context, command).await?;
    Ok(pb::SignOutEverywhereResponse { ended_count: i32::try_from(ended).unwrap_or(i32::MAX) })
}
