//! Reviews of who holds which role in the network: for its officers and whoever administers all of it.
mod lines;

use super::authority;
use crate::{
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Frame, Tab,
        parts::{Badge, Filter, Pager, Problem, Tone},
        reviews::{Review, ReviewCard, Reviews},
        show, show_as,
    },
    services::Line,
    session::Seat,
    site::Site,
    visitor::Signed,
};
use axum::{
    Router,
    extract::{Path, Query},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use holdfast_host::{Reason, catalogue};
use holdfast_proto::{
    identity::v1::{
        AccessReview, AccessReviewLine, DecideAccessReviewLinesRequest, GetAccessReviewRequest,
        ListAccessReviewsRequest, OpenAccessReviewRequest, ReviewVerdict, SignOffAccessReviewRequest,
        access_review_service_client::AccessReviewServiceClient,
    },
    time,
};
use http::StatusCode;
use serde::Deserialize;
use std::sync::Arc;

const PAGE_SIZE: i32 = 25;
const LINES_SHOWN: usize = 50;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/reviews", get(list).post(begin))
        .route("/reviews/{review}", get(page).post(decide))
        .route("/reviews/{review}/sign-off", post(sign_off))
}

#[derive(Default, Deserialize)]
struct At {
    #[serde(default)]
    page: String,
}

/// Which lines of a review.
#[derive(Default, Deserialize)]
struct Shown {
    #[serde(default)]
    show: String,
    #[serde(default)]
    page: usize,
}

impl Signed {
    fn access_reviews(&self) -> AccessReviewServiceClient<Line> {
        self.site().services.access_reviews(self.outgoing())
    }
}

fn tenant(signed: &Signed) -> Result<String, Failure> {
    authority::tenant(signed).ok_or_else(Failure::not_shown)
}

fn frame(signed: &Signed) -> Frame {
    signed.frame(if signed.who.seat() == Seat::Officer { Tab::Office } else { Tab::Work })
}

/// Whether the next review is late: its day has passed, or none was ever signed off and none is under way.
pub(super) async fn is_late(signed: &Signed) -> Result<bool, Failure> {
    let asked =
        ListAccessReviewsRequest { tenant_id: tenant(signed)?, page_size: 1, page_token: String::new() };
    let answer = signed.access_reviews().list_access_reviews(asked).await?.into_inner();
    Ok(match answer.due_time.as_ref().and_then(|due| time(due).ok()) {
        Some(due) => due < signed.now(),
        None => answer.reviews.is_empty(),
    })
}

async fn list(signed: Signed, Query(at): Query<At>) -> Answer {
    Ok(show(&reviews(&signed, at.page, Vec::new()).await?))
}

async fn reviews(signed: &Signed, page_token: String, problems: Vec<Problem>) -> Result<Reviews, Failure> {
    let begins = page_token.is_empty();
    let asked = ListAccessReviewsRequest { tenant_id: tenant(signed)?, page_size: PAGE_SIZE, page_token };
    let answer = signed.access_reviews().list_access_reviews(asked).await?.into_inner();
    let known = signed.known(answer.reviews.iter().map(|one| one.opened_by_account_id.as_str())).await?;
    let words = signed.words();
    let day = |moment: Option<&prost_types::Timestamp>| {
        signed.day(moment).map_or_else(String::new, |when| when.text)
    };
    let card = |one: &AccessReview| ReviewCard {
        href: format!("/reviews/{}", one.review_id),
        title: words.say("review-of").with("day", day(one.open_time.as_ref())).plain(),
        detail: words
            .say("review-by")
            .with("name", known.actor(signed, &one.opened_by_account_id).name)
            .plain(),
        badge: badge(signed, one),
    };
    let due = answer.due_time.as_ref();
    let late = due.and_then(|due| time(due).ok()).is_none_or(|due| due < signed.now());
    Ok(Reviews {
        frame: frame(signed),
        back: authority::back(signed),
        may_begin: begins && answer.reviews.iter().all(|one| one.sign_off_time.is_some()),
        late,
        due: signed.day(due).map(|when| when.text),
        reviews: answer.reviews.iter().map(card).collect(),
        problems,
        next: Some(answer.next_page_token)
            .filter(|token| !token.is_empty())
            .map(|token| format!("/reviews?page={token}")),
    })
}

fn badge(signed: &Signed, review: &AccessReview) -> Badge {
    let words = signed.words();
    match (signed.day(review.sign_off_time.as_ref()), review.waiting_count) {
        (Some(when), _) => Badge::new(Tone::Good, words.say("review-signed").with("day", when.text).plain()),
        (None, waiting) => {
            let (done, all) = (count(review.line_count - waiting), count(review.line_count));
            Badge::new(Tone::Warn, words.say("review-progress").with("done", done).with("all", all).plain())
        }
    }
}

fn count(number: i32) -> usize {
    usize::try_from(number).unwrap_or_default()
}

async fn begin(signed: Signed, fields: Fields) -> Answer {
    let asked =
        OpenAccessReviewRequest { request_id: fields.request_id()?.to_string(), tenant_id: tenant(&signed)? };
    match signed.access_reviews().open_access_review(asked).await.map_err(Failure::from) {
        Ok(opened) => Ok(to(&opened.into_inner().review_id)),
        // Somebody was faster.
        Err(failure) if failure.is(catalogue::REVIEW_OPEN) => Ok(Redirect::to("/reviews").into_response()),
        Err(failure) => {
            let problems = vec![said(&signed, failure)?];
            Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &reviews(&signed, String::new(), problems).await?))
        }
    }
}

fn to(review: &str) -> Response {
    Redirect::to(&format!("/reviews/{review}")).into_response()
}

async fn page(signed: Signed, Path(review): Path<String>, Query(at): Query<Shown>) -> Answer {
    Ok(show(&review_page(&signed, &review, &at, Vec::new()).await?))
}

async fn decide(signed: Signed, Path(review): Path<String>, fields: Fields) -> Answer {
    let verdict = match fields.one("verdict") {
        "keep" => ReviewVerdict::Keep,
        "withdraw" => ReviewVerdict::Withdraw,
        _ => return Err(Failure::bad_form()),
    };
    let roles: Vec<_> = fields.all("line").filter_map(lines::read).collect();
    if roles.is_empty() {
        let problem = Problem { field: "lines".to_owned(), text: signed.words().t("review-none-chosen") };
        return again(&signed, &review, problem).await;
    }
    let asked = DecideAccessReviewLinesRequest {
        request_id: fields.request_id()?.to_string(),
        tenant_id: tenant(&signed)?,
        review_id: review.clone(),
        roles,
        verdict: verdict.into(),
    };
    match signed.access_reviews().decide_access_review_lines(asked).await.map_err(Failure::from) {
        Ok(_) => {
            let key = if verdict == ReviewVerdict::Keep { "review-kept" } else { "review-withdrawn" };
            signed.say_next(key);
            Ok(to(&review))
        }
        Err(failure) => again(&signed, &review, said(&signed, failure)?).await,
    }
}

async fn sign_off(signed: Signed, Path(review): Path<String>, fields: Fields) -> Answer {
    let asked = SignOffAccessReviewRequest {
        request_id: fields.request_id()?.to_string(),
        tenant_id: tenant(&signed)?,
        review_id: review.clone(),
    };
    match signed.access_reviews().sign_off_access_review(asked).await.map_err(Failure::from) {
        Ok(_) => {
            signed.say_next("review-is-signed");
            Ok(Redirect::to("/reviews").into_response())
        }
        Err(failure) => again(&signed, &review, said(&signed, failure)?).await,
    }
}

async fn again(signed: &Signed, review: &str, problem: Problem) -> Answer {
    let page = review_page(signed, review, &Shown::default(), vec![problem]).await?;
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

/// What the person can put right, or somebody else; anything else stays the failure that it is.
fn said(signed: &Signed, failure: Failure) -> Result<Problem, Failure> {
    const SAID: [(&Reason, &str); 5] = [
        (catalogue::OWN_ROLE, "review-own"),
        (catalogue::REVIEW_UNDECIDED, "review-undecided"),
        (catalogue::REVIEW_SIGNED_OFF, "review-over"),
        (catalogue::TOO_MANY_TO_REVIEW, "review-too-many"),
        (catalogue::NOT_PERMITTED, "review-not-theirs"),
    ];
    let key = SAID.iter().find(|(reason, _)| failure.is(reason)).map(|(_, key)| *key);
    let text = signed.words().t(key.ok_or(failure)?);
    Ok(Problem { field: "lines".to_owned(), text })
}

async fn review_page(
    signed: &Signed,
    review: &str,
    at: &Shown,
    problems: Vec<Problem>,
) -> Result<Review, Failure> {
    let asked = GetAccessReviewRequest { tenant_id: tenant(signed)?, review_id: review.to_owned() };
    let found = signed.access_reviews().get_access_review(asked).await?.into_inner();
    let words = signed.words();
    let over = found.sign_off_time.is_some();
    let all = over || at.show == "all";
    let waits = |line: &&AccessReviewLine| all || (line.stands && line.verdict() != ReviewVerdict::Keep);
    let left: Vec<&AccessReviewLine> = found.lines.iter().filter(waits).collect();
    let (total, number) = (left.len(), at.page.max(1));
    let shown: Vec<&AccessReviewLine> =
        left.into_iter().skip((number - 1).saturating_mul(LINES_SHOWN)).take(LINES_SHOWN).collect();
    let added = &found.added;
    let accounts = shown.iter().filter_map(|line| line.held.as_ref()).chain(added);
    let accounts = accounts.map(|held| held.account_id.as_str());
    let deciders = shown.iter().map(|line| line.decided_by_account_id.as_str());
    let by = [found.opened_by_account_id.as_str(), found.signed_off_by_account_id.as_str()];
    let known = signed.known(accounts.chain(deciders).chain(by)).await?;
    let path = format!("/reviews/{review}");
    let of = |page: usize| format!("{path}?show={}&page={page}", if all { "all" } else { "" });
    let me = signed.who.account_id.to_string();
    let own = found.lines.iter().filter_map(|line| line.held.as_ref()).any(|held| held.account_id == me);
    let filters = vec![
        Filter::new(path.clone(), words.t("review-waiting"), !all),
        Filter::new(format!("{path}?show=all"), words.t("review-all"), all),
    ];
    Ok(Review {
        frame: frame(signed),
        title: words
            .say("review-of")
            .with("day", signed.day(found.open_time.as_ref()).map_or_else(String::new, |when| when.text))
            .plain(),
        opened: words
            .say("review-by")
            .with("name", known.actor(signed, &found.opened_by_account_id).name)
            .plain(),
        badge: badge(signed, &found),
        done: count(found.line_count - found.waiting_count),
        all: count(found.line_count),
        filters: if over { Vec::new() } else { filters },
        lines: shown.iter().filter_map(|line| lines::row(signed, &known, line, over)).collect(),
        withdraws: lines::withdraws(signed),
        open: !over,
        may_sign: !over && found.waiting_count == 0 && !(own && found.opened_by_account_id == me),
        waits_for_other: !over && found.waiting_count == 0 && own && found.opened_by_account_id == me,
        added: added.iter().map(|held| lines::added(signed, &known, held)).collect(),
        pager: Pager {
            shown: shown.len(),
            total,
            next: (number.saturating_mul(LINES_SHOWN) < total).then(|| of(number + 1)),
            previous: (number > 1).then(|| of(number - 1)),
        },
        path,
        problems,
    })
}
