//! Papers: the list, adding one with a plain form, one paper, its bytes, taking it back.
use super::marks::Thing;
use super::uploads::{self, Sent};
use crate::{
    directory::Known,
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Tab,
        item::Version,
        papers::{AddPaper, Paper, PaperRow, Papers, Withdraw},
        parts::{Badge, Choice, Fact, Field, Pager, Person, Problem, Tone},
        show, show_as,
        trouble::Trouble,
    },
    shelf::Open,
    site::Site,
    words::Words,
};
use axum::{
    Router,
    body::Body,
    extract::{DefaultBodyLimit, Multipart, Path, Query},
    response::{IntoResponse as _, Redirect, Response},
    routing::{get, post},
};
use bytes::Bytes;
use chrono::NaiveDate;
use futures::StreamExt as _;
use holdfast_host::catalogue;
use holdfast_proto::{
    Word as _,
    documents::v1::{
        Document, DownloadDocumentRequest, GetDocumentRequest, ListDocumentsRequest, WithdrawDocumentRequest,
        download_document_response::Part,
    },
    time,
};
use holdfast_types::{Action, Category};
use http::{StatusCode, header};
use serde::Deserialize;
use std::sync::Arc;

const PAGE_SIZE: i32 = 25;
/// A form without script: the whole file waits in memory until its size is known.
const PLAIN_BYTES_MAX: usize = 20 << 20;
const FORM_BYTES_MAX: usize = PLAIN_BYTES_MAX + (64 << 10);
const TITLE_CHARACTERS_MAX: u32 = 200;
const REASON_CHARACTERS_MAX: u32 = 500;
/// The rooms that a paper can go to.
const KINDS: [Category; 4] = [Category::Documents, Category::Coverage, Category::Forms, Category::Results];

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/papers", get(list).post(add).layer(DefaultBodyLimit::max(FORM_BYTES_MAX)))
        .route("/r/{r}/papers/new", get(form))
        .route("/r/{r}/papers/{paper}", get(paper))
        .route("/r/{r}/papers/{paper}/file", get(file))
        .route("/r/{r}/papers/{paper}/withdraw", post(withdraw))
}

#[derive(Deserialize)]
struct At {
    #[serde(default)]
    page: String,
}

async fn list(open: Open, Query(at): Query<At>) -> Answer {
    let asked = ListDocumentsRequest {
        patient_id: open.patient_id(),
        page_size: PAGE_SIZE,
        page_token: at.page,
        ..ListDocumentsRequest::default()
    };
    let answer = open.documents().list_documents(asked).await?.into_inner();
    let known = open.known(answer.documents.iter().map(|document| document.created_by.as_str())).await?;
    let row = |document: &Document| PaperRow {
        href: open.path(&format!("/papers/{}", document.document_id)),
        title: document.title.clone(),
        detail: open
            .words()
            .say("paper-detail")
            .with("type", describe(open.words(), document))
            .with("name", known.actor(&open, &document.created_by).name)
            .plain(),
        when: open.when(document.create_time.as_ref()).unwrap_or_else(|| open.moment(open.now())),
        badge: room(open.words(), document.category),
    };
    let rows: Vec<PaperRow> = answer.documents.iter().map(row).collect();
    let next = Some(answer.next_page_token).filter(|token| !token.is_empty());
    let pager = Pager {
        shown: rows.len(),
        total: usize::try_from(answer.total_size).unwrap_or_default(),
        next: next.map(|token| open.path(&format!("/papers?page={token}"))),
        previous: None,
    };
    let may_add = !kinds(&open).is_empty();
    Ok(show(&Papers { frame: open.frame(Tab::Papers).await, filters: Vec::new(), rows, pager, may_add }))
}

async fn form(open: Open) -> Answer {
    Failure::shown_if(open.record.may_contribute())?;
    Ok(show(&add_page(&open, "", "", Vec::new()).await))
}

async fn add_page(open: &Open, title: &str, kind: &str, problems: Vec<Problem>) -> AddPaper {
    let words = open.words();
    let mut field = Field::line("title", words.t("paper-title")).value(title);
    field.size_max = TITLE_CHARACTERS_MAX;
    if let Some(wrong) = problems.iter().find(|problem| problem.field == "title") {
        field = field.wrong(wrong.text.clone());
    }
    let kinds = kinds(open);
    let chosen = kinds.iter().find(|room| room.as_str() == kind).or(kinds.first()).copied();
    let choice =
        |room: &Category| Choice::new(room.as_str(), words.category(*room)).chosen(Some(*room) == chosen);
    AddPaper {
        frame: open.frame(Tab::Papers).await,
        title: field,
        kinds: kinds.iter().map(choice).collect(),
        problems,
        plain_size_max: size_text(PLAIN_BYTES_MAX as u64),
        size_max: size_text(uploads::SIZE_BYTES_MAX),
        size_bytes_max: uploads::SIZE_BYTES_MAX,
    }
}

/// Where the reader may add papers.
fn kinds(open: &Open) -> Vec<Category> {
    KINDS.into_iter().filter(|room| open.may(Action::Contribute, *room)).collect()
}

async fn add(open: Open, multipart: Multipart) -> Answer {
    let Filled { fields, file, media_type } = filled(multipart).await?;
    let words = open.words();
    let wrong = |field: &str, key: &str| Problem { field: field.to_owned(), text: words.t(key) };
    let mut problems = Vec::new();
    if file.is_empty() {
        problems.push(wrong("file", "add-paper-file-wrong"));
    }
    if fields.one("title").is_empty() {
        problems.push(wrong("title", "add-paper-title-wrong"));
    }
    if problems.is_empty() {
        let sent =
            Sent { request_id: fields.request_id()?, title: fields.one("title"), kind: fields.one("kind") };
        match uploads::whole(&open, sent, &media_type, file).await {
            Ok(paper) => return Ok(Redirect::to(&paper).into_response()),
            Err(failure) => problems.push(wrong("file", uploads::said(&failure).ok_or(failure)?)),
        }
    }
    let page = add_page(&open, fields.one("title"), fields.one("kind"), problems).await;
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
}

struct Filled {
    fields: Fields,
    file: Bytes,
    media_type: String,
}

async fn filled(mut multipart: Multipart) -> Result<Filled, Failure> {
    let refused = |error: axum::extract::multipart::MultipartError| match error.status() {
        StatusCode::PAYLOAD_TOO_LARGE => Failure::of(Trouble::TooLarge),
        _ => Failure::bad_form(),
    };
    let (mut fields, mut file, mut media_type) = (Vec::new(), Bytes::new(), String::new());
    while let Some(field) = multipart.next_field().await.map_err(refused)? {
        let name = field.name().unwrap_or_default().to_owned();
        if name == "file" {
            media_type = field.content_type().unwrap_or_default().to_owned();
            file = field.bytes().await.map_err(refused)?;
        } else {
            fields.push((name, field.text().await.map_err(refused)?));
        }
    }
    Ok(Filled { fields: Fields::new(fields), file, media_type })
}

async fn get_document(open: &Open, document_id: String) -> Result<Document, Failure> {
    let asked = GetDocumentRequest { patient_id: open.patient_id(), document_id, as_of_time: None };
    Ok(open.documents().get_document(asked).await?.into_inner())
}

async fn paper(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    let document = get_document(&open, id).await?;
    Ok(show(&paper_page(&open, &document, None).await?))
}

async fn paper_page(open: &Open, document: &Document, wrong: Option<String>) -> Result<Paper, Failure> {
    let words = open.words();
    let category = Category::from_proto(document.category).unwrap_or(Category::Documents);
    let known = open.known([document.created_by.as_str(), document.withdrawn_by.as_str()]).await?;
    let path = open.path(&format!("/papers/{}", document.document_id));
    let facts = vec![
        Fact::new(words.t("paper-from"), known.actor(open, &document.created_by).name),
        Fact::new(
            words.t("from-when"),
            open.when(document.create_time.as_ref()).map_or_else(String::new, |when| when.text),
        ),
        Fact::new(words.t("paper-type"), describe(words, document)),
        Fact::new(words.t("paper-room"), words.category(category)),
    ];
    let happened = document.create_time.as_ref().and_then(|at| time(at).ok());
    let thing = Thing { id: &document.document_id, author: &document.created_by, happened };
    let reason = Field::line("reason", words.t("paper-withdraw-reason"));
    let reason = Field { size_max: REASON_CHARACTERS_MAX, wrong: wrong.clone(), ..reason };
    let may_save = open.may(Action::Download, category);
    let may_withdraw = document.withdraw_time.is_none() && open.may(Action::Contribute, category);
    Ok(Paper {
        frame: open.frame_showing(Tab::Papers, category).await,
        title: document.title.clone(),
        badges: badges(words, document),
        facts,
        file_href: may_save.then(|| format!("{path}/file")),
        file_size: size_text(u64::try_from(document.size_bytes).unwrap_or_default()),
        history: history(open, document, &known),
        seers: open.seers(category, thing).await?,
        never: open.never(&path, category, thing).await?,
        withdrawn: document.withdraw_time.is_some().then(|| document.withdrawal_reason.clone()),
        withdraw: may_withdraw.then(|| Withdraw {
            path: format!("{path}/withdraw"),
            etag: document.etag.clone(),
            reason,
        }),
        erasure_href: open.record.shares_everything().then(|| format!("{path}/erasure")),
        problems: wrong.into_iter().map(|text| Problem { field: "reason".to_owned(), text }).collect(),
    })
}

/// It came, and it may have been taken back; by whom was not always kept.
pub(super) fn history(open: &Open, document: &Document, known: &Known) -> Vec<Version> {
    let words = open.words();
    let by = match document.withdrawn_by.as_str() {
        "" => Person::new(words.t("who-see-history"), ""),
        by => known.actor(open, by),
    };
    let taken_back = open.when(document.withdraw_time.as_ref()).map(|when| Version {
        number: 2,
        when,
        who: by,
        what: words.t("badge-withdrawn"),
        current: true,
        href: None,
    });
    let first = open.when(document.create_time.as_ref()).map(|when| Version {
        number: 1,
        when,
        who: known.actor(open, &document.created_by),
        what: words.t("change-first"),
        current: document.withdraw_time.is_none(),
        href: None,
    });
    taken_back.into_iter().chain(first).collect()
}

async fn withdraw(open: Open, Path((_, id)): Path<(String, String)>, fields: Fields) -> Answer {
    let reason = fields.one("reason");
    if reason.is_empty() {
        let document = get_document(&open, id).await?;
        let page = paper_page(&open, &document, Some(open.words().t("paper-withdraw-wrong"))).await?;
        return Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page));
    }
    let path = open.path(&format!("/papers/{id}"));
    let asked = WithdrawDocumentRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: open.patient_id(),
        document_id: id,
        reason: reason.to_owned(),
        etag: fields.one("etag").to_owned(),
    };
    match open.documents().withdraw_document(asked).await.map_err(Failure::from) {
        Ok(answer) => open.wrote(answer.into_inner().position),
        // Somebody was faster: the page shows what they did.
        Err(failure) if failure.is(catalogue::ALREADY_WITHDRAWN) || failure.is(catalogue::ETAG_MISMATCH) => {}
        Err(failure) => return Err(failure),
    }
    Ok(Redirect::to(&path).into_response())
}

async fn file(open: Open, Path((_, id)): Path<(String, String)>) -> Answer {
    let asked = DownloadDocumentRequest { patient_id: open.patient_id(), document_id: id };
    let mut parts = open.documents().download_document(asked).await?.into_inner();
    let first = parts.message().await?.and_then(|first| first.part);
    let Some(Part::Document(document)) = first else { return Err(Failure::of(Trouble::Failed)) };
    let bytes = parts.map(|part| match part?.part {
        Some(Part::Chunk(bytes)) => Ok(bytes),
        _ => Err(tonic::Status::data_loss("a part of a file is none")),
    });
    let added = document.create_time.as_ref().and_then(|at| time(at).ok());
    let day =
        added.map_or_else(|| open.local_now(), |at| at.with_timezone(open.local_now().offset())).date_naive();
    let headers = [
        (header::CONTENT_TYPE, document.media_type.clone()),
        (header::CONTENT_LENGTH, document.size_bytes.to_string()),
        (
            header::CONTENT_DISPOSITION,
            format!("attachment; filename=\"{}\"", file_name(day, &document.media_type)),
        ),
    ];
    Ok::<Response, Failure>((headers, Body::from_stream(bytes)).into_response())
}

/// Says nothing about whose or what it is.
fn file_name(day: NaiveDate, media_type: &str) -> String {
    format!("holdfast-paper-{day}.{}", kind_of(media_type).1)
}

/// The key of its word, and how names of such files end.
fn kind_of(media_type: &str) -> (&'static str, &'static str) {
    match media_type {
        "application/pdf" => ("media-pdf", "pdf"),
        "image/png" => ("media-photo", "png"),
        "image/jpeg" => ("media-photo", "jpg"),
        "image/heic" => ("media-photo", "heic"),
        "image/webp" => ("media-photo", "webp"),
        "image/gif" => ("media-photo", "gif"),
        "image/tiff" => ("media-photo", "tiff"),
        "video/mp4" => ("media-video", "mp4"),
        "video/quicktime" => ("media-video", "mov"),
        "video/webm" => ("media-video", "webm"),
        "audio/mp4" => ("media-sound", "m4a"),
        "audio/mpeg" => ("media-sound", "mp3"),
        "text/plain" => ("media-text", "txt"),
        "application/rtf" => ("media-text", "rtf"),
        "text/csv" => ("media-table", "csv"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document" => ("media-text", "docx"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet" => ("media-table", "xlsx"),
        "application/xml" => ("media-record", "xml"),
        _ => ("media-file", "bin"),
    }
}

/// "PDF, 1.1 MB".
pub(super) fn describe(words: Words, document: &Document) -> String {
    let size = size_text(u64::try_from(document.size_bytes).unwrap_or_default());
    format!("{}, {size}", words.t(kind_of(&document.media_type).0))
}

/// Whole kilobytes below one megabyte, then tenths where they say something.
fn size_text(bytes: u64) -> String {
    const KB: u64 = 1 << 10;
    const MB: u64 = 1 << 20;
    let tenths = bytes * 10 / MB;
    match bytes {
        0..KB => format!("{bytes} B"),
        KB..MB => format!("{} KB", bytes / KB),
        _ if tenths.is_multiple_of(10) || tenths >= 100 => format!("{} MB", tenths / 10),
        _ => format!("{}.{} MB", tenths / 10, tenths % 10),
    }
}

pub(super) fn room(words: Words, number: i32) -> Option<Badge> {
    let category = Category::from_proto(number).filter(|room| *room != Category::Documents)?;
    Some(Badge::new(Tone::Plain, words.category(category)))
}

fn badges(words: Words, document: &Document) -> Vec<Badge> {
    let withdrawn = document.withdraw_time.map(|_| Badge::new(Tone::Stop, words.t("badge-withdrawn")));
    let here = Badge::new(Tone::Good, words.t("paper-ready"));
    vec![withdrawn.unwrap_or(here)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::words::Lang;

    #[test]
    fn a_saved_file_is_named_by_its_day_and_kind_alone() {
        let day = NaiveDate::from_ymd_opt(2026, 11, 20).unwrap();
        assert_eq!(file_name(day, "application/pdf"), "holdfast-paper-2026-11-20.pdf");
        assert_eq!(file_name(day, "text/html"), "holdfast-paper-2026-11-20.bin");
    }

    #[test]
    fn a_size_is_said_shortly() {
        let said = [9, 240 << 10, 1_153_434, 20 << 20, 104_857_600].map(size_text);
        assert_eq!(said, ["9 B", "240 KB", "1.1 MB", "20 MB", "100 MB"]);
    }

    #[test]
    fn every_kind_of_file_has_a_word() {
        for words in Lang::ALL.map(Words::new) {
            for kind in [
                "application/pdf",
                "image/png",
                "video/mp4",
                "audio/mpeg",
                "text/csv",
                "text/plain",
                "application/xml",
                "x",
            ] {
                assert!(words.holds(kind_of(kind).0), "{kind}");
            }
        }
    }
}
