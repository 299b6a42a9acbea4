//! Threads and messages as the contract writes them, and the words of a message as they come in.
use crate::{
    app::{ThreadAfter, Words},
    domain::thread::Attachment,
    views::{Changed, Done, Moments, ShownMessage, ShownThread, Step},
};
use chrono::{DateTime, Utc};
use holdfast_eventlog::Right;
use holdfast_host::{Problem, catalogue, field, mask};
use holdfast_proto::{
    messaging::v1::{self as pb, attachment::Reference},
    timestamp,
};

const SUBJECT_CHARACTERS_MAX: usize = 200;
const BODY_CHARACTERS_MAX: usize = 10_000;
const LANGUAGE_CHARACTERS_MAX: usize = 35;
const ATTACHMENTS_MAX: usize = 10;

pub(super) fn subject(text: &str) -> Result<String, Problem> {
    if text.trim().is_empty() {
        return Err(Problem::of_field(catalogue::SUBJECT_EMPTY, "subject", "must say something"));
    }
    field::line("subject", text, 1, SUBJECT_CHARACTERS_MAX)
}

pub(super) fn words(body: &str, language: &str, attachments: &[pb::Attachment]) -> Result<Words, Problem> {
    if body.trim().is_empty() {
        return Err(Problem::of_field(catalogue::BODY_EMPTY, "body", "must say something"));
    }
    if body.chars().count() > BODY_CHARACTERS_MAX {
        let problem = Problem::of_field(catalogue::BODY_TOO_LONG, "body", "at most 10,000 characters");
        return Err(problem.with("characters_max", BODY_CHARACTERS_MAX));
    }
    if attachments.len() > ATTACHMENTS_MAX {
        return Err(Problem::of_field(catalogue::TOO_MANY_ATTACHMENTS, "attachments", "at most 10"));
    }
    Ok(Words {
        body: field::lines("body", body, 1, BODY_CHARACTERS_MAX)?,
        language: field::line("language", language, 0, LANGUAGE_CHARACTERS_MAX)?,
        attachments: attachments.iter().map(attachment).collect::<Result<_, _>>()?,
    })
}

fn attachment(message: &pb::Attachment) -> Result<Attachment, Problem> {
    match field::required("attachments.reference", message.reference.as_ref())? {
        Reference::DocumentId(text) => Ok(Attachment::Document(field::id("attachments.document_id", text)?)),
        Reference::ItemId(text) => Ok(Attachment::Item(field::id("attachments.item_id", text)?)),
    }
}

impl From<ThreadAfter> for pb::StartThreadResponse {
    fn from(after: ThreadAfter) -> Self {
        let ThreadAfter { id, patient, practice, shown, position } = after;
        let thread = shown.as_ref().map_or_else(
            || pb::Thread {
                thread_id: id.to_string(),
                patient_id: patient.to_string(),
                practice_id: practice.to_string(),
                ..pb::Thread::default()
            },
            Into::into,
        );
        Self { thread: Some(thread), position: position.map(Into::into) }
    }
}

impl From<&ShownThread> for pb::Thread {
    fn from(thread: &ShownThread) -> Self {
        Self {
            thread_id: thread.id.to_string(),
            patient_id: thread.patient.to_string(),
            practice_id: thread.practice.to_string(),
            subject: thread.subject.clone(),
            create_time: Some(timestamp(thread.created)),
            last_message_time: Some(timestamp(thread.last_message)),
            message_count: thread.message_count,
            unread_count: thread.unread_count,
            closed: thread.closed,
            waiting_for_care_team: thread.last_from_family && !thread.closed,
            revision: thread.revision,
            etag: mask::etag(thread.revision),
        }
    }
}

/// Nothing changes a thread as it stood.
pub(super) fn thread(thread: &ShownThread, as_of: Option<DateTime<Utc>>) -> pb::Thread {
    let now = pb::Thread::from(thread);
    if as_of.is_some() { pb::Thread { etag: String::new(), ..now } } else { now }
}

pub(super) fn step(moments: Moments, step: Step) -> pb::Step {
    let count = |number: i64| i32::try_from(number).unwrap_or(i32::MAX);
    pb::Step {
        step_time: moments.step.map(timestamp),
        changes: step.changes.into_iter().map(Into::into).collect(),
        total_size: count(step.total),
        previous_time: moments.previous.map(timestamp),
        following_time: moments.following.map(timestamp),
        step_number: count(moments.number),
        step_count: count(moments.count),
    }
}

impl From<Changed> for pb::ThreadChange {
    fn from(changed: Changed) -> Self {
        let (kind, message) = match changed.done {
            Done::Started(message) => (pb::ThreadChangeKind::Started, Some(message)),
            Done::Posted(message) => (pb::ThreadChangeKind::Posted, Some(message)),
            Done::Closed => (pb::ThreadChangeKind::Closed, None),
        };
        Self {
            kind: kind.into(),
            thread_id: changed.thread.to_string(),
            subject: changed.subject,
            message: message.map(Into::into),
            recorded_by: changed.by.unwrap_or_default(),
            rule_ids: changed.by_right.iter().flat_map(Right::rules).map(str::to_owned).collect(),
        }
    }
}

impl From<ShownMessage> for pb::Message {
    fn from(message: ShownMessage) -> Self {
        let attachments = message.attachments.into_iter().map(|attachment| pb::Attachment {
            reference: Some(match attachment {
                Attachment::Document(id) => Reference::DocumentId(id.to_string()),
                Attachment::Item(id) => Reference::ItemId(id.to_string()),
            }),
        });
        Self {
            message_id: message.id.to_string(),
            thread_id: message.thread.to_string(),
            author: message.author,
            from_family: message.from_family,
            body: message.body,
            language: message.language,
            attachments: attachments.collect(),
            create_time: Some(timestamp(message.created)),
        }
    }
}
