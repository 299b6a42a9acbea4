//! Links as programs of others ask for them, from wherever they are.
use super::{pages_with, sets};
use crate::config::PageSettings;
use axum::{Router, body::Body, response::Response};
use http::{Request, StatusCode, header};
use tower::ServiceExt as _;

const ASKED: &str = r#"{"recipient":"a viewer"}"#;

/// Behind one proxy, so that it is known who asks how often.
fn site() -> Router {
    pages_with("https://holdfast.example", PageSettings { proxies: Some(1), ..PageSettings::default() })
}

async fn ask(site: &Router, method: &str, body: &str, from: &str) -> Response {
    let request = Request::builder().method(method).uri("/shl/s3cr3t").header("host", "holdfast.example");
    let request = request.header("origin", "https://viewer.example").header("sec-fetch-site", "cross-site");
    let request = request.header(header::CONTENT_TYPE, "application/json").header("x-forwarded-for", from);
    site.clone().oneshot(request.body(Body::from(body.to_owned())).unwrap()).await.unwrap()
}

#[tokio::test]
async fn a_program_of_any_place_may_ask_and_nothing_is_kept_in_it() {
    let site = site();
    for (method, body, status) in [
        ("OPTIONS", "", StatusCode::NO_CONTENT),
        ("GET", "", StatusCode::METHOD_NOT_ALLOWED),
        ("POST", "{", StatusCode::BAD_REQUEST),
        ("POST", "{}", StatusCode::BAD_REQUEST),
        ("POST", r#"{"recipient":" "}"#, StatusCode::BAD_REQUEST),
        // Identity is away.
        ("POST", ASKED, StatusCode::SERVICE_UNAVAILABLE),
    ] {
        let response = ask(&site, method, body, "203.0.113.7").await;
        assert_eq!(response.status(), status, "{method} {body}");
        assert_eq!(response.headers()[header::ACCESS_CONTROL_ALLOW_ORIGIN], "*");
        assert_eq!(response.headers()[header::CACHE_CONTROL], "no-store");
        assert!(sets(&response).is_empty());
    }
    let large = format!(r#"{{"recipient":"{}"}}"#, "x".repeat(10_000));
    assert_eq!(ask(&site, "POST", &large, "203.0.113.7").await.status(), StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_network_that_asks_too_often_waits_and_no_other_does() {
    let site = site();
    let mut answers = Vec::new();
    // A minute may end while they are asked for.
    for _ in 0..62 {
        answers.push(ask(&site, "POST", ASKED, "203.0.113.7").await.status());
    }
    assert_eq!(answers[0], StatusCode::SERVICE_UNAVAILABLE);
    assert!(answers.contains(&StatusCode::TOO_MANY_REQUESTS), "{answers:?}");
    assert_eq!(ask(&site, "POST", ASKED, "198.51.100.9").await.status(), StatusCode::SERVICE_UNAVAILABLE);
}
