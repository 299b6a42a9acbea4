//! The calls about practices, the professional directory, and names.
use super::message;
use crate::app::App;
use holdfast_host::{Page, PageLimits, Problem, field};
use holdfast_proto::identity::v1 as pb;
use holdfast_types::{AccountId, PracticeId};
use tonic::Request;

const LISTS: PageLimits = PageLimits { default: 50, max: 200 };
const QUERY_CHARACTERS_MAX: usize = 100;
const PROFILES_MAX: usize = 200;

pub(super) async fn list_practices(
    app: &App,
    request: Request<pb::ListPracticesRequest>,
) -> Result<pb::ListPracticesResponse, Problem> {
    app.ground.enter(&request).await?;
    let message = request.get_ref();
    let page = Page::<PracticeId>::of(message, LISTS)?;
    let tenant = field::optional_id("tenant_id", &message.tenant_id)?;
    let found = app.list_practices(tenant, page.after().copied(), page.size() + 1).await?;
    let (found, next_page_token) = page.cut(found, |row| PracticeId::new(row.practice))?;
    Ok(pb::ListPracticesResponse {
        practices: found.into_iter().map(message::practice).collect(),
        next_page_token,
    })
}

pub(super) async fn search(
    app: &App,
    request: Request<pb::SearchDirectoryRequest>,
) -> Result<pb::SearchDirectoryResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    let message = request.get_ref();
    let page = Page::<AccountId>::of(message, LISTS)?;
    let text = field::line("query", &message.query, 0, QUERY_CHARACTERS_MAX)?;
    let practice = field::optional_id("practice_id", &message.practice_id)?;
    let after = page.after().copied();
    let found = app.search_directory(&entered.context, &text, practice, after, page.size()).await?;
    let (found, next_page_token) = page.cut(found, |view| view.id)?;
    Ok(pb::SearchDirectoryResponse {
        profiles: found.into_iter().map(message::profile).collect(),
        next_page_token,
    })
}

pub(super) async fn profiles(
    app: &App,
    request: Request<pb::BatchGetProfilesRequest>,
) -> Result<pb::BatchGetProfilesResponse, Problem> {
    let entered = app.ground.enter(&request).await?;
    let asked = &request.get_ref().account_ids;
    field::count("account_ids", asked.len(), PROFILES_MAX)?;
    let mut ids: Vec<AccountId> = Vec::with_capacity(asked.len());
    for (index, text) in asked.iter().enumerate() {
        let id = field::id(&format!("account_ids[{index}]"), text)?;
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let found = app.profiles(&entered.context, &ids).await?;
    Ok(pb::BatchGetProfilesResponse { profiles: found.into_iter().map(message::profile).collect() })
}
