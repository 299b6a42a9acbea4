//! A few looks at the finished record, one of them refused, so that its holders find somebody under "Who looked".
use super::{Loading, installation::send, record::Record, sharing};
use anyhow::{Result, bail};
use holdfast_demo::Role as Post;
use holdfast_host::catalogue;
use holdfast_proto::{Word, records::v1 as pb};
use holdfast_types::Category;
use std::collections::BTreeSet;

pub(super) async fn leave(loading: Loading<'_>, number: usize, record: &Record<'_>) -> Result<()> {
    let summary = pb::SummarizeRecordRequest { patient_id: record.id.clone(), ..Default::default() };
    let leads: BTreeSet<_> = record.patient.enrolments.iter().map(|enrolment| &enrolment.lead).collect();
    for lead in leads {
        let client = loading.installation.records(loading.people.speaker(lead)?, &record.after)?;
        send(&client, &summary, |mut client, message| async move { client.summarize_record(message).await })
            .await?;
        let goals = list(record, Category::Goals);
        send(&client, &goals, |mut client, message| async move { client.list_items(message).await }).await?;
    }
    if sharing::changed_its_mind(number, record.patient) {
        look_too_late(loading, record).await?;
    }
    Ok(())
}

/// Somebody at the practice with which the family no longer shares.
async fn look_too_late(loading: Loading<'_>, record: &Record<'_>) -> Result<()> {
    let Some(stranger) = sharing::stranger(loading, record.patient) else { return Ok(()) };
    let directs = |role: &Post| matches!(role, Post::Clinician { practice, director: true, .. } if practice == stranger);
    let Some(director) = loading.network.people.iter().find(|person| directs(&person.role)) else {
        return Ok(());
    };
    let client = loading.installation.records(loading.people.speaker(&director.key)?, &record.after)?;
    // Notes were never shared with them, whatever else was.
    let notes = list(record, Category::Notes);
    match send(&client, &notes, |mut client, message| async move { client.list_items(message).await }).await {
        Err(refusal) if refusal.is(catalogue::NOT_PERMITTED) => Ok(()),
        Err(refusal) => Err(refusal.into()),
        Ok(_) => bail!("notes were shown to a practice with which they are not shared"),
    }
}

fn list(record: &Record<'_>, category: Category) -> pb::ListItemsRequest {
    pb::ListItemsRequest {
        patient_id: record.id.clone(),
        categories: vec![category.to_proto()],
        ..Default::default()
    }
}
