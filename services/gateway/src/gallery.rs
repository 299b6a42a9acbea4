//! Every page in every state, with made-up contents, by the templates that families see: for looking at and for checking.

mod authority;
mod decision;
mod emergency;
mod erasure;
mod factors;
mod family;
mod link;
mod looked;
mod messages;
mod outside;
mod papers;
mod proposals;
mod provider;
mod record;
mod reviews;
mod sample;
mod sharing;
mod staff;
mod stood;
mod then;
mod treatment;

use askama::DynTemplate;
use axum::extract::{Path, Query};
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};

use crate::pages::shell;
use crate::web;
use crate::words::{Lang, Words};

/// A page, drawn in a language and a size.
type Draw = fn(&Look) -> Page;

type Page = Box<dyn DynTemplate>;

/// How a page of the gallery is asked for.
pub(crate) struct Look {
    pub(crate) words: Words,
    pub(crate) large: bool,
}

/// The gallery beside a site that has the files it needs.
pub fn pages_only<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/gallery", get(index)).route("/gallery/{lang}/{page}", get(page))
}

/// The gallery with the files it needs.
pub fn routes() -> Router {
    pages_only()
        // Nobody signs in here: the page that asks for a challenge by itself goes without.
        .route("/sign-in/passkey/challenge", post(async || Json(serde_json::json!({}))))
        .merge(shell::routes())
        .merge(web::assets())
        .layer(axum::middleware::from_fn(web::guard))
}

fn pages() -> impl Iterator<Item = &'static (&'static str, Draw)> {
    let rooms = [
        outside::PAGES,
        factors::PAGES,
        family::PAGES,
        record::PAGES,
        proposals::PAGES,
        then::PAGES,
        stood::PAGES,
        papers::PAGES,
        messages::PAGES,
        sharing::PAGES,
        link::PAGES,
        looked::PAGES,
        staff::PAGES,
        emergency::PAGES,
        reviews::PAGES,
        erasure::PAGES,
        authority::PAGES,
        treatment::PAGES,
        provider::PAGES,
    ];
    rooms.into_iter().flatten()
}

async fn index() -> Html<String> {
    let mut list =
        String::from("<!doctype html><html lang=\"en\"><title>Gallery</title><main><h1>Gallery</h1><ul>");
    for (name, _) in pages() {
        for lang in Lang::ALL.into_iter().chain([Lang::Turned]) {
            let code = lang.code();
            list.push_str(&format!("<li><a href=\"/gallery/{code}/{name}\">{name} ({code})</a></li>"));
        }
    }
    list.push_str("</ul></main></html>");
    Html(list)
}

#[derive(serde::Deserialize)]
struct Size {
    size: Option<String>,
}

async fn page(Path((lang, name)): Path<(String, String)>, Query(size): Query<Size>) -> Response {
    let draw = pages().find(|(known, _)| *known == name).map(|(_, draw)| draw);
    let turned = || (lang == Lang::Turned.code()).then_some(Lang::Turned);
    let (Some(draw), Some(lang)) = (draw, Lang::from_code(&lang).or_else(turned)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let look = Look { words: Words::new(lang), large: size.size.as_deref() == Some("large") };
    match draw(&look).dyn_render() {
        Ok(text) => Html(text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whose_record_it_is_stands_in_the_heading_of_each_of_its_pages() {
        let mut seen = 0;
        for lang in [Lang::En, Lang::Es, Lang::Turned] {
            for (name, draw) in pages() {
                let page = draw(&Look { words: Words::new(lang), large: false }).dyn_render().unwrap();
                if !page.contains("class=\"acting\"") {
                    continue;
                }
                let heading = page.split("<h1").nth(1).unwrap().split("</h1>").next().unwrap();
                assert!(heading.contains("Mateo R."), "{name}: {heading}");
                seen += 1;
            }
        }
        assert!(seen > 90, "only {seen} pages of a record");
    }

    #[test]
    fn a_page_is_read_the_way_its_language_is() {
        let of =
            |lang| outside::PAGES[0].1(&Look { words: Words::new(lang), large: false }).dyn_render().unwrap();
        assert!(of(Lang::Es).contains("<html lang=\"es\" dir=\"ltr\""));
        assert!(of(Lang::Turned).contains("<html lang=\"ar-XB\" dir=\"rtl\""));
    }
}
