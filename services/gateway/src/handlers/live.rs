//! New messages of an open thread as they come: server-sent events, each holding the markup that the page itself is made of.
//! The stream ends when the access ends, when the gateway stops, and after five minutes: then the browser asks again with a
//! token that was issued anew, or is turned away.
use super::messages::{bubble, papers, read};
use crate::{
    failure::{Answer, Failure},
    shelf::Open,
    site::Site,
};
use askama::Template as _;
use axum::{
    Router,
    extract::{Path, Query},
    response::{
        IntoResponse as _,
        sse::{Event, KeepAlive, Sse},
    },
    routing::get,
};
use futures::StreamExt as _;
use holdfast_proto::messaging::v1::{Message, WatchThreadRequest, attachment::Reference};
use http::HeaderMap;
use serde::Deserialize;
use std::{convert::Infallible, sync::Arc, time::Duration};
use tonic::Code;

/// No longer than a token is good for.
const LIFE: Duration = Duration::from_secs(5 * 60);
/// Below the time after which proxies give up a line that says nothing.
const STILL_HERE: Duration = Duration::from_secs(15);
const AGAIN: Duration = Duration::from_secs(3);

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/r/{r}/messages/{thread}/live", get(live))
}

#[derive(Deserialize)]
struct From {
    #[serde(default)]
    after: String,
}

async fn live(
    open: Open,
    Path((_, thread)): Path<(String, String)>,
    Query(from): Query<From>,
    headers: HeaderMap,
) -> Answer {
    // A browser that comes back says how far it got.
    let reached = headers.get("last-event-id").and_then(|id| id.to_str().ok()).filter(|id| !id.is_empty());
    let watch = WatchThreadRequest {
        patient_id: open.patient_id(),
        thread_id: thread.clone(),
        after_message_id: reached.map_or(from.after, str::to_owned),
    };
    let messages = open.messaging().watch_thread(watch).await?.into_inner();
    let stop = open.site().stop.clone();
    let over = async move {
        tokio::select! { () = stop.cancelled_owned() => {}, () = tokio::time::sleep(LIFE) => {} }
    };
    let events = messages.take_until(over).filter_map(move |message| {
        let (open, thread) = (open.clone(), thread.clone());
        async move {
            let event = match message {
                Ok(message) => told(&open, &thread, &message).await,
                Err(status) => ended(status.code()),
            };
            event.map(Ok::<Event, Infallible>)
        }
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(STILL_HERE)).into_response())
}

async fn told(open: &Open, thread: &str, message: &Message) -> Option<Event> {
    let with_paper =
        message.attachments.iter().any(|one| matches!(one.reference, Some(Reference::DocumentId(_))));
    let told: Result<_, Failure> = async {
        let papers = if with_paper { papers(open).await? } else { Vec::new() };
        Ok((open.known([message.author.as_str()]).await?, papers))
    }
    .await;
    // Without a name there is nothing to show; the next full page has it.
    let (known, papers) = told.ok()?;
    let markup = bubble(open, &known, &papers, message).render().ok()?;
    read(open, thread, &message.message_id).await;
    Some(framed(&message.message_id, &markup))
}

/// A carriage return would end a line of the frame.
fn framed(id: &str, markup: &str) -> Event {
    let text = markup.replace("\r\n", "\n").replace('\r', "\n");
    Event::default().event("message").id(id).retry(AGAIN).data(text)
}

/// The page asks itself whether it may still be seen; whatever else went wrong, the browser tries again.
fn ended(code: Code) -> Option<Event> {
    let for_good = matches!(
        code,
        Code::PermissionDenied | Code::NotFound | Code::Unauthenticated | Code::InvalidArgument
    );
    for_good.then(|| Event::default().event("end").data("."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::to_bytes;

    async fn wire(events: Vec<Event>) -> String {
        let stream = futures::stream::iter(events.into_iter().map(Ok::<_, Infallible>));
        let body = Sse::new(stream).into_response().into_body();
        String::from_utf8(to_bytes(body, 10_000).await.unwrap().to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_line_of_a_message_stays_in_its_frame() {
        let markup = "<li>\r\none\rtwo\n\nevent: end\n</li>";
        let wire = wire(vec![framed("m1", markup)]).await;
        let lines: Vec<&str> = wire.split('\n').collect();
        assert!(wire.ends_with("\n\n") && !wire.contains('\r'), "{wire:?}");
        let data: Vec<&str> = lines
            .iter()
            .filter_map(|line| line.strip_prefix("data: ").or(line.strip_prefix("data:")))
            .collect();
        assert_eq!(data, ["<li>", "one", "two", "", "event: end", "</li>"]);
        assert_eq!(
            lines.iter().filter(|line| line.starts_with("event:")).collect::<Vec<_>>(),
            [&"event: message"]
        );
        assert!(lines.contains(&"id: m1"));
    }

    #[tokio::test]
    async fn the_end_of_access_is_said_and_a_fault_is_not() {
        assert!(wire(ended(Code::PermissionDenied).into_iter().collect()).await.starts_with("event: end\n"));
        assert!(ended(Code::Unavailable).is_none() && ended(Code::Internal).is_none());
    }
}
