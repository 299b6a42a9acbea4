//! The site as a browser meets it while no service answers: ways in, refusals, and what is set in the browser.
use super::site as routes;
use crate::{
    config::{PageSettings, Settings},
    pages::trouble::Trouble,
    site::Site,
    words::{Lang, Words},
};
use axum::{Router, body::Body, response::Response};
use holdfast_host::{
    authority::Authority,
    settings::{CommonSettings, PeerSettings, TlsSettings},
};
use holdfast_types::{Clock as _, SystemClock, SystemIds};
use http::{Request, StatusCode, header};
use std::sync::Arc;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;
use url::Url;

mod links;

fn pages(public_url: &str) -> Router {
    pages_with(public_url, PageSettings { gallery: true, ..PageSettings::default() })
}

fn pages_with(public_url: &str, pages: PageSettings) -> Router {
    holdfast_host::tls::install_crypto();
    let dir = tempfile::tempdir().unwrap();
    let authority = Authority::create(dir.path(), SystemClock.now()).unwrap();
    // Nothing listens there.
    let nowhere = || Some(Url::parse("https://127.0.0.1:1").unwrap());
    let common = CommonSettings {
        public_url: Url::parse(public_url).unwrap(),
        tls: TlsSettings::from(authority.role("gateway").unwrap()),
        peers: PeerSettings {
            identity: nowhere(),
            records: nowhere(),
            documents: nowhere(),
            consent: nowhere(),
            messaging: nowhere(),
            audit: nowhere(),
        },
        ..CommonSettings::default()
    };
    let settings = Settings { common, pages };
    let site = Site::open(settings, Arc::new(SystemClock), Arc::new(SystemIds), CancellationToken::new());
    routes(Arc::new(site.unwrap()))
}

async fn ask(method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let mut request = Request::builder().method(method).uri(path).header("host", "holdfast.example");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    if !body.is_empty() {
        request = request.header(header::CONTENT_TYPE, "application/x-www-form-urlencoded");
    }
    pages("http://holdfast.example")
        .oneshot(request.body(Body::from(body.to_owned())).unwrap())
        .await
        .unwrap()
}

fn sets(response: &Response) -> Vec<String> {
    let all = response.headers().get_all(header::SET_COOKIE).iter();
    all.map(|value| value.to_str().unwrap().to_owned()).collect()
}

async fn text(response: Response) -> String {
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn says(page: &str, trouble: Trouble) -> bool {
    page.contains(&Words::new(Lang::En).t(&trouble.key("title")))
}

#[tokio::test]
async fn files_of_the_log_are_asked_for_by_anybody_and_under_their_one_spelling() {
    for path in ["checkpoint", "verifier.key", "tile/0/000", "tile/1/x001/234.p/56"] {
        let response = ask("GET", &format!("/log/{path}"), &[], "").await;
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE, "{path}: audit is away");
        assert_eq!(response.headers()[header::RETRY_AFTER], "1");
        assert!(sets(&response).is_empty());
    }
    let others =
        ["tile/0/0", "tile/0/000/", "tile/9/000", "tile/0/000.p/256", "%2e%2e/log.key", "tile/..%2f000"];
    for path in others.into_iter().chain(["tile/entries/000"]) {
        let response = ask("GET", &format!("/log/{path}"), &[], "").await;
        assert_eq!(response.status(), StatusCode::NOT_FOUND, "{path}");
    }
    assert_eq!(ask("POST", "/log/checkpoint", &[], "").await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn who_is_not_signed_in_is_asked_to_and_comes_back() {
    let response = ask("GET", "/r/k7m2q/c/notes?page=a", &[], "").await;
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    assert_eq!(response.headers()[header::LOCATION], "/sign-in");
    let [back] = sets(&response).try_into().unwrap();
    assert!(
        back.starts_with("holdfast_back=/r/k7m2q/c/notes?page=a; Path=/sign-in; HttpOnly; SameSite=Lax"),
        "{back}"
    );
    let part = ask("GET", "/h", &[("hx-request", "true")], "").await;
    assert_eq!(
        (part.status(), &part.headers()["hx-refresh"]),
        (StatusCode::UNAUTHORIZED, &"true".parse().unwrap())
    );
    assert_eq!(ask("POST", "/still", &[], "").await.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_form_of_somebody_who_is_signed_out_ends_on_a_page_that_says_so() {
    let response = ask("POST", "/me", &[], "lang=es").await;
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert!(text(response).await.contains(&Words::new(Lang::En).t("signed-out-time-title")));
}

#[tokio::test]
async fn what_is_not_there_is_a_page_in_the_visitors_language() {
    let response = ask("GET", "/nowhere", &[("accept-language", "es-US")], "").await;
    assert_eq!(response.status(), StatusCode::NOT_FOUND);
    let page = text(response).await;
    assert!(
        page.contains("lang=\"es\"") && page.contains(&Words::new(Lang::Es).t("trouble-not-shown-title"))
    );
    let chosen =
        ask("GET", "/nowhere", &[("accept-language", "es"), ("cookie", "holdfast_lang=en")], "").await;
    assert!(says(&text(chosen).await, Trouble::NotShown));
}

#[tokio::test]
async fn a_session_that_cannot_be_checked_opens_nothing_and_is_kept() {
    let response = ask("GET", "/h", &[("cookie", "holdfast_session=s3cret")], "").await;
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(response.headers()[header::RETRY_AFTER], "60");
    assert!(sets(&response).is_empty());
    let page = text(response).await;
    assert!(says(&page, Trouble::Unavailable) && !page.contains("s3cret"));
}

#[tokio::test]
async fn what_is_away_is_named_in_the_visitors_language() {
    for lang in Lang::ALL {
        let headers = [("cookie", "holdfast_session=s3cret"), ("accept-language", lang.code())];
        let page = text(ask("GET", "/h", &headers, "").await).await;
        let words = Words::new(lang);
        let part = words.say("trouble-part").with("part", words.t("trouble-part-sign-in")).plain();
        let nothing_lost = words.t(&Trouble::Unavailable.key("safe"));
        // What was filled in stands between marks of its own.
        let page = page.replace("<bdi>", "").replace("</bdi>", "");
        assert!(page.contains(&part) && page.contains(&nothing_lost), "{page}");
    }
}

#[tokio::test]
async fn a_form_that_cannot_be_read_or_is_too_large_ends_on_its_page() {
    let response = ask("POST", "/sign-in", &[], "email=rosa@mail.example").await;
    assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
    assert!(says(&text(response).await, Trouble::BadForm));
    let large = format!("email={}", "a".repeat(300 * 1024));
    let response = ask("POST", "/sign-in", &[], &large).await;
    assert_eq!(response.status(), StatusCode::PAYLOAD_TOO_LARGE);
    assert!(says(&text(response).await, Trouble::TooLarge));
}

#[tokio::test]
async fn a_form_of_another_site_and_a_browsers_guess_are_refused() {
    let foreign = ask("POST", "/language", &[("sec-fetch-site", "cross-site")], "lang=es&back=/").await;
    assert_eq!(foreign.status(), StatusCode::FORBIDDEN);
    assert!(sets(&foreign).is_empty());
    assert_eq!(ask("GET", "/h", &[("sec-purpose", "prefetch")], "").await.status(), StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn a_language_is_chosen_and_the_page_comes_back() {
    let response = ask("POST", "/language", &[], "lang=es&back=%2Fr%2Fk7m2q").await;
    assert_eq!(response.headers()[header::LOCATION], "/r/k7m2q");
    assert!(sets(&response)[0].starts_with("holdfast_lang=es; Path=/; HttpOnly; SameSite=Strict"));
    let elsewhere = ask("POST", "/language", &[], "lang=es&back=%2F%2Fevil.example").await;
    assert_eq!(elsewhere.headers()[header::LOCATION], "/");
}

#[tokio::test]
async fn leaving_clears_the_browser_whatever_answers() {
    let response = ask("POST", "/leave", &[("cookie", "holdfast_session=s3cret")], "").await;
    assert_eq!(response.headers()[header::LOCATION], "/away");
    assert_eq!(response.headers()["clear-site-data"], "\"cache\", \"storage\"");
    assert!(
        sets(&response).iter().any(|set| set.starts_with("holdfast_session=;") && set.contains("Max-Age=0"))
    );
}

#[tokio::test]
async fn a_link_shows_a_button_to_the_browser_that_asked_and_a_reason_to_others() {
    let other = text(ask("GET", "/sign-in/abc", &[], "").await).await;
    assert!(other.contains(&Words::new(Lang::En).t("link-other-title")));
    // base64 of "rosa@mail.example"
    let cookie = [("cookie", "holdfast_browser=s3cret.cm9zYUBtYWlsLmV4YW1wbGU")];
    let own = text(ask("GET", "/sign-in/abc", &cookie, "").await).await;
    assert!(
        own.contains("value=\"abc\"") && own.contains("r…@mail.example") && !own.contains("s3cret"),
        "{own}"
    );
}

#[tokio::test]
async fn cookies_stay_off_plain_lines_where_people_come_by_https() {
    let request = Request::builder()
        .method("POST")
        .uri("/language")
        .header("host", "holdfast.example")
        .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Body::from("lang=es&back=/"))
        .unwrap();
    let response = pages("https://holdfast.example").oneshot(request).await.unwrap();
    assert!(sets(&response)[0].ends_with("; Secure"));
}

#[tokio::test]
async fn the_gateway_lives_but_is_not_ready_without_its_services() {
    assert_eq!(ask("GET", "/healthz/live", &[], "").await.status(), StatusCode::OK);
    assert_eq!(ask("GET", "/healthz/ready", &[], "").await.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ask("GET", "/help", &[], "").await.status(), StatusCode::OK);
    assert_eq!(ask("GET", "/gallery", &[], "").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn a_form_that_is_no_text_is_refused_before_anybody_is_asked() {
    let id = "request_id=0193f0c2-8f10-7d11-9a5e-0c7f2b1d0001";
    for email in [&b"email=%FFrosa@mail.example"[..], b"email=\xffrosa@mail.example", b"em%C3%28il=rosa"] {
        let body = [id.as_bytes(), b"&", email].concat();
        let request = Request::builder()
            .method("POST")
            .uri("/sign-in")
            .header("host", "holdfast.example")
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .body(Body::from(body))
            .unwrap();
        let response = pages("http://holdfast.example").oneshot(request).await.unwrap();
        assert_eq!(response.status(), StatusCode::UNPROCESSABLE_ENTITY);
        assert!(sets(&response).is_empty());
        assert!(says(&text(response).await, Trouble::BadForm));
    }
}
