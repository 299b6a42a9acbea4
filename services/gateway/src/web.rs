//! What every answer to a browser carries, and the files that never change: policy headers, refusals before anything is read, assets.

use std::sync::LazyLock;

use axum::Router;
use axum::extract::{Path, Request};
use axum::http::header::{self, HeaderName};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use sha2::{Digest, Sha256};

/// Nothing is loaded from elsewhere and nothing inline runs.
pub const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; \
     connect-src 'self'; worker-src 'self'; manifest-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

const HEADERS: [(HeaderName, &str); 9] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::STRICT_TRANSPORT_SECURITY, "max-age=31536000; includeSubDomains"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
    ),
    (HeaderName::from_static("x-robots-tag"), "noindex, nofollow"),
];

/// Middleware for all pages: refuses guesses and foreign forms before anything is read, then sets the headers.
/// A page is not stored anywhere unless its handler says otherwise.
pub async fn guard(request: Request, next: Next) -> Response {
    let mut response = match refusal(request.method(), request.headers()) {
        Some(status) => status.into_response(),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

fn refusal(method: &Method, headers: &HeaderMap) -> Option<StatusCode> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    // A browser's guess would record a look that nobody took.
    if text("sec-purpose").is_some() || text("purpose").is_some_and(|purpose| purpose == "prefetch") {
        return Some(StatusCode::FORBIDDEN);
    }
    if method.is_safe() {
        return None;
    }
    let own = match (text("sec-fetch-site"), text("origin"), text("host")) {
        (Some(site), _, _) => matches!(site, "same-origin" | "none"),
        // Our own referrer policy makes the origin `null` on plain http; the strict cookie guards those.
        (None, None | Some("null"), _) => true,
        (None, Some(origin), Some(host)) => origin.split_once("://").is_some_and(|(_, from)| from == host),
        (None, Some(_), None) => false,
    };
    (!own).then_some(StatusCode::FORBIDDEN)
}

/// A file served for a year under a name that holds its hash.
struct Asset {
    name: &'static str,
    path: String,
    media_type: &'static str,
    bytes: &'static [u8],
}

macro_rules! assets {
    ($($name:literal => $media_type:literal),* $(,)?) => {
        [$(($name, $media_type, include_bytes!(concat!("../../../web/static/", $name)).as_slice())),*]
    };
}

static ASSETS: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    assets! {
        "holdfast.css" => "text/css; charset=utf-8",
        "htmx.min.js" => "text/javascript; charset=utf-8",
        "frame.js" => "text/javascript; charset=utf-8",
        "upload.js" => "text/javascript; charset=utf-8",
        "check.js" => "text/javascript; charset=utf-8",
        "proof.js" => "text/javascript; charset=utf-8",
        "passkey.js" => "text/javascript; charset=utf-8",
        "link.js" => "text/javascript; charset=utf-8",
        "shl.js" => "text/javascript; charset=utf-8",
        "live.js" => "text/javascript; charset=utf-8",
        "icon.svg" => "image/svg+xml",
    }
    .into_iter()
    .map(|(name, media_type, bytes)| {
        let digest = hex::encode(Sha256::digest(bytes));
        let (stem, ending) = name.rsplit_once('.').unwrap_or((name, ""));
        let path = format!("/static/{stem}-{}.{ending}", digest.get(..16).unwrap_or(&digest));
        Asset { name, path, media_type, bytes }
    })
    .collect()
});

/// The path of an asset by its plain name. The template lint proves that every name used exists.
pub fn asset(name: &str) -> &'static str {
    ASSETS.iter().find(|asset| asset.name == name).map_or("/static/missing", |asset| asset.path.as_str())
}

/// Serves the assets.
pub fn assets<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/static/{name}", get(serve))
}

async fn serve(Path(name): Path<String>) -> Response {
    let found = ASSETS.iter().find(|asset| asset.path.strip_prefix("/static/") == Some(name.as_str()));
    match found {
        Some(asset) => (
            [
                (header::CONTENT_TYPE, asset.media_type),
                (header::CACHE_CONTROL, "public, max-age=31536000, immutable"),
            ],
            asset.bytes,
        )
            .into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::Body;
    use tower::ServiceExt;

    fn site() -> Router {
        Router::new()
            .route("/h", get(|| async { "home" }).post(|| async { "done" }))
            .merge(assets())
            .layer(axum::middleware::from_fn(guard))
    }

    async fn ask(method: &str, path: &str, headers: &[(&str, &str)]) -> Response {
        let mut request = Request::builder().method(method).uri(path).header("host", "holdfast.example");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        site().oneshot(request.body(Body::empty()).unwrap()).await.unwrap()
    }

    #[tokio::test]
    async fn a_page_carries_the_policy_and_is_stored_nowhere() {
        let response = ask("GET", "/h", &[]).await;
        assert_eq!(response.headers()["content-security-policy"], POLICY);
        assert_eq!(response.headers()["cache-control"], "no-store");
        assert_eq!(response.headers()["referrer-policy"], "no-referrer");
    }

    #[tokio::test]
    async fn a_guess_of_the_browser_is_refused() {
        for purpose in ["prefetch", "prefetch;prerender"] {
            assert_eq!(ask("GET", "/h", &[("sec-purpose", purpose)]).await.status(), StatusCode::FORBIDDEN);
        }
    }

    #[tokio::test]
    async fn a_form_of_another_site_is_refused() {
        let refused = [
            vec![("sec-fetch-site", "cross-site")],
            vec![("sec-fetch-site", "same-site")],
            vec![("origin", "https://elsewhere.example")],
        ];
        for headers in refused {
            assert_eq!(ask("POST", "/h", &headers).await.status(), StatusCode::FORBIDDEN);
        }
        for headers in [vec![("sec-fetch-site", "same-origin")], vec![("origin", "https://holdfast.example")]]
        {
            assert_eq!(ask("POST", "/h", &headers).await.status(), StatusCode::OK);
        }
    }

    #[tokio::test]
    async fn an_asset_is_kept_for_a_year_and_only_under_its_hash() {
        let response = ask("GET", asset("holdfast.css"), &[]).await;
        assert_eq!(response.status(), StatusCode::OK);
        assert_eq!(response.headers()["cache-control"], "public, max-age=31536000, immutable");
        assert_eq!(ask("GET", "/static/holdfast.css", &[]).await.status(), StatusCode::NOT_FOUND);
    }

    #[test]
    fn the_foreign_script_is_the_pinned_one() {
        let pins = include_str!("../../../web/static/SHA256SUMS");
        let htmx = ASSETS.iter().find(|asset| asset.name == "htmx.min.js").unwrap();
        assert!(pins.contains(&format!("{}  htmx.min.js", hex::encode(Sha256::digest(htmx.bytes)))));
    }
}
