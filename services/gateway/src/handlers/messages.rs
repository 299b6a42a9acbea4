//! Messages: the threads of a record, one thread, a new one, an answer, closing.
use super::{given::Standing, papers::describe};
use crate::{
    directory::Known,
    failure::{Answer, Failure},
    form::Fields,
    pages::{
        Tab,
        messages::{Bubble, NewThread, Thread as ThreadPage, ThreadRow, Threads},
        parts::{Choice, Field, Link, Problem},
        show, show_as,
    },
    shelf::Open,
    site::Site,
};
use axum::{
    Router,
    extract::{Path, Query},
    response::{IntoResponse as _, Redirect},
    routing::{get, post},
};
use holdfast_host::catalogue;
use holdfast_proto::{
    consent::v1::grantee::Kind,
    documents::v1::{Document, ListDocumentsRequest},
    messaging::v1::{
        Attachment, CloseThreadRequest, GetThreadRequest, ListMessagesRequest, ListThreadsRequest,
        MarkReadRequest, Message, PostMessageRequest, StartThreadRequest, Thread, attachment::Reference,
    },
};
use holdfast_types::{Action, Category};
use http::StatusCode;
use prost_types::Timestamp;
use serde::Deserialize;
use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

const PAGE_SIZE: i32 = 50;
const MESSAGES_PAGE_SIZE: i32 = 200;
/// Ten pages of messages: as many as a thread holds.
const MESSAGES_PAGES_MAX: usize = 10;
/// Messages on a page that was not asked for earlier ones.
const SHOWN_MAX: usize = 50;
const PAPERS_MAX: i32 = 50;
const BODY_CHARACTERS_MAX: u32 = 10_000;
const SUBJECT_CHARACTERS_MAX: u32 = 200;

pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/r/{r}/messages", get(list).post(begin))
        .route("/r/{r}/messages/new", get(form))
        .route("/r/{r}/messages/{thread}", get(thread).post(answer))
        .route("/r/{r}/messages/{thread}/close", post(close))
}

#[derive(Default, Deserialize)]
struct At {
    #[serde(default)]
    page: String,
    #[serde(default)]
    all: bool,
}

async fn list(open: Open, Query(at): Query<At>) -> Answer {
    let asked = ListThreadsRequest {
        patient_id: open.patient_id(),
        page_size: PAGE_SIZE,
        page_token: at.page,
        as_of_time: None,
    };
    let answer = open.messaging().list_threads(asked).await?.into_inner();
    let known = open.known([]).await?;
    let row = |thread: &Thread| ThreadRow {
        href: open.path(&format!("/messages/{}", thread.thread_id)),
        subject: thread.subject.clone(),
        with: known.practice(&open, &thread.practice_id),
        last: turn(&open, thread),
        when: open.when(thread.last_message_time.as_ref()).unwrap_or_else(|| open.moment(open.now())),
        unread: u32::try_from(thread.unread_count).unwrap_or_default(),
    };
    let rows = answer.threads.iter().map(row).collect();
    let earlier = Some(answer.next_page_token).filter(|token| !token.is_empty());
    let earlier = earlier.map(|token| open.path(&format!("/messages?page={token}")));
    Ok(show(&Threads { frame: open.frame(Tab::Messages).await, rows, earlier }))
}

/// Whose turn it is, which is all that a list needs to say of the last message.
fn turn(open: &Open, thread: &Thread) -> String {
    let key = match (thread.closed, thread.waiting_for_care_team, open.is_held()) {
        (true, ..) => "thread-is-closed",
        (false, true, true) => "thread-waits-for-team",
        (false, true, false) => "thread-family-waits",
        (false, false, true) => "thread-team-wrote-last",
        (false, false, false) => "thread-waits-for-family",
    };
    open.words().t(key)
}

async fn thread(open: Open, Path((_, id)): Path<(String, String)>, Query(at): Query<At>) -> Answer {
    Ok(show(&thread_page(&open, id, at.all, "", None).await?))
}

async fn thread_page(
    open: &Open,
    id: String,
    all: bool,
    text: &str,
    wrong: Option<&'static str>,
) -> Result<ThreadPage, Failure> {
    let asked = GetThreadRequest { patient_id: open.patient_id(), thread_id: id.clone(), as_of_time: None };
    let (thread, messages) = tokio::try_join!(
        async { Ok(open.messaging().get_thread(asked).await?.into_inner()) },
        messages(open, &id, None)
    )?;
    if let Some(last) = messages.last().filter(|_| thread.unread_count > 0) {
        read(open, &id, &last.message_id).await;
    }
    let skipped = if all { 0 } else { messages.len().saturating_sub(SHOWN_MAX) };
    let papers = papers(open).await?;
    let known = open.known(messages.iter().map(|message| message.author.as_str())).await?;
    let words = open.words();
    let mut reply = Field::text("text", words.t("message-text")).value(text);
    reply.size_max = BODY_CHARACTERS_MAX;
    reply.wrong = wrong.map(|key| words.t(key));
    let path = open.path(&format!("/messages/{id}"));
    Ok(ThreadPage {
        subject: thread.subject.clone(),
        with: known.practice(open, &thread.practice_id),
        bubbles: messages
            .iter()
            .skip(skipped)
            .map(|message| bubble(open, &known, &papers, message))
            .collect(),
        owed: (!thread.closed).then(|| turn(open, &thread)),
        papers: choices(open, &papers),
        problems: reply
            .wrong
            .iter()
            .map(|text| Problem { field: "text".to_owned(), text: text.clone() })
            .collect(),
        reply,
        closed: thread.closed || !open.may(Action::Contribute, Category::Messages),
        may_close: !thread.closed && open.may(Action::Contribute, Category::Messages),
        earlier: (skipped > 0).then(|| format!("{path}?all=true")),
        path,
        frame: open.frame(Tab::Messages).await,
    })
}

/// All messages of a thread, or those that had been posted by a moment, oldest first.
pub(super) async fn messages(
    open: &Open,
    thread: &str,
    as_of_time: Option<Timestamp>,
) -> Result<Vec<Message>, Failure> {
    let (mut found, mut page_token) = (Vec::new(), String::new());
    for _ in 0..MESSAGES_PAGES_MAX {
        let asked = ListMessagesRequest {
            patient_id: open.patient_id(),
            thread_id: thread.to_owned(),
            page_size: MESSAGES_PAGE_SIZE,
            page_token,
            as_of_time,
        };
        let page = open.messaging().list_messages(asked).await?.into_inner();
        found.extend(page.messages);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    Ok(found)
}

/// Notes that the reader has come so far. What was read is shown even where that cannot be noted.
pub(super) async fn read(open: &Open, thread: &str, message: &str) {
    let asked = MarkReadRequest {
        request_id: open.site().ids.next().to_string(),
        patient_id: open.patient_id(),
        thread_id: thread.to_owned(),
        message_id: message.to_owned(),
    };
    if let Err(status) = open.messaging().mark_read(asked).await {
        tracing::debug!(code = ?status.code(), "a thread is not marked as read");
    }
}

/// The papers that can go with a message, newest first, by id.
pub(super) async fn papers(open: &Open) -> Result<Vec<Document>, Failure> {
    if !open.may(Action::Read, Category::Documents) {
        return Ok(Vec::new());
    }
    let asked = ListDocumentsRequest {
        patient_id: open.patient_id(),
        page_size: PAPERS_MAX,
        ..ListDocumentsRequest::default()
    };
    Ok(open.documents().list_documents(asked).await?.into_inner().documents)
}

fn choices(open: &Open, papers: &[Document]) -> Vec<Choice> {
    let words = open.words();
    let choice = |paper: &Document| {
        Choice::new(paper.document_id.clone(), paper.title.clone()).hint(describe(words, paper))
    };
    papers.iter().map(choice).collect()
}

pub(super) fn bubble(open: &Open, known: &Known, papers: &[Document], message: &Message) -> Bubble {
    let who = known.actor(open, &message.author);
    let titles: HashMap<&str, &str> =
        papers.iter().map(|paper| (paper.document_id.as_str(), paper.title.as_str())).collect();
    let link = |attachment: &Attachment| match attachment.reference.as_ref()? {
        Reference::DocumentId(id) => {
            let title = titles.get(id.as_str()).map(|title| (*title).to_owned());
            let title = title.unwrap_or_else(|| open.words().t("message-paper"));
            Some(Link::new(open.path(&format!("/papers/{id}")), title))
        }
        Reference::ItemId(id) => {
            Some(Link::new(open.path(&format!("/i/{id}")), open.words().t("message-entry")))
        }
    };
    Bubble {
        id: message.message_id.clone(),
        mine: message.author == format!("account/{}", open.who.account_id),
        who: who.name,
        role: who.role,
        when: open.when(message.create_time.as_ref()).unwrap_or_else(|| open.moment(open.now())),
        text: message.body.clone(),
        lang: message.language.clone(),
        attached: message.attachments.iter().filter_map(link).collect(),
        seen: None,
    }
}

fn attached(fields: &Fields) -> Vec<Attachment> {
    let document = |id: &str| Attachment { reference: Some(Reference::DocumentId(id.to_owned())) };
    fields.all("paper").map(document).collect()
}

async fn answer(open: Open, Path((_, thread)): Path<(String, String)>, fields: Fields) -> Answer {
    let asked = PostMessageRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: open.patient_id(),
        thread_id: thread.clone(),
        body: fields.one("text").to_owned(),
        language: open.words().lang.code().to_owned(),
        attachments: attached(&fields),
    };
    match open.messaging().post_message(asked).await.map_err(Failure::from) {
        Ok(answer) => {
            open.wrote(answer.into_inner().position);
            Ok(Redirect::to(&open.path(&format!("/messages/{thread}"))).into_response())
        }
        Err(failure) => {
            let (_, key) = said(&failure).ok_or(failure)?;
            let page = thread_page(&open, thread, false, fields.one("text"), Some(key)).await?;
            Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

async fn close(open: Open, Path((_, thread)): Path<(String, String)>, fields: Fields) -> Answer {
    let asked = CloseThreadRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: open.patient_id(),
        thread_id: thread,
    };
    match open.messaging().close_thread(asked).await.map_err(Failure::from) {
        Ok(answer) => open.wrote(answer.into_inner().position),
        Err(failure) if failure.is(catalogue::THREAD_CLOSED) => {}
        Err(failure) => return Err(failure),
    }
    Ok(Redirect::to(&open.path("/messages")).into_response())
}

/// The field and the key of what its writer can put right.
fn said(failure: &Failure) -> Option<(&'static str, &'static str)> {
    [
        (catalogue::SUBJECT_EMPTY, ("subject", "message-subject-wrong")),
        (catalogue::BODY_EMPTY, ("text", "message-text-wrong")),
        (catalogue::BODY_TOO_LONG, ("text", "message-text-long")),
        (catalogue::TOO_MANY_ATTACHMENTS, ("paper", "message-papers-many")),
        (catalogue::THREAD_CLOSED, ("text", "thread-closed")),
        (catalogue::THREAD_FULL, ("text", "thread-full")),
    ]
    .into_iter()
    .find(|(reason, _)| failure.is(reason))
    .map(|(_, said)| said)
}

async fn form(open: Open) -> Answer {
    Failure::shown_if(open.may(Action::Contribute, Category::Messages))?;
    Ok(show(&new_page(&open, &Fields::default(), Vec::new()).await?))
}

async fn new_page(open: &Open, fields: &Fields, problems: Vec<Problem>) -> Result<NewThread, Failure> {
    let words = open.words();
    let practices = practices(open).await?;
    let known = open.known([]).await?;
    let chosen = practices
        .iter()
        .find(|id| *id == fields.one("to"))
        .or(practices.first().filter(|_| practices.len() == 1));
    let to = practices
        .iter()
        .map(|id| Choice::new(id.clone(), known.practice(open, id)).chosen(Some(id) == chosen));
    let wrong = |name: &str| {
        problems.iter().find(|problem| problem.field == name).map(|problem| problem.text.clone())
    };
    let subject = Field::line("subject", words.t("message-subject")).value(fields.one("subject"));
    let text = Field::text("text", words.t("message-text")).value(fields.one("text"));
    let kept: BTreeSet<&str> = fields.all("paper").collect();
    let keep = |choice: Choice| Choice { chosen: kept.contains(choice.value.as_str()), ..choice };
    Ok(NewThread {
        to: to.collect(),
        subject: Field { size_max: SUBJECT_CHARACTERS_MAX, wrong: wrong("subject"), ..subject },
        text: Field { size_max: BODY_CHARACTERS_MAX, wrong: wrong("text"), ..text },
        papers: choices(open, &papers(open).await?).into_iter().map(keep).collect(),
        problems,
        frame: open.frame(Tab::Messages).await,
    })
}

/// Who reads what is written: for the family the practices to whom messages are shared, for others their own.
async fn practices(open: &Open) -> Result<Vec<String>, Failure> {
    let own =
        || open.who.account.roles.iter().map(|held| held.practice_id.clone()).filter(|id| !id.is_empty());
    if !open.is_held() {
        return Ok(own().collect::<BTreeSet<_>>().into_iter().collect());
    }
    let grants = open.grants(false).await?;
    let reaching = grants.iter().filter(|grant| {
        !Standing::of(grant, open.now()).is_over()
            && grant.categories.contains(&holdfast_proto::Word::to_proto(Category::Messages))
    });
    let kinds: Vec<&Kind> = reaching.filter_map(|grant| grant.grantee.as_ref()?.kind.as_ref()).collect();
    let people: Vec<&str> = kinds
        .iter()
        .filter_map(|kind| match kind {
            Kind::AccountId(id) => Some(id.as_str()),
            Kind::PracticeId(_) => None,
        })
        .collect();
    let known = open.known(people.iter().copied()).await?;
    let of_people = people.iter().flat_map(|id| known.practices_of(id));
    let named = kinds.iter().filter_map(|kind| match kind {
        Kind::PracticeId(id) => Some(id.clone()),
        Kind::AccountId(_) => None,
    });
    Ok(named.chain(of_people).collect::<BTreeSet<_>>().into_iter().collect())
}

async fn begin(open: Open, fields: Fields) -> Answer {
    let asked = StartThreadRequest {
        request_id: fields.request_id()?.to_string(),
        patient_id: open.patient_id(),
        practice_id: fields.one("to").to_owned(),
        subject: fields.one("subject").to_owned(),
        body: fields.one("text").to_owned(),
        language: open.words().lang.code().to_owned(),
        attachments: attached(&fields),
    };
    let problem = |(field, key): (&str, &str)| Problem { field: field.to_owned(), text: open.words().t(key) };
    let empty =
        [("to", "message-to-wrong"), ("subject", "message-subject-wrong"), ("text", "message-text-wrong")];
    let mut problems: Vec<Problem> =
        empty.into_iter().filter(|(name, _)| fields.one(name).is_empty()).map(problem).collect();
    if problems.is_empty() {
        match open.messaging().start_thread(asked).await.map_err(Failure::from) {
            Ok(answer) => {
                let answer = answer.into_inner();
                open.wrote(answer.position);
                let thread = answer.thread.unwrap_or_default().thread_id;
                return Ok(Redirect::to(&open.path(&format!("/messages/{thread}"))).into_response());
            }
            Err(failure) if failure.names("practice_id") => {
                problems.push(problem(("to", "message-to-wrong")));
            }
            Err(failure) => problems.push(problem(said(&failure).ok_or(failure)?)),
        }
    }
    Ok(show_as(StatusCode::UNPROCESSABLE_ENTITY, &new_page(&open, &fields, problems).await?))
}
