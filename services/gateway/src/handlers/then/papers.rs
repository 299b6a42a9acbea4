//! The papers of a record as they stood: which there were, and what was known of one.
use super::{
    PAGE_SIZE, Trail, address, is_seen, moment, root,
    seen::{Part, sifted},
    times, told,
};
use crate::{
    failure::{Answer, Failure},
    handlers::papers::{describe, history, room},
    pages::{
        Tab,
        parts::{Fact, Link, Pager},
        record::ItemRow,
        show, then,
    },
    shelf::Open,
};
use axum::extract::{Path, Query};
use futures::future::BoxFuture;
use holdfast_proto::{
    Word as _,
    documents::v1::{Document, GetDocumentRequest, ListDocumentsRequest},
};
use holdfast_types::{Action, Category};

pub(super) async fn list(
    open: Open,
    Path((_, text)): Path<(String, String)>,
    Query(trail): Query<Trail>,
) -> Answer {
    let (open, moment) = (&open, moment(&open, &text)?);
    let (as_of_time, happened_by_time) = times(moment);
    let ask = move |page_token: String| -> BoxFuture<'_, Result<Part<_>, Failure>> {
        let asked = ListDocumentsRequest {
            patient_id: open.patient_id(),
            page_size: PAGE_SIZE,
            page_token,
            as_of_time,
            happened_by_time,
        };
        Box::pin(async move {
            let answer = open.documents().list_documents(asked).await?.into_inner();
            let total = usize::try_from(answer.total_size).unwrap_or_default();
            Ok(Part { rows: answer.documents, next: answer.next_page_token, total })
        })
    };
    let (found, _) = sifted(open, moment, &trail.page, ask, |document| document.document_id.as_str()).await?;
    let known = open.known(found.rows.iter().map(|document| document.created_by.as_str())).await?;
    let (previous, next) = trail.ways(&open.path(&format!("/then/{text}/papers")), &found.next);
    let root = root(moment, &text);
    let words = open.words();
    let row = |document: &Document| ItemRow {
        href: open.path(&format!("{root}/papers/{}", document.document_id)),
        title: document.title.clone(),
        detail: words
            .say("paper-detail")
            .with("type", describe(words, document))
            .with("name", known.actor(open, &document.created_by).name)
            .plain(),
        when: open.when(document.create_time.as_ref()),
        badges: room(words, document.category).into_iter().collect(),
        withdrawn: false,
    };
    let rows: Vec<ItemRow> = found.rows.iter().map(row).collect();
    Ok(show(&then::RoomThen {
        frame: open.frame(Tab::Record).await,
        back: Link::new(address(open, moment), words.t("then-back")),
        label: words.t("papers-title"),
        moment: told(open, moment, open.path("/papers")).await?,
        pager: Pager { shown: rows.len(), total: found.total, next, previous },
        rows,
        printed: open.moment(open.now()),
    }))
}

pub(super) async fn one(open: Open, Path((_, text, id)): Path<(String, String, String)>) -> Answer {
    let moment = moment(&open, &text)?;
    let (as_of_time, _) = times(moment);
    is_seen(&open, moment, &id).await?;
    let asked = GetDocumentRequest { patient_id: open.patient_id(), document_id: id.clone(), as_of_time };
    let document = open.documents().get_document(asked).await?.into_inner();
    let known = open.known([document.created_by.as_str(), document.withdrawn_by.as_str()]).await?;
    let words = open.words();
    let category = Category::from_proto(document.category).unwrap_or(Category::Documents);
    let mut history = history(&open, &document, &known);
    for version in &mut history {
        // Which of them stands today is not told: it was not known then.
        version.current = false;
    }
    let came = open.when(document.create_time.as_ref()).map_or_else(String::new, |when| when.text);
    let save = Link::new(open.path(&format!("/papers/{id}/file")), words.t("then-paper-save"));
    Ok(show(&then::ItemThen {
        frame: open.frame(Tab::Record).await,
        back: Link::new(address(&open, moment), words.t("then-back")),
        badges: room(words, document.category).into_iter().collect(),
        moment: told(&open, moment, open.path(&format!("/papers/{id}"))).await?,
        facts: vec![
            Fact::new(words.t("paper-type"), describe(words, &document)),
            Fact::new(words.t("paper-room"), words.category(category)),
        ],
        provenance: vec![
            Fact::new(words.t("paper-from"), known.actor(&open, &document.created_by).name),
            Fact::new(words.t("from-when"), came),
        ],
        history,
        withdrawn: document.withdraw_time.is_some().then(|| document.withdrawal_reason.clone()),
        // With the eyes of another it is looked at, and saved with one's own.
        save: (moment.reader.is_none() && open.may(Action::Download, category)).then_some(save),
        title: document.title,
    }))
}
