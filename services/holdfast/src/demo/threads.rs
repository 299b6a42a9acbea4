//! Conversations, written by their authors in the order in which they were had.
use super::{Loading, accounts::practice, ids::request, installation::send, record::Record};
use anyhow::{Context, Result};
use holdfast_demo::Thread;
use holdfast_proto::messaging::v1 as pb;

pub(super) async fn write(loading: Loading<'_>, record: &Record<'_>) -> Result<()> {
    // A holder reads every thread of the record: what a teenager told in confidence would not stay so.
    for thread in record.patient.threads.iter().filter(|thread| !thread.confidential) {
        converse(loading, record, thread).await.with_context(|| format!("`{}`", thread.key))?;
    }
    Ok(())
}

async fn converse(loading: Loading<'_>, record: &Record<'_>, thread: &Thread) -> Result<()> {
    let Some((first, answers)) = thread.messages.split_first() else { return Ok(()) };
    let by = |author| loading.people.speaker(record.hand(loading, author));
    let start = pb::StartThreadRequest {
        request_id: request("StartThread", &thread.key),
        patient_id: record.id.clone(),
        practice_id: practice(&thread.practice).to_string(),
        subject: thread.subject.clone(),
        body: first.body.clone(),
        language: first.language.tag().to_owned(),
        attachments: Vec::new(),
    };
    let client = loading.installation.messaging(by(&first.author)?, &record.after)?;
    let started =
        send(&client, &start, |mut client, message| async move { client.start_thread(message).await })
            .await?;
    let thread_id = started.thread.context("a thread that was started")?.thread_id;
    for message in answers {
        let post = pb::PostMessageRequest {
            request_id: request("PostMessage", &message.key),
            patient_id: record.id.clone(),
            thread_id: thread_id.clone(),
            body: message.body.clone(),
            language: message.language.tag().to_owned(),
            attachments: Vec::new(),
        };
        let client = loading.installation.messaging(by(&message.author)?, &record.after)?;
        send(&client, &post, |mut client, message| async move { client.post_message(message).await }).await?;
    }
    Ok(())
}
