//! One room of the record: its list by pages, and finding in it. What is looked for stands in no address.
pub(super) mod narrow;

use super::{proposals, propose, trail::Trail};
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Tab,
        parts::{Badge, Notice, Pager, Tone},
        record::{ItemRow, RoomList},
        show,
    },
    shelf::Open,
    site::Site,
};
use axum::{
    Router,
    extract::{Path, Query},
    response::Redirect,
    routing::get,
};
use chrono::TimeDelta;
use holdfast_proto::{
    Word as _,
    records::v1::{Item, ListItemsRequest, Proposal},
    time,
};
use holdfast_types::Category;
use std::sync::Arc;

const PAGE_SIZE: i32 = 25;
/// Finding reads as many pages as this, as large as records gives them: 2,000 items.
const FIND_PAGES_MAX: usize = 10;
const FIND_PAGE_SIZE: i32 = 200;
const WORDS_CHARACTERS_MAX: usize = 100;
const RETRACTED: &str = "entered-in-error";

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/c/{category}", get(list))
        .route("/r/{r}/c/{category}/find", get(back).post(find))
}

#[derive(serde::Deserialize)]
struct At {
    #[serde(default)]
    since: String,
    /// Whose: a source's id.
    #[serde(default)]
    source: String,
    #[serde(flatten)]
    trail: Trail,
}

/// How far back a list is narrowed to: code, word, days.
pub(super) const SPANS: [(&str, &str, i64); 2] = [("month", "list-month", 30), ("year", "list-year", 365)];

async fn list(open: Open, Path((_, category)): Path<(String, String)>, Query(at): Query<At>) -> Answer {
    let category: Category = category.parse().map_err(|_| Failure::not_shown())?;
    let narrowed = narrow::Narrowed { source: at.source, since: at.since };
    let asked = ListItemsRequest {
        source_id: narrowed.source.clone(),
        include_sources: true,
        ..all(&open, category)
    };
    if let Some((_, _, days)) = SPANS.iter().find(|(code, ..)| *code == narrowed.since) {
        return since(&open, category, asked, &narrowed, TimeDelta::days(*days)).await;
    }
    let (page_size, page_token) = (PAGE_SIZE, at.trail.page.clone());
    let asked = ListItemsRequest { page_size, page_token, ..asked };
    let answer = open.records().list_items(asked).await?.into_inner();
    let mut page = page(&open, category, &answer.items).await;
    page.pager.total = usize::try_from(answer.total_size).unwrap_or_default();
    (page.pager.previous, page.pager.next) =
        at.trail.ways(&narrowed.address(&page.path), &answer.next_page_token);
    page.filters = narrowed.times(&open, &page.path);
    page.sources = narrowed.sources(&open, &page.path, &answer.sources).await;
    Ok(show(&page))
}

/// Newest come first, so that the newest page holds what is looked for.
async fn since(
    open: &Open,
    category: Category,
    asked: ListItemsRequest,
    narrowed: &narrow::Narrowed,
    span: TimeDelta,
) -> Answer {
    let asked = ListItemsRequest { page_size: FIND_PAGE_SIZE, ..asked };
    let answer = open.records().list_items(asked).await?.into_inner();
    let begin = open.now() - span;
    let within = |item: &Item| {
        let at = item.occurred_time.as_ref().and_then(|at| time(at).ok());
        at.is_some_and(|at| at >= begin)
    };
    let items: Vec<Item> = answer.items.iter().filter(|item| within(item)).cloned().collect();
    let mut page = page(open, category, &items).await;
    let is_whole = answer.next_page_token.is_empty() || answer.items.last().is_some_and(|item| !within(item));
    if !is_whole {
        let text = open.words().say("list-first").with("count", answer.items.len()).plain();
        page.frame.notice = Some(Notice { tone: Tone::Warn, text, link: None });
    }
    page.filters = narrowed.times(open, &page.path);
    page.sources = narrowed.sources(open, &page.path, &answer.sources).await;
    Ok(show(&page))
}

async fn find(open: Open, Path((_, category)): Path<(String, String)>, fields: Fields) -> Answer {
    let category: Category = category.parse().map_err(|_| Failure::not_shown())?;
    let words: String = fields.one("words").chars().take(WORDS_CHARACTERS_MAX).collect();
    let (mut found, mut searched, mut page_token) = (Vec::new(), 0_usize, String::new());
    for _ in 0..FIND_PAGES_MAX {
        let asked = ListItemsRequest { page_size: FIND_PAGE_SIZE, page_token, ..all(&open, category) };
        let answer = open.records().list_items(asked).await?.into_inner();
        searched += answer.items.len();
        found.extend(answer.items.into_iter().filter(|item| holds(item, &words)));
        page_token = answer.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let mut page = page(&open, category, &found).await;
    if !page_token.is_empty() {
        let text = open.words().say("list-first").with("count", searched).plain();
        page.frame.notice = Some(Notice { tone: Tone::Warn, text, link: None });
    }
    page.find = words;
    page.frame.here = page.path.clone();
    Ok(show(&page))
}

/// Who comes back to a search without its words sees the list.
async fn back(open: Open, Path((_, category)): Path<(String, String)>) -> Redirect {
    Redirect::to(&open.path(&format!("/c/{category}")))
}

fn all(open: &Open, category: Category) -> ListItemsRequest {
    let categories = vec![category.to_proto()];
    ListItemsRequest { patient_id: open.patient_id(), categories, ..ListItemsRequest::default() }
}

/// What was proposed in the room and waits is told to who proposes: it is not in the list.
async fn waiting(open: &Open, category: Category) -> usize {
    if !open.is_held() {
        return 0;
    }
    let here = |one: &Proposal| one.categories.contains(&category.to_proto());
    let waiting = proposals::waiting(open).await.unwrap_or_default();
    waiting.iter().filter(|one| here(one)).count()
}

async fn page(open: &Open, category: Category, items: &[Item]) -> RoomList {
    // In a record that stands free nobody keeps anything for the family.
    let may_propose =
        open.is_held() && !open.record.tenant_id.is_empty() && propose::added::ROOMS.contains(&category);
    RoomList {
        propose_href: may_propose.then(|| open.path(&format!("/c/{category}/propose"))),
        waiting: waiting(open, category).await,
        frame: open.frame_showing(Tab::Record, category).await,
        label: open.words().category(category),
        path: open.path(&format!("/c/{category}")),
        filters: Vec::new(),
        sources: Vec::new(),
        find: String::new(),
        rows: items.iter().map(|item| row(open, "", item)).collect(),
        pager: Pager { shown: items.len(), total: items.len(), next: None, previous: None },
        printed: open.moment(open.now()),
    }
}

/// `root`: where under the record the item’s page is.
pub(super) fn row(open: &Open, root: &str, item: &Item) -> ItemRow {
    let withdrawn = item.status == RETRACTED;
    ItemRow {
        href: open.path(&format!("{root}/i/{}", item.item_id)),
        title: item.title.clone(),
        detail: if withdrawn { item.retraction_reason.clone() } else { item.summary.clone() },
        when: open.day(item.occurred_time.as_ref()),
        badges: badges(open, item),
        withdrawn,
    }
}

/// Where an item comes from, how fresh it is, and that it was taken back.
pub(super) fn badges(open: &Open, item: &Item) -> Vec<Badge> {
    let words = open.words();
    let taken_back = (item.status == RETRACTED).then(|| Badge::new(Tone::Stop, words.t("badge-withdrawn")));
    let source = item.source.as_ref();
    let name = source.map(|source| source.name.clone()).filter(|name| !name.is_empty());
    let read = open.when(source.and_then(|source| source.read_time.as_ref()));
    let read =
        read.map(|when| Badge::new(Tone::Good, words.say("badge-read").with("when", when.text).plain()));
    taken_back.into_iter().chain(name.map(|name| Badge::new(Tone::Plain, name))).chain(read).collect()
}

fn holds(item: &Item, words: &str) -> bool {
    let source = item.source.as_ref().map_or("", |source| source.name.as_str());
    let text = format!("{} {} {source}", item.title, item.summary).to_lowercase();
    words.to_lowercase().split_whitespace().all(|word| text.contains(word))
}

/// A token of records as a value in an address.
pub(super) fn encoded(token: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~');
    token
        .bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use holdfast_proto::records::v1::Source;

    #[test]
    fn a_source_is_found_with_all_that_comes_from_it() {
        let name = "Bright Path Speech".to_owned();
        let source = Some(Source { name, ..Source::default() });
        let item = Item { title: "Hearing Test".into(), source, ..Item::default() };
        assert!(holds(&item, "bright path") && holds(&item, "hearing bright"));
        assert!(!holds(&item, "bright lane") && !holds(&Item { source: None, ..item }, "bright path"));
    }

    #[test]
    fn an_item_is_found_by_all_words_of_its_title_or_gist() {
        let item =
            Item { title: "Hearing Test".into(), summary: "both ears normal".into(), ..Item::default() };
        assert!(holds(&item, "hearing normal") && holds(&item, "EAR") && holds(&item, " "));
        assert!(!holds(&item, "hearing loss"));
    }

    #[test]
    fn a_token_passes_through_an_address_unchanged() {
        assert_eq!(encoded("ab-Z_9.~"), "ab-Z_9.~");
        assert_eq!(encoded("a+b/c=&é"), "a%2Bb%2Fc%3D%26%C3%A9");
    }
}
