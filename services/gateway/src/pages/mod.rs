//! The pages: one file each, holding only what is shown, already worded; templates of the same name draw them.

pub mod authority;
pub mod decision;
pub mod details;
pub mod emergency;
pub mod erasure;
pub mod factors;
pub mod frame;
pub mod home;
pub mod import;
pub mod item;
pub mod link;
pub mod locks;
pub mod looked;
pub mod me;
pub mod messages;
pub mod never;
pub mod office;
pub mod papers;
pub mod parts;
pub mod people;
pub mod proposals;
pub mod provider;
pub mod record;
pub mod reviews;
pub mod sharing;
pub mod shell;
pub mod sign_in;
pub mod then;
pub mod treatment;
pub mod trouble;
pub mod work;

#[cfg(test)]
mod lint;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{Html, IntoResponse, Response};

pub use frame::{Frame, OpenRecord, Tab};

/// A page as an answer.
pub fn show(page: &impl Template) -> Response {
    show_as(StatusCode::OK, page)
}

/// A page as an answer with a status of its own.
pub fn show_as(status: StatusCode, page: &impl Template) -> Response {
    match page.render() {
        Ok(text) => (status, Html(text)).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
