//! The gateway: pages for browsers, over the services it asks by gRPC.
//!
//! # How a handler is written
//! One file per page in `handlers/`, with `pub(super) fn routes() -> Router<Arc<Site>>`, merged in `handlers/mod.rs`. A handler takes
//! what it needs as arguments, converts, asks, and shows a page of `pages/`:
//! ```ignore
//! async fn threads(open: Open) -> Answer {                                   // a record under /r/{r}, of this account
//!     let asked = ListThreadsRequest { patient_id: open.patient_id(), ..Default::default() };
//!     let answer = open.messaging().list_threads(asked).await?.into_inner(); // `?`: every refusal becomes its page
//!     let frame = open.frame(Tab::Messages).await;                           // banner, tabs, unread messages
//!     Ok(show(&Threads { frame, rows: answer.threads.into_iter().map(|thread| row(&open, thread)).collect() }))
//! }
//! async fn post(open: Open, fields: Fields) -> Answer {
//!     let request_id = fields.request_id()?.to_string();                     // the form's own: a double tap counts once
//!     let answer = open.messaging().start_thread(StartThreadRequest { request_id, .. }).await?.into_inner();
//!     open.wrote(answer.position);                                           // later calls, anywhere, show it
//!     Ok(Redirect::to(&open.path("/messages")).into_response())              // 303
//! }
//! ```
//! * [`visitor::Visitor`] is anybody (language, frame, cookies); [`visitor::Signed`] is signed in (clients `identity()`, `records()`,
//!   `documents()`, `consent()`, `messaging()`, `audit()`; `wrote`; `names` and `unread` of many records; `shelf`: the records it may
//!   open); [`shelf::Open`] is a record under `/r/{r}` (`patient_id`, `path`, `frame`, `is_held`). Each derefs to the one before.
//! * Names of people and practices: `known(actors)`, then `actor`, `grantee`, `practice` of [`directory::Known`].
//! * `open.may(Action::Read, Category::Goals)` says beforehand what is worth asking; the service decides.
//! * Times: `when` (a moment of a contract), `day`, `moment`; all relative to one `now` per request.
//! * [`failure::Failure`] is made of every gRPC status by `?`. To show what is wrong next to a field, match first: `failure.is(catalogue::X)`,
//!   `failure.names("birth_date")`, `failure.place`. `Failure::not_shown()` for what is not there.
//! * [`form::Fields`] reads a form (`one`, `all`, `request_id`); `form::step` derives an id for each command of a form with several.
//! * Routes that take files set `DefaultBodyLimit` themselves; all others take 256 KiB. Streams that last end on `site().stop`.
//! * `visitor.say_next("key")` shows a line on top of the next page; the key is listed in `sayings::SAYINGS`.

pub mod alias;
mod brief;
pub mod config;
pub mod cookie;
pub mod dates;
pub mod directory;
mod entrance;
pub mod failure;
pub mod form;
pub mod gallery;
mod handlers;
mod line;
mod links;
pub mod moment;
mod network;
pub mod pages;
mod proof;
mod routes;
pub mod sayings;
pub mod services;
pub mod session;
pub mod shelf;
mod shl;
pub mod site;
pub mod visitor;
pub mod web;
pub mod words;
mod written;

use config::Settings;
use holdfast_types::{Clock, Ids};
use site::{Site, SiteError};
use std::{future::IntoFuture as _, net::SocketAddr, sync::Arc, time::Duration};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long answers on their way may take after the gateway was told to stop.
const STOP_PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug, thiserror::Error)]
pub enum GatewayError {
    #[error("the gateway cannot start")]
    Start(#[from] SiteError),
    #[error("the gateway's port failed")]
    Serve(#[source] std::io::Error),
}

/// Answers browsers until told to stop.
pub async fn serve(
    settings: Settings,
    listener: TcpListener,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn Ids>,
    stop: CancellationToken,
) -> Result<(), GatewayError> {
    let site = Arc::new(Site::open(settings, clock, ids, stop.clone())?);
    let routes = routes::site(site).into_make_service_with_connect_info::<SocketAddr>();
    let serving = axum::serve(listener, routes).with_graceful_shutdown(stop.clone().cancelled_owned());
    let late = async {
        stop.cancelled().await;
        tokio::time::sleep(STOP_PATIENCE).await;
    };
    tokio::select! {
        ended = serving.into_future() => ended.map_err(GatewayError::Serve),
        () = late => Ok(()),
    }
}
