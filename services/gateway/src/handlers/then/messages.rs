//! Messages as they stood: the threads that had begun, and what had been said in one. What is written happens when it is recorded, so
//! both ways of looking show the same.
use super::{
    Trail, address, is_seen, moment,
    seen::{Part, sifted},
    told,
};
use crate::{
    failure::{Answer, Failure},
    handlers::messages::{bubble, messages},
    pages::{
        Tab,
        parts::{Badge, Link, Pager, Tone},
        record::ItemRow,
        show, then,
    },
    shelf::Open,
};
use axum::extract::{Path, Query};
use futures::future::BoxFuture;
use holdfast_proto::{
    messaging::v1::{GetThreadRequest, ListThreadsRequest, Thread},
    timestamp,
};

const PAGE_SIZE: i32 = 50;

pub(super) async fn list(
    open: Open,
    Path((_, text)): Path<(String, String)>,
    Query(trail): Query<Trail>,
) -> Answer {
    let (open, moment) = (&open, moment(&open, &text)?);
    let as_of_time = Some(timestamp(moment.written_until()));
    let ask = move |page_token: String| -> BoxFuture<'_, Result<Part<_>, Failure>> {
        let patient_id = open.patient_id();
        let asked = ListThreadsRequest { patient_id, page_size: PAGE_SIZE, page_token, as_of_time };
        Box::pin(async move {
            let answer = open.messaging().list_threads(asked).await?.into_inner();
            Ok(Part { rows: answer.threads, next: answer.next_page_token, total: 0 })
        })
    };
    let (found, _) = sifted(open, moment, &trail.page, ask, |thread| thread.thread_id.as_str()).await?;
    let known = open.known([]).await?;
    let (path, words) = (open.path(&format!("/then/{text}/messages")), open.words());
    let (previous, next) = trail.ways(&path, &found.next);
    let closed = || Badge::new(Tone::Plain, words.t("then-closed"));
    let row = |thread: &Thread| ItemRow {
        href: format!("{path}/{}", thread.thread_id),
        title: thread.subject.clone(),
        detail: known.practice(open, &thread.practice_id),
        when: open.when(thread.last_message_time.as_ref()),
        badges: thread.closed.then(closed).into_iter().collect(),
        withdrawn: false,
    };
    let rows: Vec<ItemRow> = found.rows.iter().map(row).collect();
    Ok(show(&then::RoomThen {
        frame: open.frame(Tab::Record).await,
        back: Link::new(address(open, moment), words.t("then-back")),
        label: words.t("messages-title"),
        moment: told(open, moment, open.path("/messages")).await?,
        pager: Pager { shown: rows.len(), total: 0, next, previous },
        rows,
        printed: open.moment(open.now()),
    }))
}

pub(super) async fn one(open: Open, Path((_, text, id)): Path<(String, String, String)>) -> Answer {
    let moment = moment(&open, &text)?;
    let as_of_time = Some(timestamp(moment.written_until()));
    is_seen(&open, moment, &id).await?;
    let asked = GetThreadRequest { patient_id: open.patient_id(), thread_id: id.clone(), as_of_time };
    let (thread, said) = tokio::try_join!(
        async { Ok::<_, Failure>(open.messaging().get_thread(asked).await?.into_inner()) },
        messages(&open, &id, as_of_time)
    )?;
    let known = open.known(said.iter().map(|message| message.author.as_str())).await?;
    Ok(show(&then::ThreadThen {
        frame: open.frame(Tab::Record).await,
        back: Link::new(address(&open, moment), open.words().t("then-back")),
        with: known.practice(&open, &thread.practice_id),
        moment: told(&open, moment, open.path(&format!("/messages/{id}"))).await?,
        bubbles: said.iter().map(|message| bubble(&open, &known, &[], message)).collect(),
        closed: thread.closed,
        subject: thread.subject,
    }))
}
